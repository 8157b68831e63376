// Rules: test/http/timeline-picture.test.ts
import { type Part, type Sentence, unquoted } from '../../domain/cards/sentence.ts'
import { clamp } from '../../domain/inert.ts'
import { clockOf } from './words.ts'

/** Breaks lines by average letter widths, since SVG does not break lines. */

/** Hotwork's words, bold, a value, a person's words, quiet: each is a class of the sheet. */
type Kind = '' | 'b' | 'v' | 's' | 'q'
export type Line = readonly { text: string; kind: Kind }[]

/** The longest value. A picture is read at a glance; the record has the full value. */
const longest = 160

const pieceOf = (part: Part): { text: string; kind: Kind } => {
  if (typeof part === 'string') return { text: part, kind: '' }
  if ('bold' in part) return { text: part.bold, kind: 'b' }
  if ('value' in part) return { text: clamp(part.value, longest).text, kind: 'v' }
  return 'time' in part
    ? { text: `${clockOf(part.time)} UTC`, kind: '' }
    : { text: `“${clamp(unquoted(part.said), longest).text}”`, kind: 's' }
}

export const lineOf = (sentence: Sentence): string => sentence.map((part) => pieceOf(part).text).join('')

/** Widths of a wide font, since the reader's may be wide. Pixels. */
const widths: { readonly [kind in Kind]: number } = { '': 7.7, b: 8.5, v: 8, s: 7.7, q: 6.9 }
const isWide =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u

const widthOf = (text: string, kind: Kind): number =>
  [...text].reduce((sum, each) => sum + (isWide.test(each) ? 2 * widths[kind] : widths[kind]), 0)

/** Wraps text to lines of at most `width` pixels. A word longer than a line is broken. */
export function wrapped(sentence: Sentence, width: number, isQuiet = false): readonly Line[] {
  const lines: { text: string; kind: Kind }[][] = [[]]
  let left = width
  for (const { text, kind: own } of sentence.map(pieceOf)) {
    const kind = isQuiet && own !== 'v' ? 'q' : own
    for (const word of text.match(/\s+|[^\s]+/gu) ?? [])
      for (const piece of broken(word, kind, width)) {
        const wide = widthOf(piece, kind)
        if (wide > left) {
          lines.push([])
          left = width
        }
        const line = lines.at(-1) ?? []
        if (line.length === 0 && /^\s+$/.test(piece)) continue
        const last = line.at(-1)
        if (last?.kind === kind) last.text += piece
        else line.push({ text: piece, kind })
        left -= wide
      }
  }
  return lines.filter((line) => line.length > 0)
}

function broken(word: string, kind: Kind, width: number): readonly string[] {
  if (widthOf(word, kind) <= width) return [word]
  const pieces: string[] = ['']
  for (const each of word) {
    const last = pieces.at(-1) ?? ''
    if (widthOf(last + each, kind) > width) pieces.push(each)
    else pieces[pieces.length - 1] = last + each
  }
  return pieces
}
