import {
  mostRoles,
  type PlatformRole,
  platformsIn,
  type RolesLooked,
  rolesOfAgents,
} from '../../domain/agents/unknown-roles.ts'
import type { Bundle } from '../../domain/policy/bundle.ts'
import { defined, type NumericDate } from '../../domain/values.ts'
import { faultName, HostUnseen } from '../faults.ts'
import type { Clock, Log } from '../ports.ts'
import type { AgentReader, RoleList } from './ports.ts'

export interface PlatformRoleStore {
  /** Leaves out accounts before their first look. The read is strong. */
  platformRoles(accounts: readonly string[]): Promise<ReadonlyMap<string, RolesLooked>>
  /** False if a newer one is stored. */
  savePlatformRoles(account: string, looked: RolesLooked): Promise<boolean>
}

/** The principals of a trust policy; undefined for an unsupported part. */
export type ReadPrincipals = (trust: string) => readonly ({ kind: string; name: string } | undefined)[]

export type RoleLookPorts = {
  platformRoles: PlatformRoleStore
  roleList: RoleList
  readPrincipals: ReadPrincipals
  policy: { readonly bundle: Bundle }
  clock: Clock
  log: Log
}

/**
 * Looks in each account for roles that trust an agent platform. A failed look keeps the earlier roles and adds its
 * reason. @returns the number of accounts
 */
export async function lookAtPlatformRoles(
  ports: RoleLookPorts,
  { until = Number.POSITIVE_INFINITY }: { until?: NumericDate } = {},
): Promise<number> {
  const { policy, clock, log } = ports
  const accounts = new Map(
    Object.values(policy.bundle.deployment.accounts).map((each) => [each.accountId, each] as const),
  )
  let looked = 0
  for (const [accountId, { partition }] of accounts) {
    if (clock.now() >= until) {
      log.warn('roles_not_seen', { account: accountId, why: 'too_slow' })
      break
    }
    if (await lookInAccount({ accountId, partition }, ports)) looked += 1
  }
  return looked
}

async function lookInAccount(account: { accountId: string; partition: string }, ports: RoleLookPorts) {
  const { platformRoles, roleList, clock, log } = ports
  const { accountId } = account
  const at = clock.now()
  try {
    const listed = await roleList.roles(account)
    return await platformRoles.savePlatformRoles(accountId, { at, ...foundIn(listed, ports) })
  } catch (fault) {
    if (!(fault instanceof HostUnseen)) throw fault
    const { why, cause } = fault
    log.warn('roles_not_seen', { account: accountId, why, fault: faultName(cause) })
    const before = (await platformRoles.platformRoles([accountId])).get(accountId)
    const rolesOf = before?.failed ? before.failed.rolesOf : before?.at
    const kept = before ?? { roles: [] }
    await platformRoles.savePlatformRoles(accountId, { ...kept, at, failed: { why, ...defined({ rolesOf }) } })
    return false
  }
}

function foundIn(
  listed: Awaited<ReturnType<RoleList['roles']>>,
  { readPrincipals, policy }: Pick<RoleLookPorts, 'readPrincipals' | 'policy'>,
): Omit<RolesLooked, 'at'> {
  let unread = 0
  const found: PlatformRole[] = []
  for (const { arn, trust } of listed) {
    const principals = readPrincipals(trust)
    const platforms = platformsIn(
      principals.flatMap((each) => each ?? []),
      policy.bundle.deployment,
    )
    if (principals.includes(undefined)) unread += 1
    if (platforms.length > 0) found.push({ arn, platforms })
  }
  const more = found.length - mostRoles
  return {
    roles: found.slice(0, mostRoles),
    ...(more > 0 ? { more } : {}),
    ...(unread > 0 ? { unread } : {}),
  }
}

export type RolesOfAccount = { account: string; looked?: RolesLooked; unknown: readonly PlatformRole[] }

/** By account, the roles that trust an agent platform and belong to no agent. */
export async function unknownRolesNow(ports: {
  policy: { readonly bundle: Bundle }
  platformRoles: PlatformRoleStore
  agents: Pick<AgentReader, 'files'>
}): Promise<readonly RolesOfAccount[]> {
  const { bundle } = ports.policy
  const accounts = [...new Set(Object.values(bundle.deployment.accounts).map(({ accountId }) => accountId))].sort()
  const [stored, files] = await Promise.all([
    ports.platformRoles.platformRoles(accounts),
    ports.agents.files(bundle.agents.map(({ id }) => id)),
  ])
  const known = rolesOfAgents(bundle, files)
  return accounts.map((account) => {
    const looked = stored.get(account)
    const unknown = (looked?.roles ?? []).filter(({ arn }) => !known.has(arn))
    return { account, ...defined({ looked }), unknown }
  })
}
