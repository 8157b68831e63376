import { hostOf, probedHost } from '../people/host-kinds.ts'
import type { Agent } from '../people/organisation.ts'
import { type Account, accountIdOf } from '../policy/bundle.ts'
import type { NumericDate } from '../values.ts'
import type { Looked } from './agent-file.ts'

/** An account and a Region from which events arrive, such as `111122223333 us-east-1`. */
export type Place = string

/** A change at AWS by CloudTrail: it only says where to look again. */
export type HostChange = {
  account: string
  region: string
  at: NumericDate
  /** Absent for a call that Hotwork's own look made: it proves that events arrive. */
  of?: Changed
}
/** `role`: the rights of one role, or its end. `roles`: a role that may admit new callers. `policies`: of any role. */
export type Changed = { kind: 'role'; name: string } | { kind: 'roles' | 'policies' } | Association
/**
 * The role of a cluster's service account, or of a schedule, function, service, state machine or project. Without a name
 * it may be any.
 */
type Association = { kind: 'host'; service: string; names: readonly string[] }

type Host = Pick<Agent, 'runsOn'>

/**
 * Whether the change may affect the rights of an agent's host. A new role or trust policy concerns all agents, since it
 * may admit any host.
 */
export function concerns({ account, of }: HostChange, { runsOn }: Host, looked: Looked | undefined): boolean {
  const host = probedHost(runsOn)
  if (!host || !of) return false
  switch (of.kind) {
    case 'roles':
      return true
    case 'role':
    case 'policies': {
      const roles = rolesOf(host, looked)
      if (!roles) return true
      const ending = of.kind === 'role' ? `/${of.name}` : ''
      return roles.some((arn) => arn.endsWith(ending) && accountIdOf(arn) === account)
    }
    case 'host':
      return isOf(host, account, of)
  }
}

/** Whether the last look failed, and a retry may succeed. */
export const failsForNow = ({ failed }: Looked): boolean =>
  failed !== undefined && failed.why !== 'no_such_role' && failed.why !== 'not_permitted'

/** The roles that the last look found; undefined unless it found all. A missing host reaches none. */
function rolesOf({ where }: { where: string }, looked: Looked | undefined): readonly string[] | undefined {
  if (!looked || looked.role !== where || failsForNow(looked)) return undefined
  if (looked.failed) return []
  return looked.unseen || looked.partial ? undefined : looked.roles?.map(({ arn }) => arn)
}

function isOf(host: { kind: string; where: string }, account: string, { service, names }: Association): boolean {
  const isAmong = (own: readonly string[]) => names.length === 0 || own.some((name) => names.includes(name))
  if (host.kind === 'kubernetesServiceAccount') return service === 'eks' && isAmong([host.where.split('/')[0] ?? ''])
  if (host.kind !== 'scheduler' || accountIdOf(host.where) !== account) return false
  const [, , own, , , ...rest] = host.where.split(':')
  // A schedule's target has a role of its own, whose name is not stored.
  if (own === 'scheduler') return service !== 'eks'
  const [, ...named] = rest.join(':').split(/[:/]/)
  return service === own && isAmong(named)
}

/** Seconds without an event after which a place counts as silent: each daily look makes one. */
const heardFor = 2 * 86_400

/** The Region to which IAM reports, by partition. */
export const iamRegions: { readonly [partition in Account['partition']]: string } = {
  aws: 'us-east-1',
  'aws-cn': 'cn-north-1',
  'aws-us-gov': 'us-gov-west-1',
}

export const placeOf = ({ account, region }: Pick<HostChange, 'account' | 'region'>): Place => `${account} ${region}`

/** The places that send events about this host: IAM of each account, and the Region of an association. */
export function placesOf({ runsOn }: Host, accounts: readonly Account[]): readonly Place[] {
  const [kind, where] = hostOf(runsOn)
  const [, , , region = '', account = ''] = where.split(':')
  return [
    ...new Set([
      ...accounts.map(({ accountId, partition }) => `${accountId} ${iamRegions[partition]}`),
      ...(kind === 'kubernetesServiceAccount'
        ? accounts.map(({ accountId, region: own }) => `${accountId} ${own}`)
        : []),
      ...(kind === 'scheduler' ? [`${account} ${region}`] : []),
    ]),
  ]
}

/** The places without an event for two days. */
export const silentOf = (places: readonly Place[], heard: ReadonlyMap<Place, NumericDate>, now: NumericDate) =>
  places.filter((place) => now - (heard.get(place) ?? 0) >= heardFor)
