// Rules: test/http/agents-map.test.ts
import { type Fold, foldOf, folds, type MapAgent, type MapCell, type MapRow, rowsOf } from '../../domain/agents/map.ts'
import { drawMap, mapTitle } from '../../domain/agents/map-picture.ts'
import { inert } from '../../domain/inert.ts'
import type { NumericDate } from '../../domain/values.ts'
import type { UnknownOfIssuer } from '../../operations/agents/unknown-callers.ts'
import type { RolesOfAccount } from '../../operations/agents/unknown-roles.ts'
import { Html } from './html.ts'
import { html, type Part, page, type Reader, titled } from './layout.ts'
import { type Column, table } from './table.ts'
import { count, time } from './words.ts'

type MapView = {
  agents: readonly MapAgent[]
  /** The owners and hosts that the person may choose. */
  choices: { owners: readonly string[]; hosts: readonly string[] }
  wanted: { owner?: string | undefined; host?: string | undefined; fold?: Fold | undefined }
  reader: Reader
}

const foldWords: { readonly [fold in Fold]: string } = {
  none: 'One row for each agent',
  owner: 'One row for each owner',
  host: 'One row for each host',
}

/** Owners, hosts, roles, secrets and grants of agents: a picture, and the same as a table. */
export function mapPage({ agents, choices, wanted, reader }: MapView): string {
  const fold = foldOf(agents, wanted.fold)
  const rows = rowsOf(agents, fold)
  const title = mapTitle(agents.length, rows.length)
  return page({
    title: 'Map of agents',
    reader,
    body: html`<h1>Map of agents</h1>
<p>${title}.</p>
<form class="fields" method="get" action="/agents/map">
${select('owner', 'Owner', wanted.owner, choices.owners)}
${select('host', 'Host', wanted.host, choices.hosts)}
<div><label for="fold">Rows</label><select id="fold" name="fold">${folds.map((each) => html`<option value="${each}"${each === fold && html` selected`}>${foldWords[each]}</option>`)}</select></div>
<div><button>Show</button></div>
</form>
${rows.length > 0 && new Html(drawMap(rows, { title, className: 'tl tl-wide' }))}
${titled('rows', 'The same as a table', rows.length === 0 ? html`<p>No agent matches.</p>` : table('Map of agents', rows, columns(fold)))}
<p class="soft">What a host may do is what the last look found: “unknown” is not “none”. <a href="/agents">All agents</a> · <a href="/agents/unknown">Callers and roles that belong to no agent</a></p>`,
  })
}

const select = (name: string, words: string, chosen: string | undefined, all: readonly string[]): Html =>
  html`<div><label for="${name}">${words}</label><select id="${name}" name="${name}"><option value="">All</option>${all.map((each) => html`<option value="${each}"${each === chosen && html` selected`}>${inert(each)}</option>`)}</select></div>`

const cell = (cells: readonly MapCell[]): Part =>
  cells.map(
    ({ text, soft, alarm }) =>
      html`<p${soft && html` class="soft"`}>${alarm ? html`<strong>${text}</strong>` : text}</p>`,
  )

const columns = (fold: Fold): readonly Column<MapRow>[] => [
  ['Agent', (row) => html`${nameOf(row, fold)}${cell(row.agents.slice(1))}`],
  ['Owner', ({ owner }) => owner],
  ['Runs on', ({ host }) => cell(host)],
  ['May assume', ({ roles }) => cell(roles)],
  ['May read', ({ secrets }) => cell(secrets)],
  ['Holds now', ({ grants }) => cell(grants)],
]

function nameOf({ agents: [first], opens, owner, host: [host] }: MapRow, fold: Fold): Html {
  const text = first?.text ?? ''
  if (!opens) return html`<a href="/agents/${text}">${text}</a>`
  const [[name = '', value = ''] = []] = Object.entries(opens)
  const of = fold === 'owner' ? owner : (host?.text ?? '')
  return html`<a href="/agents/map?${name}=${encodeURIComponent(value)}&amp;fold=none">${text} of ${of}</a>`
}

type UnknownView = {
  issuers: readonly UnknownOfIssuer[]
  accounts: readonly RolesOfAccount[]
  reader: Reader
  now: NumericDate
}

type Caller = UnknownOfIssuer['callers'][number] & { issuer: string }
type Role = RolesOfAccount['unknown'][number]

/** Callers and roles that belong to no agent. It registers none: a token does not show who should be an agent. */
export function unknownPage({ issuers, accounts, reader, now }: UnknownView): string {
  const callers = issuers.flatMap(({ issuer, callers: all }) => all.map((each) => ({ ...each, issuer })))
  const callerColumns: readonly Column<Caller>[] = [
    ['Subject', ({ subject }) => html`<code>${inert(subject)}</code>`],
    ['Issuer', ({ issuer }) => issuer],
    ['Calls', ({ calls }) => calls],
    ['First', ({ first }) => time(first, now)],
    ['Last', ({ last }) => time(last, now)],
  ]
  const issuerColumns: readonly Column<UnknownOfIssuer>[] = [
    ['Issuer', ({ issuer }) => issuer],
    ['Name', ({ name }) => html`<code>${name}</code>`],
    ['Listed', ({ expected }) => (expected.length === 0 ? 'no subject' : html`<code>${expected.join(', ')}</code>`)],
    ['Other calls', ({ others, flooded }) => html`${others}${flooded && html` <strong>too many on a day</strong>`}`],
  ]
  return page({
    title: 'Unknown callers and roles',
    reader,
    body: html`<h1>Callers and roles that belong to no agent</h1>
${titled(
  'callers',
  'Callers of seven days',
  html`<p>Their tokens verify, and each call was refused. A subject is listed if a pattern of <code>expected</code> admits it; calls of all others are counted.</p>
${callers.length === 0 ? html`<p>No subject is listed.</p>` : table('Unknown callers', callers, callerColumns)}
${table('Issuers', issuers, issuerColumns)}`,
)}
${titled('roles', 'Roles that trust an agent platform', html`${accounts.map((each) => rolesOf(each, now))}`)}
<p class="soft"><a href="/agents">All agents</a> · <a href="/agents/map">Map</a></p>`,
  })
}

function rolesOf({ account, looked, unknown }: RolesOfAccount, now: NumericDate): Html {
  const roleColumns: readonly Column<Role>[] = [
    ['Role', ({ arn }) => html`<code>${inert(arn)}</code>`],
    ['Trusts', ({ platforms }) => platforms.map((each) => platformWords[each]).join(', ')],
  ]
  const at = looked?.failed ? looked.failed.rolesOf : looked?.at
  return html`<h3>Account ${account}</h3>
<p>${at === undefined ? html`<strong>Not looked at.</strong>` : html`As of ${time(at, now)}.`}${
    looked?.failed && html` The last look failed: ${looked.failed.why.replaceAll('_', ' ')}.`
  }${looked?.more !== undefined && ` ${count(looked.more, 'further role')} not kept.`}${
    looked?.unread !== undefined && ` Of ${count(looked.unread, 'role')} a part of the trust policy is unknown.`
  }</p>
${at !== undefined && (unknown.length === 0 ? html`<p>None.</p>` : table(`Roles of ${account}`, unknown, roleColumns))}`
}

const platformWords: { readonly [platform in Role['platforms'][number]]: string } = {
  agentcore: 'Bedrock AgentCore',
  github: 'GitHub Actions',
  spire: 'SPIRE',
  issuer: 'an issuer of this deployment',
}
