// Rules: test/http/break-glass-pages.test.ts
import type { UseView } from '../../domain/cards/grant-view.ts'
import { describeOpening, type OpeningStatus, type OpeningView } from '../../domain/cards/opening-view.ts'
import {
  drillSentence,
  openedRights,
  openingHeadline,
  openingNow,
  openingTitle,
  reviewNote,
  reviewNow,
  whyEnded,
} from '../../domain/cards/opening-words.ts'
import type { ViewFacts } from '../../domain/cards/request-view.ts'
import { textOf, unquoted } from '../../domain/cards/sentence.ts'
import { nameOf } from '../../domain/cards/who.ts'
import type { IssuedCredential } from '../../domain/credentials/issue.ts'
import { inert } from '../../domain/inert.ts'
import { sentencesOf } from '../../domain/refusals.ts'
import type { Actual, JudgedCall } from '../../domain/uses/actual.ts'
import { duration, type NumericDate, type PersonId } from '../../domain/values.ts'
import type { ViewedBreakGlass } from '../../operations/break-glass/openings.ts'
import type { Trail } from '../../operations/ledger/read-trail.ts'
import { isSession, wordsOfIssued } from '../../targets/kinds.ts'
import { environmentChip, form, type Html, html, type Notice, page, type Reader, titled } from './layout.ts'
import { argumentList } from './steps-section.ts'
import { clockTime, count, drawn, time } from './words.ts'

function trailSection({ view, trail, now }: OpeningPage): Html {
  const uses = view.grant?.uses ?? []
  return titled(
    'done',
    'What was done with it',
    html`<h3>Uses</h3>
${uses.length === 0 ? html`<p>None.</p>` : html`<ol>${uses.map(use)}</ol>`}
${
  trail === undefined
    ? html`<p>Credentials and calls are on <a href="/break-glass/${view.id}">the page itself</a>.</p>`
    : html`<h3>Credentials</h3>
${trail.credentials.length === 0 ? html`<p>None was issued.</p>` : html`<ol>${trail.credentials.map((each) => credential(each, validity(each, trail.credentials, view, now)))}</ol>`}
<h3>Calls to AWS</h3>
${calls(trail.calls)}`
}`,
  )
}

const use = ({ id, tool, key, begunAt, endedAt, outcome, note, noted }: UseView): Html =>
  html`<li>${clockTime(begunAt)}: <code>${tool}</code>${endedAt === undefined ? (isSession({ tool, key }) ? ', for as long as it was open' : ', not reported as ended') : html`, ${outcome} ${clockTime(endedAt)}`}${note !== undefined && html`: “${unquoted(note)}”`}${noted && ', with a note that the record has'} <span class="soft">${id}</span></li>`

const credential = ({ id, claim, issuedAt, expiresAt, role }: IssuedCredential, valid: string): Html =>
  html`<li>${clockTime(issuedAt)}: ${claim === 'access_token' ? 'access token' : wordsOfIssued(claim)}, valid until ${clockTime(expiresAt)} at the longest${valid}${role !== undefined && html`, of <code>${role}</code>`} <span class="soft">${id}</span></li>`

/** The validity of a credential. Only the newest of each kind is valid, while the opening is in force. */
function validity(
  { id, claim, expiresAt }: IssuedCredential,
  all: readonly IssuedCredential[],
  { status }: OpeningView,
  now: NumericDate,
): string {
  if (status !== 'approved' || expiresAt <= now) return '; no longer valid'
  return all.findLast((each) => each.claim === claim)?.id === id ? '' : '; replaced'
}

function calls(seen: Actual | undefined): Html {
  if (!seen) return html`<p><strong>CloudTrail does not answer,</strong> so this page cannot show the calls.</p>`
  if (!seen.issued) return html`<p>None: no AWS credentials were issued.</p>`
  const { calls: made, more, unread, notRecorded } = seen
  const silent = unread.map(
    (account) =>
      html`<p><strong>CloudTrail does not answer</strong> for account <code>${account}</code>: look there for sessions by the name above.</p>`,
  )
  if (made.length === 0 && unread.length > 0) return html`${silent}`
  return html`${made.length === 0 ? html`<p>CloudTrail has none so far.</p>` : html`<ol>${made.map(call)}</ol>`}
${more && html`<p><strong>There are more than these ${count(made.length, 'call')}:</strong> read the rest in CloudTrail, by the session name above.</p>`}
<p class="hint">From CloudTrail, some minutes after each call. It does not keep reads and writes of data, such as items of a table${notRecorded.length > 0 && html`: here <code>${notRecorded.join(', ')}</code>`}.</p>
${silent}`
}

const callWords = {
  action: 'not one of these actions',
  resource: 'on another resource',
  arguments: 'with other arguments',
  repeated: 'once more',
}

const call = ({ at, action, region, resource, verdict, because, error }: JudgedCall): Html =>
  html`<li>${clockTime(at)}: <code>${action}</code>${resource !== undefined && html` on <code>${inert(resource)}</code>`}, ${region}${verdict === 'extra' && html`: <strong>extra</strong>, ${callWords[because ?? 'action']}`}${error !== undefined && html`: <strong>refused</strong>, <code>${error}</code>`}</li>`

export type ReviewDraft = { outcome?: string; note?: string; mend?: 'outcome' | 'note' }

function reviewSection({ view, whyNot, reader }: OpeningPage, draft: ReviewDraft): Html {
  const note = reviewNote(view)
  const why = whyNot.review
  const body =
    note !== undefined
      ? html`<blockquote>${note}</blockquote>`
      : [
          why !== undefined && html`<p>${sentencesOf(why)}</p>`,
          (why === undefined || draft.note !== undefined) && reviewForm(view.id, reader, draft),
        ]
  return titled('review', 'The review', body)
}

function reviewForm(id: string, { csrf }: Reader, { outcome, note, mend }: ReviewDraft): Html {
  const choice = (value: string, words: string, hint: string) =>
    html`<label class="choice" for="${value}"><input id="${value}" type="radio" name="outcome" value="${value}" required${outcome === value && html` checked`}${mend === 'outcome' && html` aria-describedby="mend"`}> <span>${words} <span class="hint">${hint}</span></span></label>`
  return form(
    `/break-glass/${id}`,
    { csrf, act: 'review' },
    html`<fieldset><legend>Was break-glass justified?</legend>
${choice('justified', 'Justified', 'the reason holds, and what was done is what it called for')}
${choice('not_justified', 'Not justified', 'say below what follows from it, and who does it')}
</fieldset>
<label for="note">What you looked at, and what follows <span class="hint">required; it stays on record</span></label>
<textarea id="note" name="note" maxlength="4000" required${mend === 'note' && html` aria-invalid="true" aria-describedby="mend" autofocus`}>${note}</textarea>
${mend && html`<p id="mend"><strong>${mend === 'note' ? 'Write what you looked at, in at most 4000 characters.' : 'Choose one of the two.'}</strong></p>`}
<p class="hint">A review is recorded once, and cannot be taken back.</p>
<button class="go">Record the review</button>`,
    html` class="box" novalidate`,
  )
}

/** Ending is safe, so it takes one click. */
function endForm({ view, reader }: OpeningPage): Html {
  const isOwn = view.person.id === reader.person
  return form(
    `/break-glass/${view.id}`,
    { csrf: reader.csrf, act: 'end' },
    html`<p class="hint">Ends every credential of it, at once and for good.${isOwn && ' It gives back the minutes that are left.'}</p>
${!isOwn && html`<label for="why">Why <span class="hint">optional; it stays on record</span></label><input id="why" name="why" maxlength="500" autocomplete="off">`}
<button class="stop">End it now</button>`,
  )
}

export type OpeningPage = {
  view: OpeningView
  whyNot: ViewedBreakGlass['whyNot']
  /** The calls and entries under it. Absent in the answer to a form. */
  trail?: Trail
  reader: Reader & { person: PersonId }
  now: NumericDate
  notice?: Notice
  draft?: ReviewDraft
}

export const breakGlassPage = ({
  viewed: { state, whyNot },
  bundle,
  ...rest
}: Omit<OpeningPage, 'view' | 'whyNot'> & { viewed: ViewedBreakGlass; bundle: ViewFacts }): string =>
  drawOpeningPage({ view: describeOpening(state, bundle), whyNot, ...rest })

export function drawOpeningPage(shown: OpeningPage): string {
  const { view, reader, now, notice, draft = {} } = shown
  const title = textOf(openingTitle(view))
  const why = whyEnded(view)
  const drill = drillSentence(view)
  return page({
    title: `${openingHeadline(view)}: ${title}`,
    reader,
    notice: notice ?? ownReview(view, reader.person),
    body: html`<h1>${title}</h1>
${openingChips(view)}
${drill !== undefined && html`<p>This is a drill: ${drill} <a href="/break-glass/${view.id}/drill">How the drill goes</a></p>`}
<p>${drawn(openingNow(view), now)}${why !== undefined && html` Why: “${why}”`} ${drawn(reviewNow(view), now)}</p>
${shown.whyNot.end === undefined && endForm(shown)}
${said(view)}
${opened(view, now)}
${trailSection(shown)}
${reviewSection(shown, draft)}
<p class="soft">This page shows what was recorded when it was loaded. <a href="/break-glass/${view.id}">Look again</a> · <a href="/break-glass">All openings</a></p>`,
  })
}

const kinds: { readonly [progress in OpeningStatus]: 'wait' | 'go' | 'stop' } = {
  open: 'stop',
  review_due: 'wait',
  review_overdue: 'stop',
  justified: 'go',
  not_justified: 'stop',
}

export function openingChips(view: OpeningView): Html {
  return html`<p class="chips"><span class="chip ${view.drill ? 'drill' : kinds[view.progress]}">${openingHeadline(view)}</span> ${environmentChip(view.environment)}</p>`
}

const ownReview = ({ review }: OpeningView, person: PersonId): Notice | undefined =>
  review?.done?.by.id === person ? { good: true, text: 'You reviewed this; it is on record.' } : undefined

const said = ({ person, incident, vouchedBy, reason }: OpeningView): Html =>
  titled(
    'said',
    'Who, and why',
    html`<dl>
<dt>Opened by</dt><dd>${nameOf(person)}</dd>
<dt>Incident</dt><dd>${inert(incident)}</dd>
${vouchedBy !== undefined && html`<dt>Vouched for by</dt><dd>${nameOf(vouchedBy)}</dd>`}
</dl>
<h3>The reason, in their words</h3>
<blockquote>${inert(reason)}</blockquote>`,
  )

const opened = (view: OpeningView, now: NumericDate): Html =>
  titled(
    'opened',
    view.progress === 'open' ? 'What is open' : 'What was open',
    html`${rightsList(view)}
${Object.keys(view.arguments).length > 0 && argumentList(view)}
${view.unpinned.length > 0 && html`<p>It leaves open: ${view.unpinned.map(inert).join('; ')}.</p>`}
<dl>
<dt>Data</dt><dd>${view.classification}</dd>
<dt>Opened</dt><dd>${time(view.submittedAt, now)}, for ${duration(view.window)}</dd>
<dt>Ends at the latest</dt><dd>${time(view.until, now)}</dd>
${view.profile !== undefined && html`<dt>Profile</dt><dd><code>${view.profile}</code></dd>`}
<dt>Id</dt><dd><code>${view.id}</code> <span class="soft">also the name of its AWS sessions</span></dd>
<dt>Digest</dt><dd><code>${view.digest}</code></dd>
${view.status === 'approved' && !view.hasKey && !view.sealed && html`<dt>Key</dt><dd>None yet, so there are no credentials. ${nameOf(view.person)} gets them with <code>npx --no-install hotwork break-glass claim ${view.id}</code></dd>`}
</dl>`,
  )

export const rightsList = (view: Pick<OpeningView, 'rights'>): Html =>
  html`<ul>${openedRights(view).map(({ action, resource }) => html`<li><code>${action}</code> on <code>${resource}</code></li>`)}</ul>`
