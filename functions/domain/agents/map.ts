// Rules: test/domain/agents/map.test.ts
import { inert } from '../inert.ts'

/** The rows of the map of agents: owner, host, roles, secrets and grants. */

export const folds = ['none', 'owner', 'host'] as const
export type Fold = (typeof folds)[number]

/** An agent as the API answers about it (domain/cards/wire/agent-map.ts). */
export type MapAgent = {
  readonly id: string
  readonly owner: string
  readonly backup_owner?: string | undefined
  readonly autonomy: string
  readonly status: string
  readonly runs_on: { readonly [kind: string]: unknown }
  readonly looked_at?: string | undefined
  readonly roles: readonly { readonly arn: string; readonly via: string }[]
  readonly secrets: readonly { readonly kind: string; readonly name: string; readonly role: string }[]
  readonly unknown: readonly string[]
  readonly grants: readonly {
    readonly request: string
    readonly action: string
    readonly resource?: { readonly id: string } | undefined
    readonly until: string
  }[]
  readonly more: { readonly [of in 'roles' | 'secrets' | 'grants' | 'roles_not_looked_at']: number }
}

export type MapCell = { text: string; soft?: true; alarm?: true }

/** `opens`: the filter that unfolds the row. */
export type MapRow = {
  owner: string
  agents: readonly MapCell[]
  host: readonly MapCell[]
  roles: readonly MapCell[]
  secrets: readonly MapCell[]
  grants: readonly MapCell[]
  opens?: { owner: string } | { host: string }
  request?: string
}

/** The most rows that are shown unfolded by default. */
export const mostUnfolded = 30

export const foldOf = (agents: readonly MapAgent[], wanted: Fold | undefined): Fold =>
  wanted ?? (agents.length > mostUnfolded ? 'owner' : 'none')

const shown = 4

export function rowsOf(agents: readonly MapAgent[], fold: Fold): readonly MapRow[] {
  const sharing = Map.groupBy(agents, (agent) => hostOf(agent).name)
  const sorted = agents.toSorted((a, b) => compare(a.owner, b.owner) || compare(a.id, b.id))
  if (fold === 'none') return sorted.map((agent) => rowOf(agent, sharing.get(hostOf(agent).name)?.length ?? 1))
  const groups = Map.groupBy(sorted, (agent) => (fold === 'owner' ? agent.owner : hostOf(agent).name))
  return [...groups].map(([name, all]) => foldedRow(name, all, fold))
}

const compare = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0)

const hostOf = ({ runs_on }: MapAgent): { kind: string; name: string } => {
  const [kind = 'other', name = 'not said'] = Object.entries(runs_on)[0] ?? []
  return { kind, name: String(name) }
}

/** An ARN without its partition and service: account and name. */
export const shortName = (name: string): string =>
  inert(name)
    .replace(/^arn:[^:]*:iam::(\d+):role\//, '$1 ')
    .replace(/^arn:[^:]*:[^:]*:[^:]*:(\d*):/, '$1 ')

const soft = (text: string): MapCell => ({ text, soft: true })
const ways: { readonly [via: string]: string } = {
  host: ' (the host)',
  trust: ' (trusts it)',
  association: ' (bound to it)',
  assume: '',
  outside: ' (perhaps, from outside)',
}

function rowOf(agent: MapAgent, sharing: number): MapRow {
  const { kind, name } = hostOf(agent)
  const { more } = agent
  const isKnown = agent.looked_at !== undefined
  const listed = (cells: readonly MapCell[], hidden: number): readonly MapCell[] => {
    const left = Math.max(0, cells.length - shown) + hidden
    return [...cells.slice(0, shown), ...(left > 0 ? [soft(`and ${left} more`)] : [])]
  }
  const orUnknown = (cells: readonly MapCell[]): readonly MapCell[] =>
    cells.length > 0 ? cells : [soft(isKnown ? 'none' : 'unknown')]
  const roles = agent.roles.map(({ arn, via }) => ({ text: `${shortName(arn)}${ways[via] ?? ` (${via})`}` }))
  const unseen = more.roles_not_looked_at > 0 ? [soft(`${more.roles_not_looked_at} roles not looked at`)] : []
  const grants = agent.grants.map(({ action, resource }) => ({
    text: `${action}${resource === undefined ? '' : ` on ${shortName(resource.id)}`}`,
  }))
  return {
    owner: agent.owner,
    agents: [
      { text: agent.id },
      agent.status === 'active' ? soft(agent.autonomy) : { text: agent.status, alarm: true },
      ...(agent.backup_owner === undefined ? [] : [soft(`backup ${agent.backup_owner}`)]),
    ],
    host: [
      { text: shortName(name) },
      soft(kind),
      ...(sharing > 1 ? [{ text: `shared by ${sharing} agents`, alarm: true as const }] : []),
      ...(agent.unknown.length > 0 ? [soft('in part unknown')] : []),
    ],
    roles: [...listed(orUnknown(roles), more.roles), ...unseen],
    secrets: listed(
      orUnknown(agent.secrets.map(({ kind: of, name: secret }) => ({ text: `${of} ${inert(secret)}` }))),
      more.secrets,
    ),
    grants: grants.length === 0 ? [soft('nothing')] : listed(grants, more.grants),
  }
}

const distinct = (all: readonly string[]): number => new Set(all).size
const count = (number: number, one: string, many = `${one}s`): string => `${number} ${number === 1 ? one : many}`

function foldedRow(name: string, all: readonly MapAgent[], fold: 'owner' | 'host'): MapRow {
  const owners = [...new Set(all.map(({ owner }) => owner))]
  const hosts = [...new Set(all.map((each) => hostOf(each).name))]
  const lost = all.filter(({ status }) => status !== 'active').length
  const blind = all.filter(({ looked_at, unknown }) => looked_at === undefined || unknown.length > 0).length
  const sum = (of: 'roles' | 'secrets' | 'grants') =>
    distinct(all.flatMap((each) => namesOf(each)[of])) + all.reduce((total, { more }) => total + more[of], 0)
  const unseen = all.reduce((total, { more }) => total + more.roles_not_looked_at, 0)
  return {
    owner: fold === 'owner' ? name : owners.length === 1 ? (owners[0] ?? '') : count(owners.length, 'owner'),
    agents: [
      { text: count(all.length, 'agent') },
      soft(
        `${all
          .slice(0, 3)
          .map(({ id }) => id.replace(/^agent:/, ''))
          .join(', ')}${all.length > 3 ? ', …' : ''}`,
      ),
      ...(lost > 0 ? [{ text: `${lost} may do nothing`, alarm: true as const }] : []),
    ],
    host: [
      fold === 'host' ? { text: shortName(name) } : { text: count(hosts.length, 'host') },
      ...(blind > 0 ? [soft(`in part unknown for ${blind}`)] : []),
    ],
    roles: [
      { text: count(sum('roles'), 'role') },
      ...(unseen > 0 ? [soft(`${count(unseen, 'role')} not looked at`)] : []),
    ],
    secrets: [{ text: count(sum('secrets'), 'secret or parameter', 'secrets and parameters') }],
    grants: [{ text: count(sum('grants'), 'live grant') }],
    opens: fold === 'owner' ? { owner: name } : { host: name },
  }
}

const namesOf = ({ roles, secrets, grants }: MapAgent) => ({
  roles: roles.map(({ arn }) => arn),
  secrets: secrets.map(({ kind, name }) => `${kind} ${name}`),
  grants: grants.map(({ request, action }) => `${request} ${action}`),
})
