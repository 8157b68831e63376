// Rules: test/http/pages.test.ts
import { canBeLess } from '../../domain/cards/narrowable.ts'
import type { RequestView, StageView, ViewFacts } from '../../domain/cards/request-view.ts'
import { describeRequest, openStageOf, shownDigest } from '../../domain/cards/request-view.ts'
import {
  askerRows,
  changesOf,
  headlineOf,
  noteOf,
  nowOf,
  type Progress,
  progressOf,
  saidRows,
  termsRow,
  tierText,
  titleText,
  toolRows,
  undoRow,
  verdictWords,
} from '../../domain/cards/request-words.ts'
import type { Row } from '../../domain/cards/sentence.ts'
import { decisionSentence, loginNeeded, stageSentence } from '../../domain/cards/stage-words.ts'
import type { Timeline } from '../../domain/cards/timeline.ts'
import { nameOf } from '../../domain/cards/who.ts'
import { inert, lookalikeNote } from '../../domain/inert.ts'
import { zoneOf } from '../../domain/policy/calendar.ts'
import { sentencesOf } from '../../domain/refusals.ts'
import type { NumericDate, PersonId, Verdict } from '../../domain/values.ts'
import type { Why } from '../../operations/policy/explain-recorded.ts'
import type { Viewed } from '../../operations/requests/read-requests.ts'
import { environmentChip, form, type Html, html, type Notice, type Part, page, type Reader, titled } from './layout.ts'
import { changedSection, previewSection } from './preview-section.ts'
import { asideForm } from './set-aside.ts'
import { argumentList, lessField, stepFields, stepsSection } from './steps-section.ts'
import { tierSection } from './tier-section.ts'
import { timelineSection } from './timeline-section.ts'
import { drawn, time } from './words.ts'

export type RequestPage = {
  view: RequestView
  /** For each verdict, the reason why this person cannot give it now. */
  whyNot: Viewed['whyNot']
  reader: Reader & { person: PersonId }
  now: NumericDate
  /** The calendar's zone. */
  zone?: string
  /** Absent in the answer to a form. */
  timeline?: Timeline
  why?: Why
  notice?: Notice
  /** The text of a refused form, so that it need not be written again. */
  draft?: { comment?: string }
}

export const requestPage = ({
  viewed: { state, whyNot },
  bundle,
  ...rest
}: Omit<RequestPage, 'view' | 'whyNot' | 'zone'> & { viewed: Viewed; bundle: ViewFacts }): string =>
  drawRequestPage({ view: describeRequest(state, bundle), whyNot, zone: zoneOf(bundle.calendar), ...rest })

export function drawRequestPage(request: RequestPage): string {
  const { view, reader, now, timeline, why, notice } = request
  const title = titleText(view.title)
  const note = noteOf(view)
  return page({
    title: `${headlineOf(view)}: ${title}`,
    reader,
    notice: notice ?? ownDecision(view, reader.person),
    body: html`<h1>${title}</h1>
${chips(view)}
<p>${drawn(nowOf(view), now)}</p>
${note !== undefined && html`<blockquote>${note}</blockquote>`}
${view.standing !== undefined && html`<p>Approved by the standing permit <code>${view.standing}</code>. No person was asked.</p>`}
${view.changes.length > 0 && changedSection(view, now)}
${view.steps ? stepsSection(view, now) : [previewSection(view, now), what(view)]}
${view.narrowings.length > 0 && narrowedSection(view, now)}
${who(view, now)}
${why && tierSection(view, why, now)}
${view.stages.length > 0 && stages(view, now)}
${forms(request)}
${timeline && timelineSection(timeline, now)}
<p class="soft">This page shows what was recorded when it was loaded. <a href="/decide/${view.id}">Look again</a></p>`,
  })
}

const kinds: { readonly [progress in Progress]: 'wait' | 'go' | 'stop' | 'over' } = {
  waiting: 'wait',
  escalated: 'wait',
  approved: 'go',
  in_use: 'go',
  completed: 'over',
  denied: 'stop',
  expired: 'over',
  withdrawn: 'over',
  revoked: 'stop',
}

export function chips(view: RequestView): Html {
  return html`<p class="chips"><span class="chip ${kinds[progressOf(view)]}">${headlineOf(view)}</span> ${environmentChip(view.environment)} <span class="chip">Tier ${tierText(view)}</span></p>`
}

function ownDecision({ stages }: RequestView, person: PersonId): Notice | undefined {
  const own = stages.flatMap(({ decisions }) => decisions).findLast((each) => each.person.id === person)
  if (!own) return undefined
  const absent = own.for === undefined ? '' : ` for ${nameOf(own.for)}`
  return {
    good: true,
    text: `You ${verdictWords[own.verdict]} this${absent}; it is on record.`,
  }
}

const rows = (all: readonly Row[]): readonly Html[] =>
  all.map(({ label, text, note }) => html`<dt>${label}</dt><dd>${text}${note && html`<strong>${note}</strong>`}</dd>`)

const what = (view: RequestView): Html =>
  titled(
    'what',
    'What will happen, exactly',
    html`<dl>
<dt>Action</dt><dd><code>${view.action}</code></dd>
<dt>Resource</dt><dd><code>${inert(view.resource.id)}</code><strong>${lookalikeNote(view.resource.id)}</strong> <span class="soft">${view.resource.type}, ${view.classification} data</span></dd>
${rows(toolRows(view))}
</dl>
<h3>Arguments, whole</h3>
${argumentList(view)}
<h3>What the credential leaves open</h3>
${view.unpinned.length === 0 ? html`<p>Nothing: it can do exactly this, and nothing else.</p>` : html`<ul>${view.unpinned.map((each) => html`<li>${inert(each)}</li>`)}</ul>`}
<dl>
${rows([undoRow(view), termsRow(view)])}
</dl>`,
  )

/** The narrowings, from value to value. The present ask stands above. */
const narrowedSection = ({ narrowings }: RequestView, now: NumericDate): Html =>
  titled(
    'narrowed',
    'Less than was asked',
    html`<ol>${narrowings.map(
      (each) =>
        html`<li>By ${nameOf(each.by)} at ${time(each.at, now)}:<ul>${changesOf(each).map(
          ({ label, from, to, note }) =>
            html`<li><code>${label}</code>: ${to}, asked for: ${from}<strong>${note}</strong></li>`,
        )}</ul></li>`,
    )}</ol>`,
  )

const who = (view: RequestView, now: NumericDate): Html =>
  titled(
    'who',
    'Who asks',
    html`<dl>
${rows(askerRows(view))}
<dt>Asked at</dt><dd>${time(view.submittedAt, now)}</dd>
<dt>Permitted by</dt><dd>${view.policies.length === 0 ? 'no policy is named' : view.policies.map((id, at) => html`${at === 0 ? '' : ', '}<code>${inert(id)}</code>`)}</dd>
<dt>Request</dt><dd><code>${view.id}</code>, round ${view.round}</dd>
<dt>Digest</dt><dd><code>${view.digest}</code> <span class="soft">the card shows its beginning, <code>${view.digest.slice(0, 24)}</code></span></dd>
</dl>
<h3>The agent says (unverified)</h3>
<dl>
${rows(saidRows(view))}
</dl>
${view.justification?.trim() && html`<blockquote>${inert(view.justification.trim())}</blockquote>`}`,
  )

function stages({ stages, status }: RequestView, now: NumericDate): Html {
  const isPending = status === 'pending'
  return titled(
    'stages',
    isPending ? 'Who decides' : 'Who decided',
    html`<ol>${stages.map((stage) => html`<li>${drawn(stageSentence(stage, isPending), now)}${decisions(stage, now)}</li>`)}</ol>`,
  )
}

const decisions = ({ decisions: all }: StageView, now: NumericDate): Part =>
  all.length > 0 && html`<ul>${all.map((each) => html`<li>${drawn(decisionSentence(each), now)}</li>`)}</ul>`

type Decide = (verdict: Verdict, body: Html, attributes?: Part) => Html

function forms({ view, whyNot, reader, draft = {}, zone = 'UTC' }: RequestPage): Part {
  const stage = whyNot.approve === undefined ? openStageOf(view) : undefined
  const { id, round, digest, status } = view
  const decide: Decide = (verdict, body, attributes) =>
    form(`/decide/${id}`, { csrf: reader.csrf, verdict, round, digest, seen: shownDigest(view) }, body, attributes)
  const parts = [
    // The status of an ended request says why.
    whyNot.approve !== undefined && status === 'pending' && html`<p>${sentencesOf(whyNot.approve)}</p>`,
    stage && approveForm(decide, stage, draft),
    stage && canBeLess(view) && narrowForm(decide, view, stage),
    whyNot.deny === undefined && denyForm(decide, view),
    stage && asideForm(id, reader, zone),
  ]
  return parts.some(Boolean) && titled('decide', status === 'pending' ? 'Decide' : 'What you can do', parts)
}

const commentField = (id: string, { needsComment }: StageView, text: string | undefined): Html =>
  html`<label for="${id}">Comment <span class="hint">${needsComment ? 'required at this stage; it stays on record' : 'optional; it stays on record'}</span></label>
<textarea id="${id}" name="comment" maxlength="1000"${needsComment && html` required`}>${text}</textarea>`

function approveForm(decide: Decide, stage: StageView, draft: { comment?: string }): Html {
  const login = loginNeeded(stage)
  return decide(
    'approve',
    html`<h3>Approve</h3>
${commentField('approve-comment', stage, draft.comment)}
${login !== undefined && html`<p class="hint">This needs ${login}. You are sent to the login now, and come back here.</p>`}
<button class="go">${login === undefined ? 'Approve exactly this' : 'Log in and approve exactly this'}</button>`,
  )
}

const narrowForm = (decide: Decide, view: RequestView, stage: StageView): Html =>
  html`<details class="box"><summary>Approve less than this</summary>
${decide(
  'approve',
  html`<input type="hidden" name="less" value="yes">
<p class="hint">Leave a field empty to keep what was asked for. All other approvals drop, and the people who gave them are asked again, each stage with a new deadline. The end of the request does not move.</p>
${view.steps ? stepFields(view) : view.narrowable.map((each) => lessField(each))}
${commentField('narrow-comment', stage, undefined)}
<button>Approve only this much</button>`,
  '',
)}</details>`

function denyForm(decide: Decide, { status }: RequestView): Html {
  const [title, effect] =
    status === 'approved'
      ? ['Deny after all', 'Ends the grant and every credential of it, at once and for good.']
      : ['Deny', 'Ends the request at once and for good, also after approvals. It takes no stronger login.']
  return decide(
    'deny',
    html`<h3>${title}</h3>
<p class="hint">${effect}</p>
<label for="deny-comment">Reason <span class="hint">optional; the agent's owner reads it</span></label>
<textarea id="deny-comment" name="comment" maxlength="1000"></textarea>
<button class="stop">${title}</button>`,
  )
}
