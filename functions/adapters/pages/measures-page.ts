// Rules: test/http/measures-page.test.ts
import type { Spread, StageMeasures } from '../../domain/requests/decision-measures.ts'
import { duration, type NumericDate } from '../../domain/values.ts'
import type { Measures } from '../../operations/requests/measure-decisions.ts'
import { html, page, type Reader } from './layout.ts'
import { type Column, table } from './table.ts'
import { time } from './words.ts'

type MeasuresView = { measures: Measures; reader: Reader; now: NumericDate }

const columns: readonly Column<StageMeasures>[] = [
  ['Stage', ({ stage }) => html`<code>${stage}</code>`],
  ['Decisions', ({ decisions }) => String(decisions)],
  ['To the first look', ({ firstLook }) => spreadText(firstLook)],
  ['To the first act', ({ firstAct }) => spreadText(firstAct)],
  ['To a decision', ({ decided }) => spreadText(decided)],
  ['Within 10 s', ({ within10, timed }) => shareText(within10, timed)],
  ['Page not opened', ({ unopened, decisions }) => shareText(unopened, decisions)],
  ['On the card alone', ({ onCard, decisions }) => shareText(onCard, decisions)],
]

/** Measures of decisions by stage, for the people who write the ladder. */
export function measuresPage({ measures: { stages, requests, since }, reader, now }: MeasuresView): string {
  const title = 'How people decide'
  return page({
    title,
    reader,
    body: html`<h1>${title}</h1>
<p class="soft">From ${requests === 1 ? '1 request' : `${requests} requests`} that were asked since ${time(since, now)}: at most seven days, and at most the newest 500. No person is counted by name.</p>
${stages.length === 0 ? html`<p>No person decided anything in that time.</p>` : table('Stages', stages, columns)}
<h2>What the numbers mean</h2>
<dl>
<dt>To the first look</dt><dd>From the opening of the stage until a person who may decide there had the request’s page in view for the first time. Only pages are counted: Hotwork cannot see who reads a card in the chat or the request in a terminal, and a browser without script says nothing. When it was is kept for eight days, and not who it was.</dd>
<dt>To the first act</dt><dd>From the opening of the stage to the first decision, question to the agent or call for a colleague. Long: the card reaches too few people, or the wrong channel.</dd>
<dt>To a decision</dt><dd>The same to each decision. Far above the first act: people ask before they decide. Near the deadline of the stage: it is too short.</dd>
<dt>Within 10 s</dt><dd>The share of decisions that came within ten seconds of the opening. High: the card is not read. The stage wants a lower tier, a policy that permits it, or a tier that has the name of the resource typed.</dd>
<dt>Page not opened</dt><dd>The share of decisions before any person’s first look at that stage, or without one. High: people decide without the request’s page. Decisions in a terminal and in browsers without script count here too, and all from before Hotwork kept the first look.</dd>
<dt>On the card alone</dt><dd>The share of decisions by a click in the chat, without the request's page or the API. High at a tier whose requests are long: people decide on the first screen. A person may have read the page before the click. If your provider of logins says neither strength (<code>acr</code>) nor time (<code>auth_time</code>), decisions on pages and by the API count here too.</dd>
</dl>
<p class="soft">The median, then the ninth of ten. A stage that opened again after a decision, as after a narrowing, gives no time for it. As it was when this page was loaded. <a href="/measures">Look again</a></p>`,
  })
}

const spreadText = (times: Spread | undefined): string =>
  times ? `${spanText(times.median)}, ${spanText(times.p90)}` : 'none'
const spanText = (seconds: number): string => duration(seconds) || '0 s'
const shareText = (part: number, whole: number): string =>
  whole === 0 ? 'none' : `${Math.round((part / whole) * 100)} % of ${whole}`
