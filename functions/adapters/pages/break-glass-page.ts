import { inert } from '../../domain/inert.ts'
import { type ApprovalRequest, keyOf } from '../../domain/requests/request.ts'
import type { NumericDate, PersonId } from '../../domain/values.ts'
import type { ViewedBreakGlass } from '../../operations/break-glass/read-break-glass.ts'
import type { Evidence } from '../../operations/ledger/read-evidence.ts'
import { becameOfOpening, chips, openedList, reviewWords, titleOfOpening, windowOf } from './break-glass-words.ts'
import { type Html, html } from './html.ts'
import { type Notice, page, type Reader } from './layout.ts'
import { evidenceSection } from './opening-evidence.ts'
import { endForm, type ReviewDraft, reviewSection } from './opening-forms.ts'
import { nameOf, type PageBundle } from './request-facts.ts'
import { time } from './words.ts'

export type OpeningView = {
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
  const glass = ask.breakGlass
  return html`<section aria-labelledby="said">
<h2 id="said">Who, and why</h2>
<dl>
<dt>Opened by</dt><dd>${nameOf(bundle, ask.owner)}</dd>
<dt>Incident</dt><dd>${inert(glass?.incident ?? '')}</dd>
${glass?.secondedBy === undefined ? '' : html`<dt>Vouched for by</dt><dd>${nameOf(bundle, glass.secondedBy)}</dd>`}
${glass?.drill ? html`<dt>Drill</dt><dd>Its credentials could do nothing. <a href="/break-glass/${ask.id}/drill">How the drill went</a></dd>` : ''}
</dl>
<h3>The reason, in their words</h3>
<blockquote>${inert(glass?.reason ?? '')}</blockquote>
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
