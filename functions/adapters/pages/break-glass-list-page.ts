import { inert } from '../../domain/inert.ts'
import type { BudgetLeft } from '../../domain/policy/budget-left.ts'
import { endedAt, openUntil } from '../../domain/requests/ended.ts'
import type { ApprovalRequest } from '../../domain/requests/request.ts'
import type { NumericDate } from '../../domain/values.ts'
import { chips, titleOfOpening } from './break-glass-words.ts'
import { type Html, html } from './html.ts'
import { page, type Reader } from './layout.ts'
import { nameOf, type PageBundle } from './request-facts.ts'
import { count, time } from './words.ts'

type ListView = {
  openings: readonly ApprovalRequest[]
  budgets: readonly BudgetLeft[]
  bundle: PageBundle
  reader: Reader & { person: string }
  now: NumericDate
}

/** For ops: who has the glass broken and until when, which reviews are waited for, what is left of the minutes. */
export function breakGlassListPage({ openings, budgets, bundle, reader, now }: ListView): string {
  const open = openings.filter(({ status }) => status === 'approved')
  const ended = openings.filter(({ status }) => status !== 'approved')
  const waits = ended.filter(({ review }) => review && !review.done)
  const overdue = waits.filter(({ review }) => review?.overdueAt !== undefined)
  const title =
    open.length === 0 ? 'Nobody has the glass broken' : `The glass is broken now: ${count(open.length, 'opening')}`
  return page({
    title,
    reader,
    notice:
      overdue.length === 0
        ? undefined
        : {
            text: `${count(overdue.length, 'review is', 'reviews are')} overdue. Until that is done, the next opening by the same person or of the same profile needs a second person.`,
          },
    body: html`<h1>${title}</h1>
${open.length === 0 ? html`<p>What is opened in an emergency stands here from the moment on, and who was told of it in Slack.</p>` : list(open, bundle, now)}
${section('reviews', 'Reviews to be done', waits.toSorted(dueFirst), bundle, now)}
${budgetsSection(budgets, bundle, reader.person)}
${section(
  'ended',
  'Ended in the last seven days',
  ended.filter((each) => !waits.includes(each)),
  bundle,
  now,
)}
<p class="soft">To open one: <code>/hotwork break-glass</code> in Slack, or <code>npx hotwork break-glass start</code> in a terminal. As it was when this page was loaded. <a href="/break-glass">Look again</a></p>`,
  })
}

const dueFirst = (one: ApprovalRequest, other: ApprovalRequest): number =>
  (one.review?.dueAt ?? 0) - (other.review?.dueAt ?? 0)

const section = (
  id: string,
  title: string,
  openings: readonly ApprovalRequest[],
  bundle: PageBundle,
  now: NumericDate,
): Html | string =>
  openings.length === 0
    ? ''
    : html`<section aria-labelledby="${id}"><h2 id="${id}">${title}</h2>
${list(openings, bundle, now)}
</section>`

const list = (openings: readonly ApprovalRequest[], bundle: PageBundle, now: NumericDate): Html =>
  html`<ul class="list">${openings.map((state) => entry(state, bundle, now))}</ul>`

function entry(state: ApprovalRequest, bundle: PageBundle, now: NumericDate): Html {
  const { ask, review } = state
  const end = endedAt(state)
  const until = openUntil(state)
  return html`<li>
<h3><a href="/break-glass/${ask.id}">${titleOfOpening(state, bundle)}</a></h3>
${chips(state)}
<p>${nameOf(bundle, ask.owner)}, ${inert(ask.breakGlass?.incident ?? '')}${ask.breakGlass?.profile === undefined ? '' : html`, <code>${ask.breakGlass.profile}</code>`}</p>
<p class="soft">${end === undefined ? html`Open until ${time(until, now)}` : html`Ended ${time(end, now)}`}${
    review && !review.done ? html`; review due ${time(review.dueAt, now)}` : ''
  }</p>
</li>`
}

function budgetsSection(budgets: readonly BudgetLeft[], bundle: PageBundle, reader: string): Html | string {
  if (budgets.length === 0) return ''
  const mine = (budget: BudgetLeft) => 'person' in budget && budget.person === reader
  return html`<section aria-labelledby="budgets">
<h2 id="budgets">Minutes left of seven days</h2>
<ul class="budgets">${budgets
    .toSorted((one, other) => Number(mine(other)) - Number(mine(one)))
    .map((budget, at) => budgetLine(budget, at, mine(budget) ? 'You' : whose(budget, bundle)))}</ul>
<p class="soft">An early end gives minutes back. Drills count apart.</p>
</section>`
}

const whose = (budget: BudgetLeft, bundle: PageBundle): string => {
  if ('person' in budget) return nameOf(bundle, budget.person)
  if ('profile' in budget) {
    const profile = bundle.breakGlass?.profiles.find(({ name }) => name === budget.profile)
    return `${inert(profile?.title ?? '')} (${budget.profile})`
  }
  return `${budget.action} on ${inert(budget.resource.id)}`
}

const budgetLine = ({ budget, left }: BudgetLeft, at: number, words: string): Html => {
  const [all, rest] = [Math.floor(budget / 60), Math.floor(left / 60)]
  return html`<li><span id="budget-${at}">${words}</span> <strong>${rest} of ${count(all, 'minute')} left</strong>
<meter aria-labelledby="budget-${at}" min="0" max="${all}" low="${Math.ceil(all / 4)}" optimum="${all}" value="${rest}"></meter></li>`
}
