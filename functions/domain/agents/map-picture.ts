// Rules: test/domain/agents/map.test.ts
import type { MapCell, MapRow } from './map.ts'

/**
 * The map as SVG: a row for each agent or fold, and lines from the owner to what an agent reaches. It has no script and
 * no remote font; the page or file around it styles its classes.
 */

const columns = [
  ['owner', 'owns', 170],
  ['agents', 'agent', 210],
  ['host', 'runs on', 250],
  ['roles', 'may assume', 280],
  ['secrets', 'may read', 250],
  ['grants', 'holds now', 250],
] as const
const [gap, inset, lineHeight, padding, headHeight, between, charWidth] = [26, 8, 17, 8, 34, 10, 8.1]
const starts = columns.map((_, at) => columns.slice(0, at).reduce((sum, [, , width]) => sum + width + gap, 1))
export const mapWidth = Math.ceil((starts.at(-1) ?? 0) + columns[5][2] + 1)

const escaped = (text: string): string =>
  text.replace(/[&<>"]/g, (sign) => `&${{ '&': 'amp', '<': 'lt', '>': 'gt', '"': 'quot' }[sign]};`)

function cut(text: string, width: number): string {
  const most = Math.floor((width - 2 * inset) / charWidth)
  const characters = [...text]
  if (characters.length <= most) return text
  // Cuts the middle of a name: its end tells more.
  const [head, tail] = [Math.ceil(most * 0.45), Math.floor(most * 0.55) - 1]
  return `${characters.slice(0, head).join('')}…${characters.slice(-tail).join('')}`
}

const textAt = (x: number, y: number, { text, soft, alarm }: MapCell, width: number): string =>
  `<text x="${x}" y="${y}"${soft ? ' class="q"' : alarm ? ' class="b"' : ''}>${alarm ? '! ' : ''}${escaped(cut(text, width))}</text>`

const heightOf = (lines: number): number => lines * lineHeight + 2 * padding

function boxOf(column: number, y: number, cells: readonly MapCell[], height = heightOf(cells.length)): string {
  const x = starts[column] ?? 0
  const width = columns[column]?.[2] ?? 0
  const tone = cells.some(({ alarm }) => alarm) ? ' class="stop"' : ''
  const lines = cells.map((cell, at) => textAt(x + inset, y + padding + (at + 1) * lineHeight - 4, cell, width))
  return `<g${tone}><rect class="m" x="${x}" y="${y}" width="${width}" height="${height}" rx="4"/>${lines.join('')}</g>`
}

function wayOf(from: number, fromY: number, toY: number): string {
  const x = (starts[from] ?? 0) + (columns[from]?.[2] ?? 0)
  const to = starts[from + 1] ?? 0
  return `<path class="way" d="M${x} ${fromY}C${x + gap / 2} ${fromY} ${to - gap / 2} ${toY} ${to} ${toY}"/>`
}

/** The content of the picture and its height; `top` is where it begins. */
export function drawRows(rows: readonly MapRow[], top = 0): { text: string; height: number } {
  const heads = columns.map(([, words], at) => `<text class="q" x="${starts[at]}" y="${top + 20}">${words}</text>`)
  let y = top + headHeight
  const drawn: string[] = []
  for (let at = 0; at < rows.length; ) {
    const owner = rows[at]?.owner ?? ''
    const begin = y
    const middles: number[] = []
    for (; at < rows.length && rows[at]?.owner === owner; at++) {
      const { text, height, middle } = drawRow(rows[at] as MapRow, y)
      drawn.push(text)
      middles.push(middle)
      y += height + between
    }
    const height = y - between - begin
    const ownerY = begin + heightOf(1) / 2
    drawn.push(
      boxOf(0, begin, [{ text: owner }], height),
      ...middles.map((middle) => wayOf(0, Math.max(ownerY, middle), middle)),
    )
  }
  return { text: [...heads, ...drawn].join('\n'), height: y - top }
}

function drawRow(row: MapRow, y: number): { text: string; height: number; middle: number } {
  const cells = columns.slice(1).map(([name]) => row[name as Exclude<(typeof columns)[number][0], 'owner'>])
  const height = heightOf(Math.max(...cells.map(({ length }) => length)))
  const middle = y + heightOf(1) / 2
  const text = cells.map((each, at) => `${boxOf(at + 1, y, each)}${at > 0 ? wayOf(at, middle, middle) : ''}`)
  return { text: text.join(''), height, middle }
}

export function drawMap(
  rows: readonly MapRow[],
  { title, className = '', style = '' }: { title: string; className?: string; style?: string },
): string {
  const { text, height } = drawRows(rows)
  return `<svg xmlns="http://www.w3.org/2000/svg" class="${className}" viewBox="0 0 ${mapWidth} ${height}" width="${mapWidth}" height="${height}" role="img">
<title>${escaped(title)}</title>
${style === '' ? '' : `<style>${style}</style>\n`}${text}
</svg>`
}

/** The text alternative for screen readers. */
export const mapTitle = (agents: number, rows: number): string =>
  `${agents} ${agents === 1 ? 'agent' : 'agents'}${rows === agents ? '' : ` in ${rows} rows`}: who owns, runs, may assume, may read and holds what`
