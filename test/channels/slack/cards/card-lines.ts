import { objectsOf, textOf } from '../../../../local/desk/blocks.ts'

/** The lines that a card takes on Slack's desktop, where a line holds about 80 characters. */

type Json = { readonly [member: string]: unknown }

const width = { text: 80, header: 64, context: 96, item: 76 } as const
/** A time of today in the reader's zone: most cards are read on their day. */
const date = 'Today 12:30 PM'
/** A button's padding and the gap behind it, in characters. */
const aroundLabel = 6

/** Lines of a text whose words are kept whole where they fit. */
function wrapped(text: string, most: number): number {
  return text
    .split('\n')
    .map((line) => {
      let [lines, used] = [1, 0]
      for (const word of line.split(/(?<= )/)) {
        const { length } = word.trimEnd()
        if (used + length <= most) used += word.length
        else {
          const rows = Math.ceil(Math.max(1, length) / most)
          lines += used === 0 ? rows - 1 : rows
          used = word.length - (rows - 1) * most
        }
      }
      return lines
    })
    .reduce((sum, each) => sum + each, 0)
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, each) => total + each, 0)
const leafText = (leaf: Json) => (leaf['type'] === 'date' ? date : textOf(leaf['text']))
const textIn = (part: Json) => objectsOf(part['elements']).map(leafText).join('')

function linesOfPart(part: Json): number {
  if (part['type'] === 'rich_text_list')
    return sum(objectsOf(part['elements']).map((item) => wrapped(textIn(item), width.item)))
  return wrapped(textIn(part), part['type'] === 'rich_text_quote' ? width.item : width.text)
}

function rowsOf(block: Json): number {
  let [rows, used] = [1, 0]
  for (const { type, text, placeholder } of objectsOf(block['elements'])) {
    const label = type === 'overflow' ? '…' : textOf(((text ?? placeholder ?? {}) as Json)['text'])
    const taken = label.length + aroundLabel
    if (used > 0 && used + taken > width.text) [rows, used] = [rows + 1, 0]
    used += taken
  }
  return rows
}

export function linesOfBlock(block: Json): number {
  switch (block['type']) {
    case 'header':
      return wrapped(textOf(((block['text'] ?? {}) as Json)['text']), width.header)
    case 'context':
      return wrapped(objectsOf(block['elements']).map(leafText).join('   '), width.context)
    case 'actions':
      return rowsOf(block)
    case 'divider':
      return 1
    default:
      return sum(objectsOf(block['elements']).map(linesOfPart))
  }
}

export const linesOf = ({ blocks }: { readonly blocks: readonly Json[] }): number => sum(blocks.map(linesOfBlock))

/** A card's first screen: all up to its last row of buttons; the whole card if it has none. */
export function firstScreenOf<Block extends Json>({ blocks }: { readonly blocks: readonly Block[] }): Block[] {
  const last = blocks.findLastIndex(({ type }) => type === 'actions')
  return blocks.slice(0, last === -1 ? blocks.length : last + 1)
}
