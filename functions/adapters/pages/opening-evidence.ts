import type { IssuedCredential } from '../../domain/credentials/issue.ts'
import { inert } from '../../domain/inert.ts'
import { type ApprovalRequest, grantOf, type Use } from '../../domain/requests/request.ts'
import type { RecordedCall } from '../../domain/uses/use.ts'
import type { NumericDate } from '../../domain/values.ts'
import type { CallsSeen, Evidence } from '../../operations/ledger/read-evidence.ts'
import { type Html, html } from './html.ts'
import { count, moment } from './words.ts'

/** What was done with an opening: each use, each credential, each call. */
export function evidenceSection(state: ApprovalRequest, evidence: Evidence | undefined, now: NumericDate): Html {
  const uses = grantOf(state)?.uses ?? []
  return html`<section aria-labelledby="done">
<h2 id="done">What was done with it</h2>
<h3>Uses</h3>
${uses.length === 0 ? html`<p>None.</p>` : html`<ol>${uses.map((each) => use(each))}</ol>`}
${
  evidence === undefined
    ? html`<p>Credentials and calls stand on <a href="/break-glass/${state.ask.id}">the page itself</a>.</p>`
    : html`<h3>Credentials</h3>
${evidence.credentials.length === 0 ? html`<p>None was issued.</p>` : html`<ol>${evidence.credentials.map((each) => credential(each, standing(each, evidence.credentials, state, now)))}</ol>`}
<h3>Calls to AWS</h3>
${calls(evidence.calls)}`
}
</section>`
}

const use = ({ id, tool, begunAt, ended }: Use): Html =>
  html`<li>${moment(begunAt)}: <code>${tool}</code>${ended ? html`, ${ended.outcome} ${moment(ended.at)}` : tool === 'aws' ? ', for as long as it was open' : ', not reported as ended'}${ended?.note === undefined ? '' : html`: “${inert(ended.note)}”`}${ended?.noted ? ', with a note that the record has' : ''} <span class="soft">${id}</span></li>`

const credential = ({ id, claim, issuedAt, expiresAt, role }: IssuedCredential, stands: string): Html =>
  html`<li>${moment(issuedAt)}: ${claim === 'aws' ? 'AWS credentials' : 'access token'}, good until ${moment(expiresAt)} at the longest${stands}${role === undefined ? '' : html`, of <code>${role}</code>`} <span class="soft">${id}</span></li>`

/** Of each kind the newest alone is good, while the opening is. */
function standing(
  { id, claim, expiresAt }: IssuedCredential,
  all: readonly IssuedCredential[],
  { status }: ApprovalRequest,
  now: NumericDate,
): string {
  if (status !== 'approved' || expiresAt <= now) return '; no longer good'
  return all.findLast((each) => each.claim === claim)?.id === id ? '' : '; replaced'
}

/** What AWS has on record, or honestly why nothing can be shown. */
function calls(seen: CallsSeen): Html {
  if (seen.seen === 'outside')
    return html`<p>The sealed role was used outside Hotwork, so its calls are in the CloudTrail of account <code>${seen.account}</code> alone: look there for sessions of <code>${seen.role}</code>, from the time of the opening on.</p>`
  if (seen.seen === 'none_issued') return html`<p>No AWS credentials were issued, so none were made with any.</p>`
  const elsewhere = seen.elsewhere.map(
    (account) =>
      html`<p>Calls in account <code>${account}</code> are on record there and not here: Hotwork reads the record of its own account alone. Whoever runs that account finds them in its CloudTrail, by the session name above.</p>`,
  )
  if (seen.seen === 'silent')
    return html`${elsewhere.length > 0 ? '' : html`<p><strong>No record of calls here:</strong> CloudTrail does not answer, so nobody can say from this page what was called.</p>`}${elsewhere}`
  const { calls: made, more } = seen
  return html`${made.length === 0 ? html`<p>CloudTrail has none so far.</p>` : html`<ol>${made.map(call)}</ol>`}
${more ? html`<p><strong>There are more than these ${count(made.length, 'call')}:</strong> read the rest in CloudTrail, by the session name above.</p>` : ''}
<p class="hint">From CloudTrail, some minutes after each call. It keeps management events; reads and writes of data, such as items of a table, are not among them.</p>
${elsewhere}`
}

const call = ({ at, service, name, region, resources, error }: RecordedCall): Html =>
  html`<li>${moment(at)}: <code>${service}:${name}</code>${resources.length === 0 ? '' : html` on ${resources.map((each, index) => html`${index === 0 ? '' : ', '}<code>${inert(each)}</code>`)}`}, ${region}${error === undefined ? '' : html`: <strong>refused</strong>, <code>${error}</code>`}</li>`
