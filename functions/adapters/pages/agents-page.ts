// Rules: test/http/agents-page.test.ts

import { findingsOf } from '../../domain/agents/activity.ts'
import { ambientByAction, ambientCounts, type Counts } from '../../domain/agents/agent-file.ts'
import { inForce } from '../../domain/agents/ambient.ts'
import { askedAbout, changesSeen, hostNote } from '../../domain/agents/host-words.ts'
import { leavingWords } from '../../domain/cards/leaving-words.ts'
import { inert } from '../../domain/inert.ts'
import type { SuspendedBecause } from '../../domain/people/organisation.ts'
import type { Digest, NumericDate } from '../../domain/values.ts'
import type { AgentSeen } from '../../operations/agents/read-agents.ts'
import { type ChangeKind, changes } from './giving/agent-form.ts'
import { form, type Html, html, type Notice, type Part, page, type Reader, titled } from './layout.ts'
import { type Column, table } from './table.ts'
import { count, drawn, time } from './words.ts'

type ListView = {
  agents: readonly AgentSeen[]
  /** The names of the catalogue's actions. */
  actions: readonly string[]
  /** The names of the changes of the registry that people may ask for. */
  offered: readonly string[]
  reader: Reader
  now: NumericDate
}

export function agentsPage(view: ListView): string {
  const { agents, reader } = view
  const lost = agents.filter(({ status }) => status !== 'active')
  const first = agents.filter((each) => each.leaving !== undefined || lost.includes(each))
  const title = `Agents: ${agents.length}${lost.length > 0 ? `, of which ${lost.length} may do nothing` : ''}`
  return page({
    title: 'Agents',
    reader,
    body: html`<h1>${title}</h1>
${mayAsk('register', view.offered) && html`<p><a class="button" href="${registryLink('register')}">${changes.register.title}</a></p>`}
${table('Agents', [...first, ...agents.filter((each) => !first.includes(each))], columns(view))}
<p class="soft">As it was when this page was loaded. <a href="/agents">Look again</a></p>`,
  })
}

const columns = ({ actions, now }: ListView): readonly Column<AgentSeen>[] => [
  [
    'Agent',
    ({ agent }) =>
      html`<a href="/agents/${agent.id}">${agent.id}</a>${agent.description !== undefined && html`<p class="soft">${inert(agent.description)}</p>`}`,
  ],
  ['State', chips],
  ['Autonomy', ({ agent }) => agent.autonomy],
  ['Answers for it', ({ agent }) => agent.owner],
  ['Recertify by', ({ recertifyBy }) => time(recertifyBy, now)],
  ['Live grants', ({ grants }) => grants.length],
  ['Host without Hotwork', ({ agent, file }) => hostWords(ambientCounts(inForce(file.looked, agent, now), actions))],
]

const hostWords = ({ allowed, unknown }: { allowed: number; unknown: number }): string =>
  `${count(allowed, 'action')} allowed, ${unknown} unknown`

const chips = ({ status, because, leaving }: AgentSeen): Html =>
  html`<p class="chips"><span class="chip ${status === 'active' ? 'go' : 'stop'}">${status.toUpperCase()}</span>${
    because !== undefined && html`<span class="chip">${lost[because]}</span>`
  }${leaving && html`<span class="chip stop">${leaving.on === undefined ? 'owner left' : 'owner leaves'}</span>`}</p>`

const lost: { readonly [why in SuspendedBecause]: string } = {
  recertification: 'not recertified in time',
  suspended: 'suspended in the files',
  retired: 'retired',
  owner_inactive: 'no active owner',
}

type View = {
  seen: AgentSeen & { evidence: Digest }
  /** The names of the catalogue's actions. */
  actions: readonly string[]
  offered: readonly string[]
  /** The reason why this person may not recertify it. */
  whyNot: string | undefined
  reader: Reader
  now: NumericDate
  /** The calendar's zone. */
  zone: string
  notice?: Notice | undefined
  draft?: string
}

export function agentPage({ seen, actions, offered, whyNot, reader, now, zone, notice, draft = '' }: View): string {
  const { agent, leaving, recertifyBy, file, grants, evidence } = seen
  const { certified, activity } = file
  return page({
    title: agent.id,
    reader,
    notice,
    body: html`<h1>${agent.id}</h1>
${chips(seen)}
${leaving && html`<p>${agent.id}: ${drawn(leavingWords(agent.id, leaving), now)}</p>`}
${agent.description !== undefined && html`<p>${inert(agent.description)}</p>`}
<dl>
<dt>Owner</dt><dd>${agent.owner}</dd>
${agent.backupOwner !== undefined && html`<dt>Backup owner</dt><dd>${agent.backupOwner}</dd>`}
<dt>Autonomy</dt><dd>${agent.autonomy}</dd>
${Object.entries(agent.runsOn).map(([kind, where]) => html`<dt>Runs on</dt><dd>${kind} <code>${inert(where)}</code></dd>`)}
${agent.identities.map(
  ({ issuer, subject, validUntil }) =>
    html`<dt>Identity</dt><dd><code>${issuer}</code> ${subject !== undefined && html`<code>${inert(subject)}</code>`}${
      validUntil !== undefined && html`, until ${time(validUntil, now)}`
    }</dd>`,
)}
<dt>Use</dt><dd><a href="/agents/${agent.id}/usage">What it used in 30 days, and what would have been enough</a></dd>
<dt>Last seen</dt><dd>${activity?.lastSeen === undefined ? 'not within 90 days, as far as was counted' : time(activity.lastSeen, now)}</dd>
</dl>
${titled(
  'recertification',
  'Recertification',
  html`<dl>
<dt>By</dt><dd>${time(recertifyBy, now)}</dd>
${certified && html`<dt>Last time</dt><dd>${certified.by}, ${time(certified.at, now)}</dd><dt>Evidence</dt><dd><code>${certified.evidence}</code></dd>`}
</dl>
${whyNot === undefined ? recertifyForm(agent.id, evidence, reader, draft) : html`<p class="soft">${whyNot}</p>`}`,
)}
${titled('record', 'What it did', recordOf(seen, now, zone))}
${titled('host', 'What its host could do without Hotwork', hostOf(seen, actions, now))}
${titled(
  'grants',
  'Live grants',
  grants.length === 0
    ? html`<p>None.</p>`
    : html`<ul>${grants.map(({ ask, grant }) => html`<li><a href="/decide/${ask.id}">${ask.action}</a> until ${time(grant.notAfter, now)}</li>`)}</ul>`,
)}
${changeLinks(agent.id, offered)}
<p class="soft"><a href="/halts?kind=agent&amp;value=${agent.id}">Halt this agent</a> · <a href="/agents">All agents</a></p>`,
  })
}

const mayAsk = (kind: ChangeKind, offered: readonly string[]): boolean => offered.includes(changes[kind].action)

/** Links to forms of the registry, if the catalogue has their actions. */
function changeLinks(id: string, offered: readonly string[]): Part {
  const kinds = (['change', 'transfer', 'retire'] as const).filter((kind) => mayAsk(kind, offered))
  return (
    kinds.length > 0 &&
    titled(
      'registry',
      'Ask for a change',
      html`<p>${kinds.map((kind) => html`<a class="button" href="${registryLink(kind, id)}">${changes[kind].title}</a> `)}</p>`,
    )
  )
}

const registryLink = (change: ChangeKind, agent?: string): string =>
  `/registry?${new URLSearchParams({ change, ...(agent === undefined ? {} : { agent }) })}`

const recertifyForm = (id: string, evidence: Digest, { csrf }: Reader, draft: string): Html =>
  form(
    `/agents/${id}`,
    { csrf, evidence_digest: evidence },
    html`<label for="why">Why may it go on, or why not?</label>
<p class="hint" id="why-hint">The evidence is this page, and goes on record with your name and this reason. An agent that you retire loses everything that it holds, at once. It cannot come back: it would be registered under a new name.</p>
<textarea id="why" name="why" required maxlength="1000" aria-describedby="why-hint">${draft}</textarea>
<button class="go" name="verdict" value="certify">It may go on</button>
<button class="stop" name="verdict" value="retire">Retire it for good</button>`,
  )

const countNames: readonly (readonly [keyof Counts, string])[] = [
  ['asked', 'asked'],
  ['approved', 'approved'],
  ['denied', 'denied'],
  ['refused', 'refused'],
  ['tierZero', 'by policy alone'],
  ['extraCalls', 'calls that were not approved'],
  ['night', 'at night'],
]

function recordOf({ agent, file: { activity } }: AgentSeen, now: NumericDate, zone: string): Html {
  if (!activity) return html`<p>It was not summed up yet: Hotwork sums up once a day.</p>`
  const findings = findingsOf(agent, activity, zone)
  const uses = Object.entries(activity.lastUse)
  return html`<table><thead><tr><th scope="col"></th><th scope="col">30 days</th><th scope="col">90 days</th></tr></thead><tbody>
${countNames.map(([name, words]) => html`<tr><th scope="row">${words}</th><td>${activity.days30[name]}</td><td>${activity.days90[name]}</td></tr>`)}
</tbody></table>
${findings.length > 0 && html`<ul>${findings.map((each) => html`<li><strong>${each}</strong></li>`)}</ul>`}
${uses.length > 0 && html`<ul>${uses.map(([action, at]) => html`<li>${action}: last ${time(at, now)}</li>`)}</ul>`}
<p class="soft">Summed up ${time(activity.at, now)}${activity.complete === false && '; there was more than was counted'}</p>`
}

function hostOf({ agent, file: { looked } }: AgentSeen, actions: readonly string[], now: NumericDate): Html {
  const known = inForce(looked, agent, now)
  const answers = Object.entries(ambientByAction(known, actions))
  const note = hostNote(agent, looked)
  const ways = (action: string) => (known?.actions[action] ?? []).filter(({ answer }) => answer === 'allowed')
  return html`<ul>${answers.map(
    ([action, answer]) =>
      html`<li>${action}: <strong>${answer}</strong>${ways(action).map(
        ({ resource, by = [] }) =>
          html`<br><span class="soft">on <code>${inert(resource)}</code>${by.length > 0 && `: to end it, detach ${inert(by.join(', '))}`}</span>`,
      )}</li>`,
  )}</ul>
${note !== undefined && html`<p>${note.split('`').map((part, at) => (at % 2 === 0 ? part : html`<code>${part}</code>`))}</p>`}
${known && html`<p class="soft">${askedAbout(agent)} <code>${known.role}</code> ${time(known.at, now)}; ${changesSeen(known.silent)}</p>`}`
}
