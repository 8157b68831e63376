// Rules: test/policies/identities.test.ts
import * as z from 'zod'

/** HTTPS, or HTTP on loopback. */
export const SecureUrl = z
  .url()
  .regex(/^(https:\/\/|http:\/\/(127\.0\.0\.1|localhost|\[::1\])(:\d+)?(\/|$))/, 'use https; http only on loopback')

const IssuerUrl = SecureUrl.regex(/^[^?#]+$/, 'an issuer has no query and no fragment')

/** `{issuer}` stands for Hotwork's own issuer. */
const audience = z.string().min(1)
/**
 * The age in seconds at which a token is refused, even if its `exp` is later: one hour unless the deployment file has
 * another number.
 */
const maxAge = z.int().min(30).max(86_400).optional()

/**
 * The subjects that may be workloads of the organisation, `*` for any characters: unknown callers are listed by name
 * only if a pattern admits them (docs/identity.md).
 */
const expected = z.array(z.string().min(1).max(512)).min(1).max(50).optional()

const discovered = { issuer: IssuerUrl, jwksUri: SecureUrl.optional(), audience, maxAge, expected }

export const OidcIssuer = z.strictObject({
  kind: z.literal('oidc').optional(),
  ...discovered,
  algorithms: z.array(z.enum(['ES256', 'ES384', 'RS256', 'PS256', 'EdDSA'])).min(1),
})
export type OidcIssuer = z.infer<typeof OidcIssuer>

/** SPIFFE-ID section 2.1. */
const TrustDomain = z.string().regex(/^[a-z0-9._-]{1,255}$/)

/** SPIFFE Trust Domain and Bundle, section 4. */
export const SpiffeBundle = z.looseObject({
  keys: z.array(z.looseObject({ kty: z.string(), use: z.string().optional(), kid: z.string().optional() })).min(1),
})
export type SpiffeBundle = z.infer<typeof SpiffeBundle>

const spiffe = {
  kind: z.literal('spiffe'),
  trustDomain: TrustDomain,
  /** The endpoint, under the profile `https_web`. */
  bundleEndpoint: SecureUrl.optional(),
  /** Inline keys, whose rotation needs a new deployment. */
  bundle: SpiffeBundle.optional(),
  audience,
  /** The maximum age of an SVID in seconds: five minutes unless the deployment file has another number. */
  maxAge: z.int().min(30).max(3600).optional(),
  expected,
  algorithms: z.array(z.enum(['RS256', 'RS384', 'RS512', 'ES256', 'ES384', 'ES512', 'PS256', 'PS384', 'PS512'])).min(1),
}
/** An issuer of JWT-SVIDs. */
export const SpiffeIssuer = z.strictObject(spiffe)
export type SpiffeIssuer = z.infer<typeof SpiffeIssuer>

/** The same in a deployment file, which may name a file with the bundle. */
const SpiffeIssuerFile = z.strictObject({ ...spiffe, bundleFile: z.string().min(1).optional() })

export const GithubIssuer = z.strictObject({
  kind: z.literal('github'),
  ...discovered,
  algorithms: z.array(z.literal('RS256')).min(1),
})
export type GithubIssuer = z.infer<typeof GithubIssuer>

/** One AWS account's outbound identity federation: `issuer` is the answer of `EnableOutboundWebIdentityFederation`. */
export const AwsIssuer = z.strictObject({
  kind: z.literal('aws'),
  ...discovered,
  algorithms: z.array(z.enum(['RS256', 'ES384'])).min(1),
  accountId: z.string().regex(/^\d{12}$/),
  /** Whether tokens may name the origin of a role session (`subject_mode` `OriginIdentity`). */
  originIdentity: z.boolean().optional(),
})
export type AwsIssuer = z.infer<typeof AwsIssuer>

export const Issuer = z.discriminatedUnion('kind', [OidcIssuer, SpiffeIssuer, GithubIssuer, AwsIssuer])
export type Issuer = z.infer<typeof Issuer>

/** The default maximum ages in seconds. SVIDs live for minutes. */
const usualMaxAges = { oidc: 3600, spiffe: 300, github: 3600, aws: 3600 }
/** The maximum age of its tokens. */
export const maxAgeOf = (each: Pick<Issuer, 'kind' | 'maxAge'>): number => each.maxAge ?? usualMaxAges[kindOf(each)]

/** The issuer's name in records: the `iss` of its tokens, if they have one. */
export const nameOfIssuer = (each: Issuer): string => ('issuer' in each ? each.issuer : `spiffe://${each.trustDomain}`)
export const IssuerFile = z.discriminatedUnion('kind', [OidcIssuer, SpiffeIssuerFile, GithubIssuer, AwsIssuer])
export type IssuerFile = z.infer<typeof IssuerFile>

type IssuerKind = 'oidc' | 'spiffe' | 'github' | 'aws'
export const kindOf = ({ kind = 'oidc' }: Pick<Issuer, 'kind'>): IssuerKind => kind

/** GitHub identities are pinned to ids: names of owners and repositories can change hands. */
export const githubPins = ['repository_id', 'repository_owner_id', 'job_workflow_ref', 'environment'] as const

/** The claims that an identity may pin. `undefined`: any except the standard ones. */
export const pinnableClaims: { readonly [kind in IssuerKind]: readonly string[] | undefined } = {
  oidc: undefined,
  // None, since a SPIFFE ID is the whole identity.
  spiffe: [],
  github: [
    ...githubPins,
    'actor_id',
    'event_name',
    'ref',
    'ref_protected',
    'ref_type',
    'repository_visibility',
    'runner_environment',
    'workflow_ref',
  ],
  // Without `request_tags`, which the caller sets, so that they prove nothing.
  aws: ['aws_account', 'lambda_source_function_arn', 'org_id', 'ou_path', 'source_region'],
}

export const commonClaims = ['iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti', 'acr', 'amr', 'auth_time', 'nonce']

const spiffeId = /^spiffe:\/\/([a-z0-9._-]{1,255})((?:\/[A-Za-z0-9._-]+)+)$/

/** SPIFFE-ID section 2. */
export function trustDomainOf(id: string): string | undefined {
  const [, trustDomain, path] = (id.length <= 2048 && spiffeId.exec(id)) || []
  return path?.split('/').some((segment) => segment === '.' || segment === '..') ? undefined : trustDomain
}

export const accountOfRole = (arn: string): string | undefined =>
  /^arn:aws(?:-[a-z]+)*:iam::(\d{12}):role\/[\x21-\x7e]{1,576}$/.exec(arn)?.[1]
