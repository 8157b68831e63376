// Rules: test/http/pages.test.ts

import { changeSetOf } from '../../domain/cards/change-words.ts'
import { barredWords } from '../../domain/cards/message-words.ts'
import { canBeLess } from '../../domain/cards/narrowable.ts'
import { awaited } from '../../domain/cards/registry-words.ts'
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
  roundText,
  saidHeading,
  termsRow,
  tierText,
  titleText,
  toolRows,
  undoRow,
  undoText,
  wordRows,
} from '../../domain/cards/request-words.ts'
import type { Row } from '../../domain/cards/sentence.ts'
import { decisionSentence, loginNeeded, stageSentence } from '../../domain/cards/stage-words.ts'
import { type Suggestible, suggestiblesOf } from '../../domain/cards/suggestible.ts'
import type { Timeline } from '../../domain/cards/timeline.ts'
import { nameOf } from '../../domain/cards/who.ts'
import { inert, lookalikeNote } from '../../domain/inert.ts'
import type { Person } from '../../domain/people/organisation.ts'
import { isKnownAddress } from '../../domain/policy/asking-terms.ts'
import { zoneOf } from '../../domain/policy/calendar.ts'
import { sentencesOf } from '../../domain/refusals.ts'
import type { NumericDate, PersonId } from '../../domain/values.ts'
import type { Why } from '../../operations/policy/explain-recorded.ts'
import type { Viewed } from '../../operations/requests/read-requests.ts'
import { changeSection } from './change-section.ts'
import { evidenceList } from './evidence-section.ts'
import { environmentChip, form, type Html, html, type Notice, type Part, page, type Reader, titled } from './layout.ts'
import {
  colleagueFields,
  type Draft,
  drafted,
  questionFields,
  suggestFields,
  textArea,
  toAgentField,
} from './message-forms.ts'
import { colleagueList, exchangeList, messageSections } from './message-section.ts'
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
  draft?: Draft
  /** The people that this person may ask to decide. */
  colleagues?: readonly Person[]
  suggestibles?: readonly Suggestible[]
  /** The search in the resources of a change set. */
  find?: string | undefined
  isKnown?: IsKnown
}

/** Whether an address is at a host of this deployment. */
type IsKnown = (url: string) => boolean

export const requestPage = ({
  viewed: { state, whyNot },
  bundle,
  ...rest
}: Omit<RequestPage, 'view' | 'whyNot' | 'zone' | 'suggestibles' | 'isKnown'> & {
  viewed: Viewed
  bundle: ViewFacts
}): string => {
  const view = describeRequest(state, bundle)
  const suggestibles = suggestiblesOf(view, bundle)
  const isKnown: IsKnown = (url) => isKnownAddress(url, bundle)
  return drawRequestPage({ view, whyNot, zone: zoneOf(bundle.calendar), suggestibles, isKnown, ...rest })
}

export function drawRequestPage(request: RequestPage): string {
  const { view, reader, now, timeline, why, notice, find, isKnown = () => false } = request
  const changes = changeSetOf(view)
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
${messageSections(view, now)}
${view.changes.length > 0 && changedSection(view, now)}
${changes && changeSection({ set: changes, id: view.id, find, now })}
${view.steps ? stepsSection(view, now) : [previewSection(view, now), what(view)]}
${view.narrowings.length > 0 && narrowedSection(view, now)}
${who(view, now, isKnown)}
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

/** The link of a row of a list. */
export const requestLink = ({ id, title }: RequestView): Html => html`<a href="/decide/${id}">${titleText(title)}</a>`

export function chips(view: RequestView): Html {
  const fixed = undoText(view)
  return html`<p class="chips"><span class="chip ${kinds[progressOf(view)]}">${headlineOf(view)}</span> ${environmentChip(view.environment)} <span class="chip">Tier ${tierText(view)}</span>${fixed && html` <span class="chip ${fixed.possible ? '' : 'stop'}">${fixed.text}</span>`}</p>`
}

function ownDecision({ stages }: RequestView, person: PersonId): Notice | undefined {
  const own = stages.flatMap(({ decisions }) => decisions).findLast((each) => each.person.id === person)
  if (!own) return undefined
  const absent = own.for === undefined ? '' : ` for ${nameOf(own.for)}`
  return { good: true, text: `You ${youDid[own.verdict]}${absent}; it is on record.` }
}

const youDid = { approve: 'approved this', deny: 'denied this', revise: 'sent this back' }

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
${!view.registry && leftOpen(view)}
<dl>
${rows([undoRow(view), termsRow(view)])}
</dl>`,
  )

const leftOpen = ({ unpinned }: RequestView): Html => html`<h3>What the credential leaves open</h3>
${unpinned.length === 0 ? html`<p>Nothing: it can do exactly this, and nothing else.</p>` : html`<ul>${unpinned.map((each) => html`<li>${inert(each)}</li>`)}</ul>`}`

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

const who = (view: RequestView, now: NumericDate, isKnown: IsKnown): Html =>
  titled(
    'who',
    'Who asks',
    html`<dl>
${rows(askerRows(view))}
<dt>Asked at</dt><dd>${time(view.submittedAt, now)}</dd>
<dt>Permitted by</dt><dd>${view.policies.length === 0 ? 'no policy is named' : view.policies.map((id, at) => html`${at === 0 ? '' : ', '}<code>${inert(id)}</code>`)}</dd>
<dt>Request</dt><dd><code>${view.id}</code>${roundText(view)}</dd>
<dt>Digest</dt><dd><code>${view.digest}</code> <span class="soft">the card shows its beginning, <code>${view.digest.slice(0, 24)}</code></span></dd>
</dl>
<h3>${saidHeading(view)}</h3>
${
  !view.registry &&
  html`<dl>
${rows(wordRows(view))}
</dl>`
}
${view.justification?.trim() && html`<blockquote>${inert(view.justification.trim())}</blockquote>`}
${evidenceList(view, isKnown)}
${exchangeList(view, now)}`,
  )

function stages(view: RequestView, now: NumericDate): Html {
  const { stages, status } = view
  const isPending = status === 'pending'
  return titled(
    'stages',
    isPending ? 'Who decides' : 'Who decided',
    html`<ol>${stages.map((stage) => html`<li>${drawn(stageSentence(stage, isPending), now)}${decisions(stage, now)}</li>`)}</ol>
${colleagueList(view, now)}`,
  )
}

const decisions = ({ decisions: all }: StageView, now: NumericDate): Part =>
  all.length > 0 && html`<ul>${all.map((each) => html`<li>${drawn(decisionSentence(each), now)}</li>`)}</ul>`

type Send = (hidden: { [name: string]: string }, body: Html, attributes?: Part) => Html

function forms(request: RequestPage): Part {
  const { view, whyNot, reader, draft, colleagues = [], suggestibles = [], zone = 'UTC' } = request
  const stage = whyNot.approve === undefined ? openStageOf(view) : undefined
  const { id, round, digest, status } = view
  const send: Send = (hidden, body, attributes) =>
    form(`/decide/${id}`, { csrf: reader.csrf, ...hidden, round, digest, seen: shownDigest(view) }, body, attributes)
  const mustAccept = awaited(view)
  const parts = [
    stage && html`<input type="hidden" id="look" value="csrf=${reader.csrf}&look=${stage.name}">`,
    mustAccept?.id === reader.person && acceptForm(view, reader),
    // The status of an ended request tells the reason.
    whyNot.approve !== undefined && status === 'pending' && html`<p>${sentencesOf(whyNot.approve)}</p>`,
    stage && !mustAccept && approveForm(send, view, stage, draft),
    stage && canBeLess(view) && narrowForm(send, view, stage, draft),
    whyNot.deny === undefined && denyForm(send, view, draft),
    whyNot.revise === undefined && status === 'pending' && reviseForm(send, suggestibles, draft),
    stage &&
      !view.registry &&
      folded('Ask the agent a question', send({ ask: 'agent' }, questionFields(draft), ''), draft?.of === 'question'),
    stage &&
      colleagues.length > 0 &&
      folded('Ask a colleague to look', send({ ask: 'colleague' }, colleagueFields(colleagues), '')),
    stage && asideForm(id, reader, zone),
    !view.registry &&
      mayAllowMore(view, reader.person) &&
      html`<p><a class="button" href="/permits/give/${id}">Allow more like this</a></p>`,
  ]
  return parts.some(Boolean) && titled('decide', status === 'pending' ? 'Decide' : 'What you can do', parts)
}

/** The new owner of an agent accepts it, by the present login. */
const acceptForm = ({ id, resource }: RequestView, { csrf }: Reader): Html =>
  form(
    `/registry/accept/${id}`,
    { csrf },
    html`<h3>Accept the agent</h3>
<p class="hint">You would answer for <code>${inert(resource.id)}</code>: what it asks for, and its recertification. You decide nothing that it asks for. Others decide on the transfer after you.</p>
<button class="go">Accept it</button>`,
  )

/** Whether it only has this person's approval. Policy is asked at the act. */
const mayAllowMore = ({ status, stages }: RequestView, person: PersonId): boolean => {
  const [own, ...others] = stages.flatMap(({ decisions }) => decisions)
  return (status === 'approved' || status === 'completed') && own?.person.id === person && others.length === 0
}

const folded = (summary: string, body: Part, isOpen = false): Html =>
  html`<details class="box"${isOpen && html` open`}><summary>${summary}</summary>
${body}</details>`

const commentField = (id: string, { needsComment }: StageView, text: string | undefined): Html =>
  html`<label for="${id}">Comment <span class="hint">${needsComment ? 'required at this stage; it stays on record' : 'optional; it stays on record'}</span></label>
${textArea(id, 'comment', 1000, needsComment && html` required`, text)}`

const nameField = (id: string, { typeThis }: RequestView, text: string | undefined): Part =>
  typeThis !== undefined &&
  html`<label for="${id}">To approve, type the name of the resource: <code>${inert(typeThis)}</code></label>
<input id="${id}" name="typed" required autocomplete="off" autocapitalize="off" spellcheck="false"${text !== undefined && html` value="${text}"`}>`

function approveForm(send: Send, view: RequestView, stage: StageView, draft: Draft | undefined): Html {
  const login = loginNeeded(stage)
  return send(
    { verdict: 'approve' },
    html`<h3>Approve</h3>
${nameField('approve-typed', view, drafted(draft, 'approve', 'typed'))}
${commentField('approve-comment', stage, drafted(draft, 'approve', 'comment'))}
${!view.registry && toAgentField('approve', draft)}
${login !== undefined && html`<p class="hint">This needs ${login}. You are sent to the login now, and come back here.</p>`}
<button class="go">${login === undefined ? 'Approve exactly this' : 'Log in and approve exactly this'}</button>`,
  )
}

const narrowForm = (send: Send, view: RequestView, stage: StageView, draft: Draft | undefined): Html =>
  folded(
    'Approve less than this',
    send(
      { verdict: 'approve', less: 'yes' },
      html`<p class="hint">Leave a field empty to keep what was asked for. All other approvals drop, and the people who gave them are asked again, each stage with a new deadline. The end of the request does not move.</p>
${view.steps ? stepFields(view) : view.narrowable.map((each) => lessField(each))}
${nameField('narrow-typed', view, drafted(draft, 'less', 'typed'))}
${commentField('narrow-comment', stage, drafted(draft, 'less', 'comment'))}
${toAgentField('less', draft)}
<button>Approve only this much</button>`,
      '',
    ),
    draft?.of === 'less',
  )

function denyForm(send: Send, view: RequestView, draft: Draft | undefined): Html {
  const [title, effect] =
    view.status === 'approved'
      ? ['Deny after all', 'Ends the grant and every credential of it, at once and for good.']
      : ['Deny', 'Ends the request at once and for good, also after approvals. It takes no stronger login.']
  return send(
    { verdict: 'deny' },
    html`<h3>${title}</h3>
<p class="hint">${effect}</p>
<label for="deny-comment">Reason <span class="hint">optional; ${view.registry ? 'it stays on record' : "the agent's owner reads it"}</span></label>
${textArea('deny-comment', 'comment', 1000, false, drafted(draft, 'deny', 'comment'))}
${!view.registry && toAgentField('deny', draft)}
<button class="stop">${title}</button>`,
  )
}

const reviseForm = (send: Send, suggestibles: readonly Suggestible[], draft: Draft | undefined): Html =>
  folded(
    'Say what to change, and send it back',
    send(
      { verdict: 'revise' },
      html`<p class="hint">Ends this request at once. The agent reads your words, and may ask again. ${barredWords}</p>
${toAgentField('revise', draft, true)}
${suggestFields(suggestibles, draft)}
<label for="revise-comment">Comment <span class="hint">optional; for people, and it stays on record</span></label>
${textArea('revise-comment', 'comment', 1000, false, drafted(draft, 'revise', 'comment'))}
<button class="stop">Send it back</button>`,
      '',
    ),
    draft?.of === 'revise',
  )
