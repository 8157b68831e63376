// Rules: test/http/break-glass-pages.test.ts
import { profileNamed } from '../../domain/break-glass/break-glass.ts'
import type { BudgetLeft } from '../../domain/break-glass/budget-left.ts'
import type { DrillReport, DrillStep, Verdict } from '../../domain/break-glass/drill.ts'
import { describeOpening, type OpeningView } from '../../domain/cards/opening-view.ts'
import { openingTitle } from '../../domain/cards/opening-words.ts'
import type { ViewFacts } from '../../domain/cards/request-view.ts'
import { textOf } from '../../domain/cards/sentence.ts'
import { nameIn } from '../../domain/cards/who.ts'
import { inert } from '../../domain/inert.ts'
import type { ApprovalRequest } from '../../domain/record/request.ts'
import { duration, type NumericDate } from '../../domain/values.ts'
import type { Drill } from '../../operations/break-glass/notify.ts'
import { type Html, html, type Part, page, type Reader, titled } from './layout.ts'
import { openingChips } from './opening-page.ts'
import { type Column, table } from './table.ts'
import { count, time } from './words.ts'

type ListView = {
  openings: readonly ApprovalRequest[]
  budgets: readonly BudgetLeft[]
  bundle: ViewFacts
  reader: Reader & { person: string }
  now: NumericDate
}

export function breakGlassListPage({ openings, budgets, bundle, reader, now }: ListView): string {
  const open = openings.filter(({ status }) => status === 'approved')
  const ended = openings.filter(({ status }) => status !== 'approved')
  const waits = ended.filter(({ review }) => review && !review.done)
  const over = ended.filter((each) => !waits.includes(each))
  const overdue = waits.filter(({ review }) => review?.overdueAt !== undefined)
  const list = (name: string, of: readonly ApprovalRequest[]): Html =>
    table(
      name,
      of.map((state) => describeOpening(state, bundle)),
      columns(now),
    )
  const title = open.length === 0 ? 'No opening is in force' : `In force now: ${count(open.length, 'opening')}`
  return page({
    title,
    reader,
    notice: overdue.length === 0 ? undefined : { text: overdueWords(overdue.length) },
    body: html`<h1>${title}</h1>
${open.length === 0 ? html`<p>Each opening is listed here at once, and told in Slack.</p>` : titled('open', 'Open', list('Open', open))}
${waits.length > 0 && titled('reviews', 'Reviews to be done', list('Reviews to be done', waits.toSorted(dueFirst)))}
${budgets.length > 0 && budgetsSection(budgets, bundle, reader.person)}
${over.length > 0 && titled('ended', 'Ended in the last seven days', list('Ended', over))}
<p class="soft">To open one: <code>/hotwork break-glass</code> in Slack, or <code>npx --no-install hotwork break-glass start</code> in a terminal. As it was when this page was loaded. <a href="/break-glass">Look again</a></p>`,
  })
}

const dueFirst = (one: ApprovalRequest, other: ApprovalRequest): number =>
  (one.review?.dueAt ?? 0) - (other.review?.dueAt ?? 0)

const overdueWords = (many: number): string =>
  `${count(many, 'review is', 'reviews are')} overdue. Until that is done, the next opening by the same person or of the same profile needs a second person.`

const columns = (now: NumericDate): readonly Column<OpeningView>[] => [
  ['Opening', (view) => html`<a href="/break-glass/${view.id}">${textOf(openingTitle(view))}</a>`],
  ['State', openingChips],
  ['Incident', ({ incident }) => inert(incident)],
  ['Profile', ({ profile }) => profile !== undefined && html`<code>${profile}</code>`],
  [
    'End',
    ({ progress, until, ended }) =>
      progress === 'open' ? time(until, now) : html`ended ${time(ended?.at ?? until, now)}`,
  ],
  ['Review due', ({ review }) => review && !review.done && time(review.dueAt, now)],
]

function budgetsSection(budgets: readonly BudgetLeft[], bundle: ViewFacts, reader: string): Html {
  const mine = (budget: BudgetLeft) => 'person' in budget && budget.person === reader
  const lines = budgets
    .toSorted((one, other) => Number(mine(other)) - Number(mine(one)))
    .map((budget, at) => budgetLine(budget, at, mine(budget) ? 'You' : whose(budget, bundle)))
  return titled(
    'budgets',
    'Minutes left of seven days',
    html`<ul class="budgets">${lines}</ul>
<p class="soft">An opening that ends early gives minutes back. Drills have minutes of their own.</p>`,
  )
}

const whose = (budget: BudgetLeft, bundle: ViewFacts): string => {
  if ('person' in budget) return nameIn(bundle, budget.person)
  if ('profile' in budget) {
    const profile = profileNamed(bundle, budget.profile)
    return `${inert(profile?.title ?? '')} (${budget.profile})`
  }
  return `${budget.action} on ${inert(budget.resource.id)}`
}

const budgetLine = ({ budget, left }: BudgetLeft, at: number, words: string): Html => {
  const [all, rest] = [Math.floor(budget / 60), Math.floor(left / 60)]
  return html`<li><span id="budget-${at}">${words}</span> <strong>${rest} of ${count(all, 'minute')} left</strong>
<meter aria-labelledby="budget-${at}" min="0" max="${all}" low="${Math.ceil(all / 4)}" optimum="${all}" value="${rest}"></meter></li>`
}

type DrillView = { drill: Drill; bundle: ViewFacts; reader: Reader; now: NumericDate }

/** The report of a drill: one line with its steps, and a table with the time and limit of each. */
export function drillPage({ drill: { state, report }, bundle, reader, now }: DrillView): string {
  const view = describeOpening(state, bundle)
  const overall = overallOf(report)
  return page({
    title: `Drill: ${overall}`,
    reader,
    body: html`<h1>Drill: ${overall}</h1>
${openingChips(view)}
<p>${textOf(openingTitle(view))}, for ${inert(view.incident)}. Opened ${time(report.openedAt, now)}. People and timers were real; its credentials could do nothing.</p>
<ol class="line">${report.steps.map(station)}</ol>
${titled(
  'measured',
  'How long each step took, and may take',
  html`<table>
<thead><tr><th scope="col">Step</th><th scope="col">Took</th><th scope="col">At most</th><th scope="col">Result</th></tr></thead>
<tbody>${report.steps.map(row)}</tbody>
</table>`,
)}
${told(report, bundle)}
${titled(
  'how',
  'What is measured',
  html`<ul>
<li>To open: from the call until it is on record, in milliseconds, by the clock of the function that records.</li>
<li>To tell: from the record until the card is in the channel, each person who can be written to has a message, and the page hook is called. In whole seconds.</li>
<li>To end, and to review: from the opening, as the ledger has it. In whole seconds.</li>
<li>The message that five minutes are left: only whether it was sent.</li>
</ul>`,
)}
<p class="soft">As it was when this page was loaded. <a href="/break-glass/${view.id}/drill">Look again</a> · <a href="/break-glass/${view.id}">The opening itself</a></p>`,
  })
}

const names: { readonly [step in DrillStep['step']]: string } = {
  open: 'Opened',
  tell: 'People told',
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

/** The time of a step as a share of its limit. The words beside it repeat it. */
function bar({ took, within }: DrillStep): Part {
  if (took === undefined) return ''
  const width = Math.min(100, Math.max(1, Math.round((took / Math.max(1, within)) * 100)))
  return html`<svg class="bar" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true" focusable="false"><rect class="all" width="100" height="4"/><rect class="part" width="${width}" height="4"/></svg>`
}

function told({ told: { due, missing, inChannel, paged } }: DrillReport, bundle: ViewFacts): Html {
  const reached = due - missing.length
  return titled(
    'told',
    'Who was told',
    html`<p>${inChannel ? 'The channel has its card.' : html`<strong>The channel has no card.</strong>`} ${paged ? 'The page hook was called.' : html`<strong>The page hook was not called.</strong>`} Of ${count(due, 'person', 'people')} to be told directly ${reached === 1 ? '1 was' : `${reached} were`}.</p>
${missing.length > 0 && html`<p>Not told:</p><ul>${missing.map((person) => html`<li>${nameIn(bundle, person)}</li>`)}</ul>`}`,
  )
}
