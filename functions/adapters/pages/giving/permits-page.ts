// Rules: test/http/giving-pages.test.ts
import { titleOfAction, type ViewFacts } from '../../../domain/cards/request-view.ts'
import { titleText } from '../../../domain/cards/request-words.ts'
import { nameIn } from '../../../domain/cards/who.ts'
import { inert } from '../../../domain/inert.ts'
import { drawsLeft, mostUsesByShape } from '../../../domain/permits/permit.ts'
import { shapeWritten } from '../../../domain/permits/shape.ts'
import type { ApprovalRequest } from '../../../domain/record/request.ts'
import type { Json, NumericDate } from '../../../domain/values.ts'
import { type Coverage, type ShownPermit, statusOfPermit } from '../../../operations/permits/read-permits.ts'
import { form, type Html, html, type Notice, type Part, page, type Reader } from '../layout.ts'
import { type Column, table } from '../table.ts'
import { count, time } from '../words.ts'
import { type Sent, textField } from './fields.ts'

type Around = { facts: ViewFacts; reader: Reader; now: NumericDate; notice?: Notice | undefined }

export type ListedPermit = { permit: ShownPermit; mayRevoke: boolean }

const statusWords = {
  live: 'Live',
  used_up: 'Used up',
  expired: 'Expired',
  revoked: 'Revoked',
  ended: 'Ended',
} as const
const setbacks = {
  deny: 'was denied',
  revise: 'was sent back',
  extra_calls: 'made calls that no request asked for',
} as const

export function permitsPage({
  permits,
  older,
  ...around
}: Around & { permits: readonly ListedPermit[]; older?: string | undefined }): string {
  const { reader, now } = around
  const live = permits.filter(({ permit }) => statusOfPermit(permit, now) === 'live').length
  return page({
    title: 'Standing permits',
    reader,
    body: html`<h1>${live === 0 ? 'No standing permit is live' : `${count(live, 'standing permit is', 'standing permits are')} live`}</h1>
<p class="soft">A person who approved a request let its agent do the same, or the like, a few more times. To give one, open the page of a request that you approved.</p>
${permits.length > 0 && table('Standing permits', permits, columns(around))}
${older !== undefined && html`<p><a href="${older}">Older ones</a></p>`}
<p class="soft">As it was when this page was loaded. <a href="/permits">Look again</a></p>`,
  })
}

const columns = ({ facts, reader, now }: Around): readonly Column<ListedPermit>[] => [
  [
    'For',
    ({ permit }) =>
      html`<a href="/decide/${permit.from}">${titleText(titleOfAction(permit, facts), 120)}</a>${permit.shape && html`<br><span class="soft">${shapeWords(permit)}</span>`}`,
  ],
  ['Agent', ({ permit }) => permit.agent],
  ['State', ({ permit }) => stateWords(permit, now)],
  ['Left', ({ permit }) => `${drawsLeft(permit)} of ${permit.uses}`],
  ['Until', ({ permit }) => time(permit.until, now)],
  ['Given by', ({ permit }) => nameIn(facts, permit.by)],
  [
    'Revoke',
    ({ permit, mayRevoke }) =>
      mayRevoke &&
      permit.revoked === undefined &&
      now < permit.until &&
      form(
        `/permits/${permit.id}`,
        { csrf: reader.csrf },
        html`<button class="stop">Revoke<span class="skip"> ${permit.id}</span></button>`,
        '',
      ),
  ],
]

const stateWords = (permit: ShownPermit, now: NumericDate): Part => {
  const status = statusOfPermit(permit, now)
  const { ended, halted } = permit
  if (status === 'ended' && halted) return html`Ended: <a href="/halts/${halted.id}">a halt</a> stops it`
  return status === 'ended' && ended
    ? html`Ended: <a href="/decide/${ended.request}">a request</a> ${setbacks[ended.by]}`
    : statusWords[status]
}

const written = (value: Json): string => (typeof value === 'string' ? value : JSON.stringify(value))

const shapeWords = ({ shape }: ShownPermit): string =>
  Object.entries(shapeWritten(shape?.arguments ?? {}))
    .map(([name, value]) => `${name}: ${inert(written(value as Json))}`)
    .join(', ')

export type PermitForm = Around & {
  state: ApprovalRequest
  sent: Sent
  /** The past asks of the shape in the form, and the digest by which the form gives exactly that shape. */
  foreseen?: { coverage: Coverage; seen: string } | undefined
}

/** The arguments of the approved request as fields: texts as patterns, numbers as ranges, others unchanged. */
export const fieldKind = (value: unknown): 'text' | 'range' | 'fixed' =>
  typeof value === 'number' ? 'range' : typeof value === 'string' && !/[\r\n]/.test(value) ? 'text' : 'fixed'

export function permitFormPage({ state, sent, foreseen, facts, reader, now, notice }: PermitForm): string {
  const { ask } = state
  const title = titleText(titleOfAction(ask, facts), 120)
  return page({
    title: 'Allow more like this',
    reader,
    notice,
    body: html`<h1>Allow more like this</h1>
<p><a href="/decide/${ask.id}">${title}</a>, by <code>${ask.agent.id}</code> in ${ask.environment}, tier ${String(state.tier)}, for ${inert(ask.purpose)}</p>
<p>Requests of this agent with these arguments are approved at once, with no person asked: in this environment, at this tier, for this purpose, with this key, on
resources that you may approve at that moment. It ends by itself when anyone denies or sends back a request of this agent for this action, when it is halted, or when it makes a call that no request asked for.</p>
${foreseen && coverageSection(foreseen.coverage, now)}
${form(
  `/permits/give/${ask.id}`,
  { csrf: reader.csrf, ...(foreseen ? { seen: foreseen.seen } : {}) },
  html`${Object.entries(ask.arguments).map(([name, value]) => argumentField(name, value as Json, sent))}
<div class="fields"><div>${textField({ label: 'How many more', name: 'uses', value: '5', hint: `1 to ${mostUsesByShape}` }, sent, html` inputmode="numeric"`)}</div>
<div>${textField({ label: 'For how many hours', name: 'hours', value: '4', hint: '1 to 24' }, sent, html` inputmode="numeric"`)}</div></div>
<button name="act" value="show">${foreseen ? 'Show again' : 'Show what it would have covered'}</button>
${foreseen && html` <button class="go" name="act" value="give">Allow this</button>`}`,
  html` class="box" novalidate`,
)}`,
  })
}

function argumentField(name: string, value: Json, sent: Sent): Html {
  const kind = fieldKind(value)
  if (kind === 'fixed') return html`<p><strong>${name}</strong>: exactly <code>${inert(written(value))}</code></p>`
  if (kind === 'text')
    return textField(
      {
        label: name,
        name: `is.${name}`,
        value: String(value),
        hint: 'One * stands for any characters but / and :, with at least 4 characters before it',
      },
      sent,
    )
  const [held, number] = [String(value), html` inputmode="decimal"`]
  return html`<div class="fields"><div>${textField({ label: `${name}, at least`, name: `min.${name}`, value: held }, sent, number)}</div>
<div>${textField({ label: `${name}, at most`, name: `max.${name}`, value: held }, sent, number)}</div></div>`
}

const mostListed = 10

function coverageSection({ since, asked, covered, sameKey, isAll }: Coverage, now: NumericDate): Html {
  const more = covered.length - mostListed
  return html`<section class="box" aria-labelledby="covered"><h2 id="covered">It would have covered ${count(covered.length, 'request')}</h2>
<p>That is of ${isAll ? '' : 'the newest '}${count(asked, 'request')} of this agent for this action since ${time(since, now)}, the approved one too; ${String(sameKey)} of them with the same key, and the permit covers no other key.</p>
<ul>${covered.slice(0, mostListed).map((state) => html`<li><a href="/decide/${state.ask.id}"><code>${inert(state.ask.resource.id)}</code></a> ${state.status}, ${time(state.submittedAt, now)}</li>`)}</ul>
${more > 0 && html`<p>…and ${String(more)} more</p>`}</section>`
}
