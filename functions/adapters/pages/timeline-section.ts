import type { Timeline } from '../../domain/cards/timeline.ts'
import type { NumericDate } from '../../domain/values.ts'
import { type Html, html, titled } from './layout.ts'
import { timelineFigures, timelineFile } from './timeline-picture.ts'
import { moment as clock, count, drawn } from './words.ts'

const encoded = (text: string): string => Buffer.from(text, 'utf8').toString('base64')

/** What became of it, as a picture; beneath it the same as a list, with each entry and its hash. */
export const timelineSection = (timeline: Timeline, now: NumericDate): Html =>
  titled(
    'timeline',
    'What became of it',
    html`${timelineFigures(timeline)}
${timeline.isCut && html`<p><strong>The record goes on.</strong> These are its first ${count(timeline.entries.length, 'entry', 'entries')}.</p>`}
<details><summary>The same as a list, with each entry and its hash</summary>
<ol>${timeline.moments.map(
      ({
        at,
        said,
        more,
        entries,
      }) => html`<li>${clock(at)}: ${drawn(said, now)}${more.length > 0 && html`<ul>${more.map((line) => html`<li>${drawn(line, now)}</li>`)}</ul>`}
${entries.length > 0 && html`<details><summary class="soft">${count(entries.length, 'entry', 'entries')}</summary><ul>${entries.map(({ id, hash }) => html`<li><code>${id}</code> <code class="soft">${hash}</code></li>`)}</ul></details>`}</li>`,
    )}</ol></details>
<p class="soft"><a href="data:image/svg+xml;base64,${encoded(timelineFile(timeline))}" download="${timeline.id}.svg">Save the picture</a></p>`,
  )
