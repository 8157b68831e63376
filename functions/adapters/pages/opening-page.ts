import { nameIn } from '../../domain/cards/request-words.ts'
import type { IssuedCredential } from '../../domain/credentials/issue.ts'
import { inert } from '../../domain/inert.ts'
import { sentencesOf } from '../../domain/refusals.ts'
import { type ApprovalRequest, grantOf, keyOf, type Use } from '../../domain/requests/request.ts'
import type { RecordedCall } from '../../domain/uses/use.ts'
import type { NumericDate, PersonId } from '../../domain/values.ts'
import type { ViewedBreakGlass } from '../../operations/break-glass/openings.ts'
import type { CallsSeen, Evidence } from '../../operations/ledger/read-evidence.ts'
import { type Html, html, type Notice, page, type Reader } from './layout.ts'
import { becameOfOpening, chips, openedList, reviewWords, titleOfOpening, windowOf } from './opening-words.ts'
import type { PageBundle } from './words.ts'
import { count, moment, time } from './words.ts'

/** What was done with an opening: each use, each credential, each call. */
function evidenceSection(state: ApprovalRequest, evidence: Evidence | undefined, now: NumericDate): Html {
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

/** What was written into a review that came to nothing, and which of it is to be mended. */
export type ReviewDraft = { outcome?: string; note?: string; mend?: 'outcome' | 'note' }

/** The review of an opening: as it was found, or as it can be said by this person. */
function reviewSection(
  { state, whyNot }: ViewedBreakGlass,
  bundle: PageBundle,
  now: NumericDate,
  reader: Reader,
  draft: ReviewDraft,
): Html | string {
  const found = state.review?.done
  if (found)
    return html`<section aria-labelledby="review"><h2 id="review">The review</h2>
<p>${reviewWords(state, bundle, now)}</p><blockquote>${inert(found.note)}</blockquote></section>`
  const why = whyNot.review === undefined ? undefined : sentencesOf(whyNot.review)
  return html`<section aria-labelledby="review"><h2 id="review">The review</h2>
${why === undefined ? '' : html`<p>${why}</p>`}
${whyNot.review === undefined || draft.note !== undefined ? reviewForm(state.ask.id, reader, draft) : ''}
</section>`
}

function reviewForm(id: string, { csrf }: Reader, { outcome, note, mend }: ReviewDraft): Html {
  const choice = (value: string, words: string, hint: string) =>
    html`<label class="choice" for="${value}"><input id="${value}" type="radio" name="outcome" value="${value}" required${outcome === value ? html` checked` : ''}${mend === 'outcome' ? html` aria-describedby="mend"` : ''}> <span>${words} <span class="hint">${hint}</span></span></label>`
  return html`<form class="box" method="post" action="/break-glass/${id}" novalidate>
<input type="hidden" name="csrf" value="${csrf}"><input type="hidden" name="act" value="review">
<fieldset><legend>Was break-glass justified?</legend>
${choice('justified', 'Justified', 'the reason holds, and what was done is what it called for')}
${choice('not_justified', 'Not justified', 'say below what follows from it, and who sees to it')}
</fieldset>
<label for="note">What you looked at, and what follows <span class="hint">required; it stays on record</span></label>
<textarea id="note" name="note" maxlength="4000" required${mend === 'note' ? html` aria-invalid="true" aria-describedby="mend" autofocus` : ''}>${note ?? ''}</textarea>
${mend === undefined ? '' : html`<p id="mend"><strong>${mend === 'note' ? 'Write what you looked at, in at most 4000 characters.' : 'Choose one of the two.'}</strong></p>`}
<p class="hint">It is said once, and nobody takes it back.</p>
<button class="go">Record the review</button>
</form>`
}

/** Ending is the safe direction: one click, for whoever opened it and for whoever may revoke. */
function endForm({ state, whyNot }: ViewedBreakGlass, { csrf, person }: Reader & { person: string }): Html | string {
  if (whyNot.end !== undefined) return ''
  const own = state.ask.agent.id === person
  return html`<form class="box" method="post" action="/break-glass/${state.ask.id}">
<input type="hidden" name="csrf" value="${csrf}"><input type="hidden" name="act" value="end">
<p class="hint">Ends every credential of it, at once and for good.${own ? ' It gives the minutes that are left back.' : ''}</p>
${own ? '' : html`<label for="why">Why <span class="hint">optional; it stays on record</span></label><input id="why" name="why" maxlength="500" autocomplete="off">`}
<button class="stop">End it now</button>
</form>`
}

type OpeningView = {
  viewed: ViewedBreakGlass
  /** What was done with it. Left out of the answer to a form, which asks no other system anything. */
  evidence?: Evidence
  bundle: PageBundle
  reader: Reader & { person: PersonId }
  now: NumericDate
  notice?: Notice
  draft?: ReviewDraft
}

/** One opening, whole: what was said, what was open, what was done with it, what somebody else made of it. */
export function breakGlassPage({ viewed, evidence, bundle, reader, now, notice, draft = {} }: OpeningView): string {
  const { state } = viewed
  const title = titleOfOpening(state, bundle)
  const drill = state.ask.breakGlass?.drill ? 'Drill: ' : ''
  return page({
    title: `${drill}${title}`,
    reader,
    notice: notice ?? ownReview(state, reader.person),
    body: html`<h1>${drill}${title}</h1>
${chips(state)}
<p>${becameOfOpening(state, bundle, now)} ${reviewWords(state, bundle, now)}</p>
${endForm(viewed, reader)}
${said(state, bundle)}
${opened(state, bundle, now)}
${evidenceSection(state, evidence, now)}
${reviewSection(viewed, bundle, now, reader, draft)}
<p class="soft">This page shows what was recorded when it was loaded. <a href="/break-glass/${state.ask.id}">Look again</a> · <a href="/break-glass">All openings</a></p>`,
  })
}

/** That their own review is on record, from the record itself. */
const ownReview = ({ review: due }: ApprovalRequest, person: PersonId): Notice | undefined =>
  due?.done?.by === person ? { good: true, text: 'You reviewed this; it is on record.' } : undefined

function said({ ask }: ApprovalRequest, bundle: PageBundle): Html {
  const breakGlass = ask.breakGlass
  return html`<section aria-labelledby="said">
<h2 id="said">Who, and why</h2>
<dl>
<dt>Opened by</dt><dd>${nameIn(bundle, ask.owner)}</dd>
<dt>Incident</dt><dd>${inert(breakGlass?.incident ?? '')}</dd>
${breakGlass?.secondedBy === undefined ? '' : html`<dt>Vouched for by</dt><dd>${nameIn(bundle, breakGlass.secondedBy)}</dd>`}
${breakGlass?.drill ? html`<dt>Drill</dt><dd>Its credentials could do nothing. <a href="/break-glass/${ask.id}/drill">How the drill went</a></dd>` : ''}
</dl>
<h3>The reason, in their words</h3>
<blockquote>${inert(breakGlass?.reason ?? '')}</blockquote>
</section>`
}

function opened(state: ApprovalRequest, bundle: PageBundle, now: NumericDate): Html {
  const { until, asked, was } = windowOf(state)
  const { ask } = state
  const counts = ask.breakGlass?.profile
  return html`<section aria-labelledby="opened">
<h2 id="opened">${state.status === 'approved' ? 'What is open' : 'What was open'}</h2>
${openedList(state, bundle)}
<dl>
<dt>Opened</dt><dd>${time(state.submittedAt, now)}, for ${asked}</dd>
<dt>At the longest until</dt><dd>${time(until, now)}</dd>
${was === undefined ? '' : html`<dt>Was open for</dt><dd>${was}</dd>`}
${counts === undefined ? '' : html`<dt>Profile</dt><dd><code>${counts}</code></dd>`}
<dt>Id</dt><dd><code>${ask.id}</code> <span class="soft">also the name of its AWS sessions</span></dd>
<dt>Digest</dt><dd><code>${ask.digest}</code></dd>
${hasNoKey(state) ? html`<dt>Key</dt><dd>None yet, so nobody has credentials: whoever opened it takes it up with <code>npx hotwork break-glass claim ${ask.id}</code></dd>` : ''}
</dl>
</section>`
}

/** Opened on a page, and taken up by no machine yet. */
const hasNoKey = (state: ApprovalRequest): boolean =>
  state.status === 'approved' && keyOf(state) === undefined && state.ask.breakGlass?.sealed === undefined
