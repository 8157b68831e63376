// Rules: test/adapters/jose/identity-oidc.test.ts, test/adapters/jose/identity-spiffe.test.ts
import type { JWK, JWTHeaderParameters, JWTPayload } from 'jose'
import * as z from 'zod'
import {
  type AwsIssuer,
  accountOfRole,
  commonClaims,
  type GithubIssuer,
  type Issuer,
  maxAgeOf,
  type OidcIssuer,
  pinnableClaims,
  SpiffeBundle,
  type SpiffeIssuer,
  trustDomainOf,
} from '../../domain/people/identity-issuer.ts'
import { ok, type Result, refuse, type Seconds } from '../../domain/values.ts'
import { IssuerUnavailable } from '../../operations/faults.ts'
import type { Clock } from '../../operations/ports.ts'
import type { FetchKeys, FoundKeys } from './cached-keys.ts'
import { fetchJson, keysOf, patience } from './fetch-jwks.ts'

/** The rules of one kind of issuer, beyond those for all identity tokens (identity.ts). */
export type IdentitySource = {
  /** The issuer's name in the record: the `iss` of its tokens, if they have one. */
  readonly issuer: string
  /** Whether a token claims to come from this issuer. Its content is unverified. */
  owns(payload: JWTPayload): boolean
  isFor(audience: string, payload: JWTPayload): boolean
  /** Sources with the same keys have the same id, and share one cache. */
  readonly keysId: string
  readonly fetchKeys: FetchKeys
  readonly requiredClaims: readonly string[]
  readonly maxAge: Seconds | undefined
  /** The bearer of a verified token, with the claims that an identity may pin; or the token's refusal. */
  bearerOf(token: VerifiedToken): Result<Bearer, 'token_invalid'>
}

/** A token with a valid signature, issuer, audience and times. */
type VerifiedToken = { header: JWTHeaderParameters; payload: JWTPayload & { sub: string } }
type Bearer = { subject: string; claims: { readonly [name: string]: string } }

const bearer = (subject: string, claims: Bearer['claims'] = {}) => ok({ subject, claims })
const invalid = (detail: string) => refuse('token_invalid', detail)

/** The named members that are text: a claim of another type cannot be pinned. */
const textOf = (from: object, names: readonly string[]): Bearer['claims'] =>
  Object.fromEntries(
    Object.entries(from).filter(([name, value]): boolean => names.includes(name) && typeof value === 'string'),
  ) as Bearer['claims']

/** An identity token has one of these types, or none (RFC 9068, RFC 7519 section 5.1). */
const identityTypes = new Set(['jwt', 'jose', 'at+jwt', 'application/at+jwt'])

export function oidcSource(
  { issuer, jwksUri, ...kept }: Pick<Issuer, 'kind' | 'maxAge'> & Pick<OidcIssuer, 'issuer' | 'jwksUri'>,
  clock: Clock,
): IdentitySource {
  return {
    issuer,
    owns: ({ iss }) => iss === issuer,
    isFor: (audience, { aud }) => aud === audience,
    keysId: jwksUri ?? `discovered from ${issuer}`,
    fetchKeys: keysOf(jwksUri === undefined ? { issuer } : { issuer, jwksUri }, clock),
    requiredClaims: ['iss', 'iat'],
    maxAge: maxAgeOf(kept),
    bearerOf: ({ header: { typ }, payload }: VerifiedToken) => {
      if (typ !== undefined && !identityTypes.has(typ.toLowerCase()))
        return invalid("its `typ` is not an identity token's")
      const own = Object.keys(payload).filter((name) => !commonClaims.includes(name))
      return bearer(payload.sub, textOf(payload, own))
    },
  }
}

/** The same source with further rules for tokens. */
const readFurther = (
  source: IdentitySource,
  bearerOf: (token: VerifiedToken, found: Bearer) => Result<Bearer, 'token_invalid'>,
): IdentitySource => ({
  ...source,
  bearerOf: (token) => {
    const found = source.bearerOf(token)
    return found.ok ? bearerOf(token, found.value) : found
  },
})

const stsClaims = 'https://sts.amazonaws.com/'

const Sts = z.looseObject({ aws_account: z.string(), subject_mode: z.string().optional() })

/**
 * AWS outbound identity federation (`sts:GetWebIdentityToken`). The subject is an IAM role of the issuer's one account. A
 * token may also speak for the origin of a role session: another identity, refused unless the deployment expects it.
 */
export const awsSource = (issuer: AwsIssuer, clock: Clock): IdentitySource =>
  readFurther(oidcSource(issuer, clock), (token, { subject }) => {
    const sts = Sts.safeParse(token.payload[stsClaims])
    if (!sts.success) return invalid(`it must have \`aws_account\` under \`${stsClaims}\``)
    if (sts.data.aws_account !== issuer.accountId) return invalid('`aws_account` is not the account of its issuer')
    const forOrigin = [sts.data.subject_mode, token.payload['subject_mode']].includes('OriginIdentity')
    if (forOrigin && !issuer.originIdentity) return invalid('`subject_mode` must not be `OriginIdentity`')
    const account = accountOfRole(subject)
    // The origin may be a role too, which must not pass for a token of that role itself.
    if (forOrigin ? account !== undefined : account !== issuer.accountId)
      return invalid('`sub` must be the ARN of an IAM role of that account')
    return bearer(subject, textOf(sts.data, pinnableClaims.aws ?? []))
  })

/**
 * GitHub Actions. The runner is identified by ids, since names change hands. A run started by a pull request has no
 * identity, since any account may open one.
 */
export const githubSource = (issuer: GithubIssuer, clock: Clock): IdentitySource =>
  readFurther(oidcSource(issuer, clock), (token, { subject }) => {
    const claims = textOf(token.payload, pinnableClaims.github ?? [])
    const { repository_id: repository, repository_owner_id: owner, event_name: event } = claims
    if (!repository || !owner || !event)
      return invalid('it must have `repository_id`, `repository_owner_id` and `event_name`')
    if (event.startsWith('pull_request')) return invalid('a run that a pull request started has no identity here')
    return bearer(subject, claims)
  })

/** The only header parameters of a JWT-SVID, and its types (JWT-SVID section 2). */
const headerParameters = new Set(['alg', 'kid', 'typ'])
const types = new Set([undefined, 'JWT', 'JOSE'])

const defaultRefreshSeconds = 300

/**
 * A SPIFFE trust domain, by its workloads' JWT-SVIDs. They need no `iss`, `iat` or `jti`: the trust domain in `sub`
 * selects the keys, which sign only for that domain.
 */
export function spiffeSource(issuer: SpiffeIssuer): IdentitySource {
  const { trustDomain } = issuer
  return {
    issuer: `spiffe://${trustDomain}`,
    owns: ({ sub }) => typeof sub === 'string' && trustDomainOf(sub) === trustDomain,
    // SPIRE writes a list also for a single audience.
    isFor: (audience, { aud }) => (Array.isArray(aud) ? aud.length === 1 && aud[0] === audience : aud === audience),
    keysId: `${trustDomain} at ${issuer.bundleEndpoint ?? JSON.stringify(issuer.bundle)}`,
    fetchKeys: bundleOf(issuer),
    requiredClaims: [],
    maxAge: maxAgeOf(issuer),
    bearerOf: ({ header, payload }) => {
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

/** A bundle endpoint marks JWT-SVID keys `use: jwt-svid`, which jose does not know; the Workload API omits the use. */
function keysIn(bundle: SpiffeBundle, trustDomain: string): FoundKeys {
  const keys = bundle.keys
    .filter(({ use }) => use === undefined || use === 'jwt-svid')
    .map(({ use: _use, ...key }) => key as unknown as JWK)
  if (keys.length === 0) throw new IssuerUnavailable(`the bundle of \`${trustDomain}\` has no key for JWT-SVIDs`)
  const hint = bundle['spiffe_refresh_hint']
  return { keys, refreshSeconds: typeof hint === 'number' && hint > 0 ? hint : defaultRefreshSeconds }
}
