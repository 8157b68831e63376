import type { Moment, Timeline } from '../../domain/cards/timeline.ts'
import type { NumericDate } from '../../domain/values.ts'
import { type Html, html, titled } from './layout.ts'
import { timelineFigures, timelineFile } from './timeline-picture.ts'
import { moment as clock, count, drawn } from './words.ts'

/** More entries than these are folded. */
const shownEntries = 3

function listed({ at, said, more, entries }: Moment, now: NumericDate): Html {
  const refs = html`<ul>${entries.map(({ id, hash }) => html`<li class="soft"><code>${id}</code> <code>${hash}</code></li>`)}</ul>`
  const isLong = entries.length > shownEntries
  return html`<li>${clock(at)}: ${drawn(said, now)}${more.map((line) => html`<br>${drawn(line, now)}`)}
${isLong ? html`<details><summary class="soft">${count(entries.length, 'entry', 'entries')}</summary>${refs}</details>` : entries.length > 0 && refs}</li>`
}

const encoded = (text: string): string => Buffer.from(text, 'utf8').toString('base64')

/** What became of it, as a picture; beneath it the same as a list, with each entry and its hash. */
export const timelineSection = (timeline: Timeline, now: NumericDate): Html =>
  titled(
    'timeline',
    'What became of it',
    html`${timelineFigures(timeline)}
${timeline.isCut && html`<p><strong>The record goes on.</strong> These are its first ${count(timeline.entries.length, 'entry', 'entries')}.</p>`}
<details><summary>The same as a list, with each entry and its hash</summary>
<ol class="moments">${timeline.moments.map((each) => listed(each, now))}</ol></details>
<p class="soft"><a href="data:image/svg+xml;base64,${encoded(timelineFile(timeline))}" download="${timeline.id}.svg">Save the picture</a></p>`,
  )
