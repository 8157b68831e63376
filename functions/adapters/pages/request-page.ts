import { exact, lookalikeNote } from '../../domain/inert.ts'
import type { Refusal } from '../../domain/refusals.ts'
import {
  type ApprovalRequest,
  approversOf,
  filled,
  type NarrowedOnce,
  openStage,
  type StageState,
} from '../../domain/requests/request.ts'
import { duration, type NumericDate, type PersonId } from '../../domain/values.ts'
import type { Viewed } from '../../operations/requests/read-requests.ts'
import { type Html, html, type Notice, page, type Reader } from './layout.ts'
import {
  becameOf,
  factsOf,
  nameOf,
  narrowablesOf,
  type PageBundle,
  type PageFacts,
  shownDigest,
  statusChip,
} from './request-facts.ts'
import { time, whyNobody } from './words.ts'

/** What people have made less of it, from what to what, by whom and when. What is asked now stands above. */
function narrowedSection({ narrowings = [] }: ApprovalRequest, bundle: PageBundle, now: NumericDate): Html | string {
  if (narrowings.length === 0) return ''
  return html`<section aria-labelledby="narrowed">
<h2 id="narrowed">Made less than was asked for</h2>
<ol>${narrowings.map((each) => html`<li>By ${nameOf(bundle, each.by)}, ${time(each.at, now)}:<ul>${changesOf(each)}</ul></li>`)}</ol>
</section>`
}

const changesOf = ({ arguments: args, uses, lifetime }: NarrowedOnce): readonly Html[] => [
  ...Object.entries(args).map(([name, { from, to }]) => change(name, exact(from), exact(to))),
  ...(uses ? [change('Uses', String(uses.from), String(uses.to))] : []),
  ...(lifetime ? [change('Good for', duration(lifetime.from), duration(lifetime.to))] : []),
]

const change = (name: string, from: string, to: string): Html =>
  html`<li><code>${name}</code>: ${to}, asked for: ${from}<strong>${lookalikeNote(`${to} ${from}`)}</strong></li>`

type RequestView = {
  viewed: Viewed
  bundle: PageBundle
  reader: Reader & { person: PersonId }
  now: NumericDate
  notice?: Notice
  /** What was written into a form that came to nothing, so that nobody has to write it again. */
  draft?: { comment?: string }
}

/** One request, whole, in whatever state it is, with what this person can do about it. */
export function requestPage({ viewed, bundle, reader, now, notice, draft = {} }: RequestView): string {
  const { state } = viewed
  const facts = factsOf(state, bundle)
  const { words } = statusChip(state)
  return page({
    title: `${words}: ${facts.title}`,
    reader,
    notice: notice ?? ownDecision(state, reader.person),
    body: html`${headline(state, facts, bundle, now)}
${what(facts)}
${narrowedSection(state, bundle, now)}
${who(facts)}
${stages(state, bundle, now)}
${forms(viewed, bundle, facts, reader, draft)}
<p class="soft">This page shows what was recorded when it was loaded. <a href="/decide/${state.ask.id}">Look again</a></p>`,
  })
}

/** That their own decision is on record, from the record itself. */
function ownDecision({ stages }: ApprovalRequest, person: PersonId): Notice | undefined {
  const own = stages.flatMap(({ decisions }) => decisions).findLast((each) => each.person === person)
  if (!own) return undefined
  const instead = own.for === undefined ? '' : ` for ${own.for}`
  return {
    good: true,
    text: `You ${own.verdict === 'approve' ? 'approved' : 'denied'} this${instead}; it is on record.`,
  }
}

const headline = (state: ApprovalRequest, facts: PageFacts, bundle: PageBundle, now: NumericDate): Html => {
  const { words, kind } = statusChip(state)
  const prod = /^prod/.test(facts.environment) ? ' prod' : ''
  return html`<h1>${facts.title}</h1>
<p class="chips"><span class="chip ${kind}">${words}</span> <span class="chip${prod}">${facts.environment.toUpperCase()}</span> <span class="chip">Tier ${facts.tier}</span></p>
<p>${becameOf(state, bundle, now)}</p>`
}

const what = (facts: PageFacts): Html => html`<section aria-labelledby="what">
<h2 id="what">What will happen, exactly</h2>
<dl>
<dt>Action</dt><dd><code>${facts.action}</code></dd>
<dt>Resource</dt><dd><code>${facts.resource.id}</code><strong>${facts.resource.note}</strong> <span class="soft">${facts.resource.type}, ${facts.classification} data</span></dd>
</dl>
<h3>Arguments, whole</h3>
${facts.arguments.length === 0 ? html`<p>None.</p>` : facts.arguments.map(argument)}
<h3>What the credential leaves open</h3>
${facts.leavesOpen.length === 0 ? html`<p>Nothing: it is good for exactly this.</p>` : html`<ul>${facts.leavesOpen.map((each) => html`<li>${each}</li>`)}</ul>`}
<dl>
<dt>Undo</dt><dd>${facts.undo}</dd>
<dt>Terms</dt><dd>${facts.terms}</dd>
</dl>
</section>`

const argument = ({ name, value, note }: PageFacts['arguments'][number]): Html =>
  html`<div><code>${name}</code><strong>${note}</strong><pre>${value}</pre></div>`

const who = (facts: PageFacts): Html => html`<section aria-labelledby="who">
<h2 id="who">Who asks</h2>
<dl>
<dt>Asked by</dt><dd>${facts.askedBy}</dd>
${facts.delegatedBy.map((each) => html`<dt>Delegated by</dt><dd>${each}</dd>`)}
<dt>Why this tier</dt><dd>${facts.policies.length === 0 ? 'no policy is named' : facts.policies.map((id, at) => html`${at === 0 ? '' : ', '}<code>${id}</code>`)}</dd>
<dt>Request</dt><dd><code>${facts.id}</code>, round ${facts.round}</dd>
<dt>Digest</dt><dd><code>${facts.digest}</code> <span class="soft">the card shows its beginning, <code>${facts.digest.slice(0, 24)}</code></span></dd>
</dl>
<h3>What the agent says (unverified, and no fact)</h3>
<dl>
<dt>Task</dt><dd>${facts.task}</dd>
<dt>Purpose</dt><dd>${facts.purpose}</dd>
</dl>
${facts.claim === undefined ? '' : html`<blockquote>${facts.claim}</blockquote>`}
</section>`

function stages(state: ApprovalRequest, bundle: PageBundle, now: NumericDate): Html | string {
  if (state.stages.length === 0) return ''
  const open = state.status === 'pending' ? openStage(state) : undefined
  return html`<section aria-labelledby="stages">
<h2 id="stages">${open ? 'Who decides' : 'Who decided'}</h2>
<ol>${state.stages.map((stage) => html`<li>${stageLine(stage, stage === open, state, now)}${decisions(stage, bundle, now)}</li>`)}</ol>
</section>`
}

function stageLine(stage: StageState, isOpen: boolean, state: ApprovalRequest, now: NumericDate): Html {
  const { terms, opensAt, deadline, escalatedAt } = stage
  const unasked = opensAt === undefined && !filled(stage) && stage.decisions.length === 0
  if (unasked && state.status !== 'pending') return html`<strong>${terms.name}</strong>: its turn never came.`
  const approved = approversOf(stage).length
  const denied = stage.decisions.some(({ verdict }) => verdict === 'deny')
  const many =
    denied && approved === 0 ? 'denied' : `${approved} of ${terms.quorum} approved${denied ? ', denied' : ''}`
  const turn = isOpen
    ? html`, open now${deadline === undefined ? '' : html` until ${time(deadline, now)}`}`
    : unasked
      ? ', not open yet'
      : ''
  const wider =
    escalatedAt === undefined || terms.onSilence === 'expire' ? '' : `, escalated to ${terms.onSilence.escalateTo}`
  const login = loginWords(stage)
  return html`<strong>${terms.name}</strong>: ${many}${turn}${wider}.${isOpen && login ? html` Approving needs ${login}.` : ''}`
}

function decisions({ decisions: all }: StageState, bundle: PageBundle, now: NumericDate): Html | string {
  if (all.length === 0) return ''
  return html`<ul>${all.map(
    ({ person, for: absent, verdict, at, comment }) =>
      html`<li>${nameOf(bundle, person)}${absent === undefined ? '' : html` for ${nameOf(bundle, absent)}`} ${verdict === 'approve' ? 'approved' : 'denied'}, ${time(at, now)}${comment ? html`: “${comment}”` : ''}</li>`,
  )}</ul>`
}

/** How strong and how new a login an approval of this stage takes, in words; nothing where a session is enough. */
const loginWords = ({ terms: { acr, maxAge } }: StageState): string | undefined => {
  const parts = [
    ...(acr === undefined ? [] : [`of strength “${acr}”`]),
    ...(maxAge === undefined ? [] : [`at most ${duration(maxAge)} old`]),
  ]
  return parts.length === 0 ? undefined : `a login made for it, ${parts.join(' and ')}`
}

function forms(
  { state, whyNot }: Viewed,
  bundle: PageBundle,
  facts: PageFacts,
  reader: Reader,
  draft: { comment?: string },
): Html | string {
  const stage = state.status === 'pending' ? openStage(state) : undefined
  const hidden = (verdict: 'approve' | 'deny') => html`
<input type="hidden" name="csrf" value="${reader.csrf}">
<input type="hidden" name="verdict" value="${verdict}">
<input type="hidden" name="round" value="${facts.round}">
<input type="hidden" name="digest" value="${facts.digest}">
<input type="hidden" name="seen" value="${shownDigest(facts)}">`
  const action = `/decide/${facts.id}`
  const parts = [
    whyNot.approve === undefined && stage ? approveForm(action, hidden('approve'), stage, draft) : '',
    whyNot.approve === undefined && stage ? narrowForm(action, hidden('approve'), state, bundle, stage) : '',
    whyNot.deny === undefined ? denyForm(action, hidden('deny'), state) : '',
  ]
  const why = whyNot.approve === undefined ? undefined : reasonFor(state, whyNot.approve)
  if (parts.every((part) => part === '') && why === undefined) return ''
  return html`<section aria-labelledby="decide">
<h2 id="decide">${state.status === 'pending' ? 'Decide' : 'What you can do'}</h2>
${why === undefined ? '' : html`<p>${why}</p>`}
${parts}
</section>`
}

/** An ended request says so above; only of one that is open is it worth saying why this person cannot approve it. */
const reasonFor = ({ status }: ApprovalRequest, code: Refusal): string | undefined =>
  status === 'pending' ? whyNobody(code) : undefined

const commentField = (id: string, stage: StageState, text: string | undefined): Html => {
  const required = stage.terms.comment === 'required'
  return html`<label for="${id}">Comment <span class="hint">${required ? 'required at this stage; it stays on record' : 'optional; it stays on record'}</span></label>
<textarea id="${id}" name="comment" maxlength="1000"${required ? html` required` : ''}>${text ?? ''}</textarea>`
}

function approveForm(action: string, hidden: Html, stage: StageState, draft: { comment?: string }): Html {
  const login = loginWords(stage)
  return html`<form class="box" method="post" action="${action}">${hidden}
<h3>Approve</h3>
${commentField('approve-comment', stage, draft.comment)}
${login === undefined ? '' : html`<p class="hint">This takes ${login}: you are sent there now, and come back here.</p>`}
<button class="go">${login === undefined ? 'Approve exactly this' : 'Log in and approve exactly this'}</button>
</form>`
}

/** Less of it: what the catalogue lets be narrowed, the uses, the minutes. Nothing where nothing can be less. */
function narrowForm(
  action: string,
  hidden: Html,
  state: ApprovalRequest,
  bundle: PageBundle,
  stage: StageState,
): Html | string {
  const { uses, lifetime } = state.ask
  const minutes = Math.floor(lifetime / 60)
  const fields = [
    ...narrowablesOf(state, bundle).map(({ name, most, least }) =>
      numberField(`narrow.${name}`, name, least, most, `asked for: ${most}`),
    ),
    ...(uses > 1 ? [numberField('uses', 'Uses', 1, uses, `asked for: ${uses}`)] : []),
    ...(minutes > 1
      ? [numberField('minutes', 'Minutes', 1, minutes, `asked for: ${minutes}, from the first claim on`)]
      : []),
  ]
  if (fields.length === 0) return ''
  return html`<details class="box"><summary>Approve less than this</summary>
<form method="post" action="${action}">${hidden}
<input type="hidden" name="less" value="yes">
<p class="hint">What you leave empty stays as it was asked for. All other approvals drop, and the people who gave them are asked again, each stage with a new deadline. The end of the request does not move.</p>
${fields}
${commentField('narrow-comment', stage, undefined)}
<button>Approve only this much</button>
</form></details>`
}

const numberField = (name: string, label: string, least: number, most: number, hint: string): Html =>
  html`<label for="${name}">${label} <span class="hint">${hint}</span></label>
<input id="${name}" name="${name}" type="number" inputmode="numeric" step="1" min="${least}" max="${most}">`

function denyForm(action: string, hidden: Html, { status }: ApprovalRequest): Html {
  const [title, effect] =
    status === 'approved'
      ? ['Deny after all', 'Ends the grant and every credential of it, at once and for good.']
      : ['Deny', 'Settles it at once and for good, whoever has approved. It takes no stronger login.']
  return html`<form class="box" method="post" action="${action}">${hidden}
<h3>${title}</h3>
<p class="hint">${effect}</p>
<label for="deny-comment">Reason <span class="hint">optional; the agent's owner reads it</span></label>
<textarea id="deny-comment" name="comment" maxlength="1000"></textarea>
<button class="stop">${title}</button>
</form>`
}
