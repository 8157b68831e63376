import type { DrillReport, DrillStep, Verdict } from '../../domain/break-glass/drill.ts'
import { inert } from '../../domain/inert.ts'
import type { NumericDate } from '../../domain/values.ts'
import { duration } from '../../domain/values.ts'
import type { Drill } from '../../operations/break-glass/drill.ts'
import { chips, titleOfOpening } from './break-glass-words.ts'
import { type Html, html } from './html.ts'
import { page, type Reader } from './layout.ts'
import { nameOf, type PageBundle } from './request-facts.ts'
import { count, time } from './words.ts'

type DrillView = { drill: Drill; bundle: PageBundle; reader: Reader; now: NumericDate }

/** How a drill went: a line of what came when, and beneath it the same as a table, with what each step was held to. */
export function drillPage({ drill: { state, report }, bundle, reader, now }: DrillView): string {
  const { ask } = state
  const overall = overallOf(report)
  return page({
    title: `Drill: ${overall}`,
    reader,
    body: html`<h1>Drill: ${overall}</h1>
${chips(state)}
<p>${titleOfOpening(state, bundle)}, by ${nameOf(bundle, ask.owner)}, ${inert(ask.breakGlass?.incident ?? '')}. Opened ${time(report.openedAt, now)}. People and timers were real; its credentials could do nothing.</p>
<ol class="line">${report.steps.map(station)}</ol>
<section aria-labelledby="measured">
<h2 id="measured">Against what a break-glass promises</h2>
<table>
<thead><tr><th scope="col">Step</th><th scope="col">Took</th><th scope="col">At most</th><th scope="col">Result</th></tr></thead>
<tbody>${report.steps.map(row)}</tbody>
</table>
</section>
${told(report, bundle)}
<section aria-labelledby="how">
<h2 id="how">What is measured</h2>
<ul>
<li>To open: from when the call came in until it was on record, in milliseconds, by the clock of the function that records.</li>
<li>To tell: from the record until the card in the channel and a message to everybody who can be written to were there, and the page hook was called. To end, and to review: from the opening, as the ledger has it. Whole seconds.</li>
<li>That five minutes are left: that it was said, not when.</li>
</ul>
</section>
<p class="soft">As it was when this page was loaded. <a href="/break-glass/${ask.id}/drill">Look again</a> · <a href="/break-glass/${ask.id}">The opening itself</a></p>`,
  })
}

const names: { readonly [step in DrillStep['step']]: string } = {
  open: 'Opened',
  tell: 'Everybody told',
  warn: 'Told that 5 min are left',
  end: 'Ended',
  review: 'Reviewed',
}

const results: { readonly [verdict in Verdict]: string } = {
  met: 'kept',
  missed: 'not kept',
  waiting: 'not yet',
  unknown: 'not measured',
  not_due: 'not needed',
}

function overallOf({ steps }: DrillReport): string {
  const missed = steps.filter(({ verdict }) => verdict === 'missed')
  if (missed.length > 0) return `${missed.length} of ${steps.length} promises not kept`
  return steps.some(({ verdict }) => verdict === 'waiting') ? 'all kept so far' : 'every promise kept'
}

/** To the hundredth of a second where it was measured so; as people say it otherwise. */
const tookWords = ({ step, took, verdict }: DrillStep): string => {
  if (took !== undefined) return step === 'open' ? `${took.toFixed(2)} s` : duration(Math.round(took)) || 'under 1 s'
  return step === 'warn' && verdict === 'met' ? 'said' : results[verdict]
}

const station = (step: DrillStep): Html =>
  html`<li class="${step.verdict}"><strong>${names[step.step]}</strong> <span>${tookWords(step)}</span></li>`

const row = (step: DrillStep): Html => html`<tr class="${step.verdict}">
<th scope="row">${names[step.step]}</th>
<td>${step.took === undefined ? '–' : tookWords(step)}</td>
<td>${step.verdict === 'not_due' ? '–' : step.step === 'warn' ? `at ${duration(step.within)}` : duration(step.within)}</td>
<td><strong>${results[step.verdict]}</strong>${bar(step)}</td>
</tr>`

/** How much of what it was held to a step took. What it says stands beside it in words. */
function bar({ took, within }: DrillStep): Html | string {
  if (took === undefined) return ''
  const width = Math.min(100, Math.max(1, Math.round((took / Math.max(1, within)) * 100)))
  return html`<svg class="bar" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true" focusable="false"><rect class="all" width="100" height="4"/><rect class="part" width="${width}" height="4"/></svg>`
}

function told({ told: { due, missing, inChannel, paged } }: DrillReport, bundle: PageBundle): Html {
  const reached = due - missing.length
  return html`<section aria-labelledby="told">
<h2 id="told">Who was told</h2>
<p>${inChannel ? 'The channel has its card.' : html`<strong>The channel has no card.</strong>`} ${paged ? 'The page hook was called.' : html`<strong>The page hook was not called.</strong>`} Of ${count(due, 'person', 'people')} to be told directly ${reached === 1 ? '1 was' : `${reached} were`}.</p>
${missing.length === 0 ? '' : html`<p>Not told:</p><ul>${missing.map((person) => html`<li>${nameOf(bundle, person)}</li>`)}</ul>`}
</section>`
}
