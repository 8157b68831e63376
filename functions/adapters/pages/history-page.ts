// Rules: test/http/history-page.test.ts
import { describeRequest, type RequestView, type ViewFacts } from '../../domain/cards/request-view.ts'
import { askerRows, verdictWords } from '../../domain/cards/request-words.ts'
import { nameOf } from '../../domain/cards/who.ts'
import { inert } from '../../domain/inert.ts'
import type { ApprovalRequest, Status } from '../../domain/record/request.ts'
import type { NumericDate } from '../../domain/values.ts'
import { type Html, html, type Notice, type Part, page, type Reader } from './layout.ts'
import { chips, requestLink } from './request-page.ts'
import { type Column, table } from './table.ts'
import { count, time } from './words.ts'

/** The query of the page's address; days are written `2026-11-28`. */
export type Sought = {
  readonly [field in
    | 'search'
    | 'status'
    | 'agent'
    | 'owner'
    | 'action'
    | 'task'
    | 'resource'
    | 'since'
    | 'until']?: string
}

type View = {
  sought: Sought
  found: readonly ApprovalRequest[]
  /** The cursor of the next page, and the earliest time of this one. */
  next?: { cursor: string; to: NumericDate } | undefined
  isFirst: boolean
  choices: Choices
  bundle: ViewFacts
  reader: Reader
  now: NumericDate
  notice?: Notice | undefined
}
export type Choices = {
  agents: readonly string[]
  people: readonly { id: string; name: string }[]
  actions: readonly string[]
}

const statuses: { readonly [status in Status]: string } = {
  pending: 'waiting for people',
  approved: 'approved',
  completed: 'completed',
  denied: 'denied',
  expired: 'expired',
  withdrawn: 'withdrawn by the agent',
  revoked: 'revoked',
}

/** Requests by a reader's filter, newest first. Openings have a page of their own. */
export function requestsPage(view: View): string {
  const { sought, found, next, reader, notice } = view
  return page({
    title: 'History',
    reader,
    notice,
    body: html`<h1>History</h1>
${filters(view)}
<p role="status">${summary(view)}</p>
${
  found.length > 0 &&
  table(
    'Requests',
    found.map((state) => describeRequest(state, view.bundle)),
    columns(view.now),
  )
}
<p>${!view.isFirst && html`<a class="button" href="${addressOf(sought)}">Newest</a> `}${next && html`<a class="button" rel="next" href="${addressOf(sought, next.cursor)}">${found.length > 0 ? 'Older' : 'Look further back'}</a>`}</p>
${inTerminal(sought)}`,
  })
}

function summary({ sought, found, next, isFirst, now }: View): Part {
  const by = Object.entries(sought).map(([field, value]) => html` <code>${field}: ${inert(value)}</code>`)
  const what = by.length === 0 ? '' : html`, by${by}`
  const to = next && html` Looked at all requests back to ${time(next.to, now)}.`
  if (found.length === 0 && next) return html`Nothing found so far${what}.${to}`
  if (found.length === 0) return html`${isFirst ? 'Nothing found' : 'Nothing more found'}${what}.`
  return html`${count(found.length, 'request')}${what}.${to}`
}

function filters({ sought, choices }: View): Html {
  const { search: _, status: __, ...more } = sought
  return html`<form class="box" method="get" action="/requests" role="search">
<div class="fields">
<div><label for="search">Search <span class="hint" id="search-hint">words of the action, the resource, the task; or how the id begins</span></label>
<input id="search" name="search" maxlength="128" value="${sought.search}" aria-describedby="search-hint"></div>
${select('status', 'Status', Object.entries(statuses), sought.status)}
</div>
<details${Object.keys(more).length > 0 && html` open`}><summary>More filters</summary>
<div class="fields">
${select(
  'agent',
  'Agent',
  choices.agents.map((id) => [id, id]),
  sought.agent,
)}
${select(
  'owner',
  'Owner of the agent',
  choices.people.map(({ id, name }) => [id, name]),
  sought.owner,
)}
${select(
  'action',
  'Action',
  choices.actions.map((id) => [id, id]),
  sought.action,
)}
${field('task', 'Task, whole id', 'text', sought.task)}
${field('resource', 'Resource, whole id', 'text', sought.resource)}
${field('since', 'From this day, UTC', 'date', sought.since)}
${field('until', 'To this day, UTC', 'date', sought.until)}
</div></details>
<p><button class="go">Show</button> <a class="button" href="/requests">All</a></p>
</form>`
}

const field = (name: string, label: string, type: string, value: string | undefined): Html =>
  html`<div><label for="${name}">${label}</label><input id="${name}" name="${name}" type="${type}" maxlength="2048" value="${value}"></div>`

function select(name: string, label: string, options: readonly (readonly [string, string])[], chosen?: string): Html {
  // Values that have left the directory or the catalogue can still be chosen.
  const all = chosen === undefined || options.some(([id]) => id === chosen) ? options : [...options, [chosen, chosen]]
  return html`<div><label for="${name}">${label}</label><select id="${name}" name="${name}"><option value="">any</option>${all.map(
    ([id, words]) => html`<option value="${id}"${id === chosen && html` selected`}>${words}</option>`,
  )}</select></div>`
}

const columns = (now: NumericDate): readonly Column<RequestView>[] => [
  ['Request', (view) => html`${requestLink(view)}<p class="soft"><code>${view.id}</code></p>`],
  ['State', chips],
  ['Asked by', (view) => askerRows(view)[0]?.text],
  ['Task', ({ parentTask }) => html`<code>${inert(parentTask.id)}</code>`],
  ['Asked at', ({ submittedAt }) => time(submittedAt, now)],
  ['Decided', decidedBy],
]

function decidedBy({ stages, standing, status }: RequestView): Part {
  const all = stages.flatMap(({ decisions }) => decisions)
  const words = all.map(({ person, verdict }) => `${verdictWords[verdict]} by ${nameOf(person)}`)
  if (words.length > 0) return [...new Set(words)].join(', ')
  if (standing !== undefined) return html`by the standing permit <code>${standing}</code>`
  return stages.length === 0 && status !== 'pending' ? 'decided by policy alone' : ''
}

const addressOf = (sought: Sought, after?: string): string => {
  const query = new URLSearchParams({ ...sought, ...(after === undefined ? {} : { after }) })
  return query.size === 0 ? '/requests' : `/requests?${query}`
}

/** The same query for a terminal; the ledger has no owners, statuses or words. */
function inTerminal(sought: Sought): Html {
  const options = (...names: (keyof Sought)[]) =>
    names
      .flatMap((name) => (sought[name] === undefined ? [] : [`--${name} ${quoted(timed(name, sought[name]))}`]))
      .join(' ')
  const both = ['agent', 'task', 'resource', 'action', 'since', 'until'] as const
  return html`<details><summary>In a terminal</summary>
<p>This list:</p><pre>npx --no-install hotwork ls ${options('search', 'status', 'owner', ...both)}</pre>
<p>The record of these requests, entry by entry, as a table:</p><pre>npx --no-install hotwork ledger export --format csv ${options(...both)}</pre>
</details>`
}

const quoted = (text: string): string => (/^[\w@:./#-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`)
/** The beginning of a first day, or the end of a last day. Other values are unchanged. */
export const timed = (name: string, text: string): string =>
  name === 'since' || name === 'until' ? (boundOf(name, text) ?? text) : text

/** The bound for a day of the form. A last day is included. */
function boundOf(name: 'since' | 'until', day: string): string | undefined {
  const at = /^\d{4}-\d{2}-\d{2}$/.test(day) ? Date.parse(`${day}T00:00:00Z`) : Number.NaN
  if (Number.isNaN(at)) return undefined
  return new Date(at + (name === 'until' ? 86_400_000 : 0)).toISOString().replace('.000Z', 'Z')
}
