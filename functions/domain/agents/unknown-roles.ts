// Rules: test/operations/agents/unknown-roles.test.ts
import * as z from 'zod'
import { Unseen } from '../people/host.ts'
import { type Issuer, nameOfIssuer } from '../people/identity-issuer.ts'
import type { Bundle } from '../policy/bundle.ts'
import { NumericDate } from '../values.ts'
import type { AgentFile } from './agent-file.ts'

/** The most roles of one account that are kept. */
export const mostRoles = 200

export const Platform = z.enum(['agentcore', 'github', 'spire', 'issuer'])
export type Platform = z.infer<typeof Platform>

const PlatformRole = z.strictObject({
  arn: z.string().min(1).max(2048),
  /** The platforms whose principal its trust policy names. */
  platforms: z.array(Platform).min(1),
})
export type PlatformRole = z.infer<typeof PlatformRole>

/** The roles of one account that trust an agent platform, at the last look. */
export const RolesLooked = z.strictObject({
  at: NumericDate,
  roles: z.array(PlatformRole),
  /** The number of further such roles. */
  more: z.int().positive().optional(),
  /** The number of roles with a trust policy that Hotwork could not read. */
  unread: z.int().positive().optional(),
  /** Set if the last look failed: the roles are older, from `rolesOf`. */
  failed: z.strictObject({ why: Unseen, rolesOf: NumericDate.optional() }).optional(),
})
export type RolesLooked = z.infer<typeof RolesLooked>

type Principal = { kind: string; name: string }

const hostOf = (address: string): string => address.replace(/^[a-z]+:\/\//, '').replace(/[/:].*$/, '')

/** The providers of a SPIFFE trust domain, by the hosts under which SPIRE serves its OpenID discovery. */
const spireHosts = (issuers: readonly Issuer[]): ReadonlySet<string> =>
  new Set(
    issuers.flatMap((issuer) =>
      issuer.kind === 'spiffe'
        ? [
            issuer.trustDomain,
            `oidc-discovery.${issuer.trustDomain}`,
            ...(issuer.bundleEndpoint === undefined ? [] : [hostOf(issuer.bundleEndpoint)]),
          ]
        : [],
    ),
  )

/** The agent platforms among the principals of a trust policy. */
export function platformsIn(principals: readonly Principal[], { issuers }: Pick<Bundle['deployment'], 'issuers'>) {
  const all = Object.values(issuers)
  const spire = spireHosts(all)
  const own = new Set(all.map((issuer) => nameOfIssuer(issuer).replace(/^[a-z]+:\/\/|\/$/g, '')))
  const found = principals.flatMap(({ kind, name }): Platform[] => {
    if (kind === 'Service') return name === 'bedrock-agentcore.amazonaws.com' ? ['agentcore'] : []
    const [, provider] = /^arn:[^:]*:iam::\d*:oidc-provider\/(.+)$/.exec(kind === 'Federated' ? name : '') ?? []
    if (provider === undefined) return []
    if (/^token\.actions\.githubusercontent\.com(?:\/|$)/.test(provider)) return ['github']
    if (spire.has(hostOf(provider))) return ['spire']
    return own.has(provider.replace(/\/$/, '')) ? ['issuer'] : []
  })
  return [...new Set(found)].sort()
}

/** The roles of agents that are not retired: their hosts, the roles that these reach, and roles that are identities. */
export function rolesOfAgents(
  { agents }: Pick<Bundle, 'agents'>,
  files: ReadonlyMap<string, AgentFile>,
): ReadonlySet<string> {
  return new Set(
    agents
      .filter(({ status }) => status !== 'retired')
      .flatMap(({ id, runsOn, identities }) => [
        ...('awsRole' in runsOn ? [runsOn.awsRole] : []),
        ...(files.get(id)?.looked?.roles ?? []).map(({ arn }) => arn),
        ...identities.flatMap(({ subject }) => subject ?? []),
      ]),
  )
}
