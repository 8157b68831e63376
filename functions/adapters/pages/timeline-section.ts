// Rules: test/http/timeline-picture.test.ts
import type { Timeline, TimelineItem } from '../../domain/cards/timeline.ts'
import type { NumericDate } from '../../domain/values.ts'
import { entryFacts } from './entries-section.ts'
import { type Html, html, titled } from './layout.ts'
import { timelineFigures, timelineFile } from './timeline-picture.ts'
import { clockTime, count, drawn } from './words.ts'

function listed({ at, said, more, why, entries }: TimelineItem, now: NumericDate): Html {
  return html`<li>${clockTime(at)}: ${drawn(said, now)}${more.map((line) => html`<br>${drawn(line, now)}`)}
${why !== undefined && html`<br><span class="soft">${drawn(why, now)}</span>`}
${entries.length > 0 && html`<details><summary class="soft">${count(entries.length, 'entry', 'entries')}, with hash and place in the log</summary>${entries.map(entryFacts)}</details>`}</li>`
}

const encoded = (text: string): string => Buffer.from(text, 'utf8').toString('base64')

/** The course of the request, as a picture; beneath it the same as a list, with each entry and its hash. */
export const timelineSection = (timeline: Timeline, now: NumericDate): Html =>
  titled(
    'timeline',
    'Timeline',
    html`${timelineFigures(timeline)}
${timeline.isCut && html`<p><strong>The record goes on.</strong> These are its first ${count(timeline.entries.length, 'entry', 'entries')}.</p>`}
<details><summary>The same as a list, with each entry and its hash</summary>
<ol class="items">${timeline.items.map((each) => listed(each, now))}</ol>
<h3>Check it yourself</h3>
<p>Each hash is over the entry and the hash before it. The receipt says that the log has the entries. <code>jwks.json</code> is <code>/.well-known/jwks.json</code> of this site.</p>
<pre>npx --no-install hotwork show ${timeline.id} --json &gt; record.json
npx --no-install hotwork receipt ${timeline.id} &gt; receipt.jwt
npx --no-install hotwork verify record.json receipt.jwt --keys jwks.json</pre></details>
<p class="soft"><a href="data:image/svg+xml;base64,${encoded(timelineFile(timeline))}" download="${timeline.id}.svg">Save the picture</a></p>`,
  )
