import type { JWK } from 'jose'
import { SpiffeBundle, type SpiffeIssuer, trustDomainOf } from '../../domain/people/identity-issuer.ts'
import { IssuerUnavailable } from '../../operations/faults.ts'
import type { FetchKeys, FoundKeys } from './cached-keys.ts'
import { fetchJson, patience } from './fetch-json.ts'
import { bearer, type IdentitySource, invalid } from './identity-source.ts'

/** The only header parameters of a JWT-SVID, and what it may say of its type (JWT-SVID section 2). */
const headerParameters = new Set(['alg', 'kid', 'typ'])
const types = new Set([undefined, 'JWT', 'JOSE'])

/** An SVID is for minutes. Older ones are refused even if their own end lies further off. */
const defaultMaxAge = 300

/** How soon a bundle is asked for again that does not say it. */
const defaultRefreshSeconds = 300

/**
 * A SPIFFE trust domain, by its workloads' JWT-SVIDs. They need no `iss`, no `iat` and no `jti`: the trust domain in
 * `sub` says whose keys to take, and those keys sign for no other.
 */
export function spiffeSource(issuer: SpiffeIssuer): IdentitySource {
  const { trustDomain, maxAge = defaultMaxAge } = issuer
  return {
    issuer: `spiffe://${trustDomain}`,
    claims: ({ sub }) => typeof sub === 'string' && trustDomainOf(sub) === trustDomain,
    // SPIRE writes a list, of one as well.
    isFor: (audience, { aud }) => (Array.isArray(aud) ? aud.length === 1 && aud[0] === audience : aud === audience),
    keysId: `${trustDomain} at ${issuer.bundleEndpoint ?? JSON.stringify(issuer.bundle)}`,
    fetchKeys: bundleOf(issuer),
    requiredClaims: [],
    maxAge,
    read: ({ header, payload }) => {
      if (!Object.keys(header).every((name) => headerParameters.has(name)))
        return invalid('a JWT-SVID has no header parameters but `alg`, `kid` and `typ`')
      if (!types.has(header.typ)) return invalid('the `typ` of a JWT-SVID is `JWT` or `JOSE`')
      return bearer(payload.sub)
    },
  }
}

function bundleOf({ trustDomain, bundle, bundleEndpoint }: SpiffeIssuer): FetchKeys {
  return async () => {
    if (bundle) return { ...keysIn(bundle, trustDomain), fixed: true }
    if (bundleEndpoint === undefined) throw new IssuerUnavailable(`trust domain \`${trustDomain}\` has no bundle`)
    return keysIn(await fetchJson(bundleEndpoint, SpiffeBundle, { signal: patience() }), trustDomain)
  }
}

/**
 * The keys for JWT-SVIDs. A bundle endpoint marks them `use: jwt-svid`, which jose does not know; the Workload API
 * leaves the use out. All others are for something else: X.509 authorities, or what a later version brings.
 */
function keysIn(bundle: SpiffeBundle, trustDomain: string): FoundKeys {
  const keys = bundle.keys
    .filter(({ use }) => use === undefined || use === 'jwt-svid')
    .map(({ use: _use, ...key }) => key as unknown as JWK)
  if (keys.length === 0) throw new IssuerUnavailable(`the bundle of \`${trustDomain}\` has no key for JWT-SVIDs`)
  const hint = bundle['spiffe_refresh_hint']
  return { keys, refreshSeconds: typeof hint === 'number' && hint > 0 ? hint : defaultRefreshSeconds }
}
