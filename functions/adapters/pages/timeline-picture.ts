// Rules: test/http/timeline-picture.test.ts
import { titleText } from '../../domain/cards/request-words.ts'
import { type Lane, lanes, type Mark, type Timeline, type TimelineItem } from '../../domain/cards/timeline.ts'
import { Html, html } from './html.ts'
import { type Line, lineOf, wrapped } from './picture-text.ts'
import { ownColours, timelineStyle } from './timeline-style.ts'
import { clockOf, dayOf } from './words.ts'

/**
 * A timeline as SVG: a column for each lane, and time from top to bottom. It has no script and no remote font, and its
 * text can be selected. A page's sheet has its style; a separate file has its own.
 */

/** A form of the picture. Pixels. */
type Shape = { width: number; first: number; gap: number; radius: number; isWide: boolean }
const wide: Shape = { width: 704, first: 100, gap: 56, radius: 10, isWide: true }
const narrow: Shape = { width: 344, first: 12, gap: 19, radius: 8.5, isWide: false }
const [lineHeight, moreHeight, between] = [19, 17, 13]

/** Each mark has a sign and a shape, besides its colour. */
const marks: {
  readonly [mark in Mark]: readonly [sign: string, tone: '' | 'go' | 'stop' | 'wait', isSquare: boolean]
} = {
  asked: ['?', '', true],
  read: ['=', '', false],
  opened: ['…', 'wait', false],
  approved: ['✓', 'go', false],
  denied: ['✗', 'stop', true],
  changed: ['≠', 'wait', true],
  issued: ['+', 'go', false],
  used: ['›', 'go', false],
  alarm: ['!', 'stop', true],
  ended: ['■', '', false],
  anchored: ['#', '', true],
  noted: ['·', '', false],
}

const names: { readonly [lane in Lane]: string } = {
  agent: 'Agent',
  people: 'People',
  hotwork: 'Hotwork',
  target: 'Target',
  log: 'Log',
}

/** One figure for wide screens and one for narrow ones. The page's sheet shows one of them. */
export const timelineFigures = (timeline: Timeline): readonly Html[] => [
  picture(timeline, wide, 'tl tl-wide'),
  picture(timeline, narrow, 'tl tl-narrow'),
]

/** A separate file, which also names its request. */
export const timelineFile = (timeline: Timeline): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n${picture(timeline, wide, 'tl', headed(timeline)).text}\n`

type Head = { style: string; text: Html; height: number; margin: number }
const bare: Head = { style: '', text: html``, height: 0, margin: 0 }

function headed({ title, id, headline }: Timeline): Head {
  const lines = [
    ...wrapped([{ bold: titleText(title, 200) }], wide.width),
    ...wrapped([headline, ', ', { value: id }], wide.width, true),
  ]
  const height = lines.length * lineHeight + between
  const drawn = lines.map((line, index) => textAt(line, 0, (index + 1) * lineHeight - height))
  return { style: `${ownColours}${timelineStyle}`, text: html`${drawn}`, height, margin: 24 }
}

const textAt = (line: Line, x: number, y: number): Html =>
  html`<text x="${x}" y="${y}">${line.map(({ text, kind }) => (kind === '' ? text : html`<tspan class="${kind}">${text}</tspan>`))}</text>`

function picture(timeline: Timeline, shape: Shape, className: string, head = bare): Html {
  const { items, id, headline } = timeline
  const used = lanes.filter((lane) => items.some((item) => item.lane === lane))
  const place = { shape, used, textX: shape.first + (used.length - 1) * shape.gap + 20 }
  const top = shape.isWide ? 44 : 8
  const rows = placed(items, place, top)
  const bottom = (rows.at(-1)?.bottom ?? top) + 4
  const { style, margin } = head
  const [width, height] = [shape.width + 2 * margin, bottom + head.height + 2 * margin]
  return html`<svg xmlns="http://www.w3.org/2000/svg" class="${className}" viewBox="${-margin} ${-margin - head.height} ${width} ${height}" width="${width}" height="${height}" role="img">
<title>${headline}: ${titleText(timeline.title, 200)}</title>
<desc>What became of ${id}, from top to bottom. ${items.map((item) => html`${dayOf(item.at)} ${clockOf(item.at)} UTC: ${lineOf(item.said)}. `)}</desc>
${style !== '' && new Html(`<style>${style}</style>`)}
${head.text}
${shape.isWide && heads(place)}
${used.map((lane) => html`<line class="lane" x1="${laneX(lane, place)}" x2="${laneX(lane, place)}" y1="${top - 6}" y2="${bottom}"/>`)}
${rows.slice(1).map((row, index) => way(rows[index] as Placed, row))}
${rows.map((row) => row.drawn)}
</svg>`
}

type Place = { shape: Shape; used: readonly Lane[]; textX: number }
const laneX = (lane: Lane, { shape, used }: Place): number => shape.first + used.indexOf(lane) * shape.gap

const heads = (place: Place): Html =>
  html`<text class="q" x="0" y="18">UTC</text>${place.used.map((lane) => html`<text class="q h" x="${laneX(lane, place)}" y="18">${names[lane]}</text>`)}`

type Placed = { x: number; y: number; bottom: number; drawn: Html }

function placed(items: readonly TimelineItem[], place: Place, top: number): readonly Placed[] {
  const rows: Placed[] = []
  let day: string | undefined
  for (const item of items) {
    const row = rowOf(item, place, rows.at(-1)?.bottom ?? top, dayOf(item.at) === day ? undefined : dayOf(item.at))
    day = dayOf(item.at)
    rows.push(row)
  }
  return rows
}

function rowOf(item: TimelineItem, place: Place, top: number, newDay: string | undefined): Placed {
  const { shape, textX } = place
  const width = shape.width - textX
  const said = wrapped(item.said, width)
  const more = item.more.flatMap((line) => wrapped(line, width, true))
  const [x, y] = [laneX(item.lane, place), top + shape.radius + 2]
  const clock = shape.isWide ? [] : [`${newDay === undefined ? '' : `${newDay} `}${clockOf(item.at)} UTC`]
  const lines = [
    ...clock.map((text) => ({ line: [{ text, kind: 'q' }] as Line, height: moreHeight })),
    ...said.map((line) => ({ line, height: lineHeight })),
    ...more.map((line) => ({ line, height: moreHeight })),
  ]
  let baseline = y + 5
  const drawn = lines.map(({ line, height }) => {
    const at = baseline
    baseline += height
    return textAt(line, textX, at)
  })
  const bottom = Math.max(
    baseline - lineHeight + between,
    y + shape.radius + (newDay !== undefined && shape.isWide ? 16 : 6),
  )
  return {
    x,
    y,
    bottom,
    drawn: html`<g class="${marks[item.mark][1]}">${item.entries.length > 0 && html`<title>${titleOf(item)}</title>`}
${shape.isWide && html`<text class="q" x="0" y="${y + 5}">${clockOf(item.at)}</text>${newDay !== undefined && html`<text class="q" x="0" y="${y + 20}">${newDay}</text>`}`}
${markAt(item.mark, x, y, shape.radius)}
${drawn}</g>
`,
  }
}

function titleOf({ entries }: TimelineItem): string {
  const [first, last] = [entries[0], entries.at(-1)]
  if (first === undefined || entries.length > 3) return `${entries.length} entries, ${first?.id} to ${last?.id}`
  return entries.map(({ id, hash }) => `${id} ${hash}`).join('\n')
}

function markAt(mark: Mark, x: number, y: number, radius: number): Html {
  const [sign, , isSquare] = marks[mark]
  const side = radius * 1.8
  const figure = isSquare
    ? html`<rect class="m" x="${x - side / 2}" y="${y - side / 2}" width="${side}" height="${side}" rx="2"/>`
    : html`<circle class="m" cx="${x}" cy="${y}" r="${radius}"/>`
  return html`${figure}<text class="g" x="${x}" y="${y + 5}">${sign}</text>`
}

/** The path between two items, across lanes. */
function way(from: Placed, to: Placed): Html {
  const bend = (from.y + to.y) / 2
  return html`<path class="way" d="M${from.x} ${from.y} C${from.x} ${bend} ${to.x} ${bend} ${to.x} ${to.y}"/>`
}
