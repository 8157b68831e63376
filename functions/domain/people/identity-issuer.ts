import * as z from 'zod'

/**
 * Whose word we take for who somebody is, one kind for each way that a workload proves itself. An issuer is on the
 * deployment's allow-list under an alias; what its identities are pinned to is in the policy folder (organisation.ts).
 */

/** An address that nobody on the way can answer for: https, or http that never leaves this machine. */
export const SecureUrl = z
  .url()
  .regex(/^(https:\/\/|http:\/\/(127\.0\.0\.1|localhost|\[::1\])(:\d+)?(\/|$))/, 'use https; http only on loopback')

/** The address as tokens write it in `iss`, to the letter. */
const IssuerUrl = SecureUrl.regex(/^[^?#]+$/, 'an issuer has no query and no fragment')

/** `{issuer}` stands for Hotwork's own issuer, known only when deployed. */
const audience = z.string().min(1)
/** A token may be no older than this many seconds, whatever its own end says. */
const maxAge = z.int().min(30).max(3600).optional()

/** Keys are found by OpenID Connect Discovery unless `jwksUri` says where they are. */
const discovered = { issuer: IssuerUrl, jwksUri: SecureUrl.optional(), audience, maxAge }

/** Any OpenID Connect issuer: the kind of an issuer that does not say its kind. */
export const OidcIssuer = z.strictObject({
  kind: z.literal('oidc').optional(),
  ...discovered,
  algorithms: z.array(z.enum(['ES256', 'ES384', 'RS256', 'PS256', 'EdDSA'])).min(1),
})
export type OidcIssuer = z.infer<typeof OidcIssuer>

/** A trust domain's name (SPIFFE-ID section 2.1). */
export const TrustDomain = z.string().regex(/^[a-z0-9._-]{1,255}$/)

/** A trust domain's keys, as its SPIFFE bundle says them (SPIFFE Trust Domain and Bundle, section 4). */
export const SpiffeBundle = z.looseObject({
  keys: z.array(z.looseObject({ kty: z.string(), use: z.string().optional(), kid: z.string().optional() })).min(1),
})
export type SpiffeBundle = z.infer<typeof SpiffeBundle>

const spiffe = {
  kind: z.literal('spiffe'),
  trustDomain: TrustDomain,
  /** Where the trust domain publishes its bundle, by the profile `https_web`. */
  bundleEndpoint: SecureUrl.optional(),
  /** Or the bundle itself. Then a rotation of its keys needs a new deployment. */
  bundle: SpiffeBundle.optional(),
  audience,
  maxAge,
  algorithms: z.array(z.enum(['RS256', 'RS384', 'RS512', 'ES256', 'ES384', 'ES512', 'PS256', 'PS384', 'PS512'])).min(1),
}
/** A SPIFFE trust domain, whose workloads come with JWT-SVIDs. */
export const SpiffeIssuer = z.strictObject(spiffe)
export type SpiffeIssuer = z.infer<typeof SpiffeIssuer>

/** The same in a deployment file, which may name the bundle's file instead. */
export const SpiffeIssuerFile = z.strictObject({ ...spiffe, bundleFile: z.string().min(1).optional() })

/** GitHub Actions, of github.com (`https://token.actions.githubusercontent.com`) or of an enterprise's own server. */
export const GithubIssuer = z.strictObject({
  kind: z.literal('github'),
  ...discovered,
  algorithms: z.array(z.literal('RS256')).min(1),
})
export type GithubIssuer = z.infer<typeof GithubIssuer>

/** One AWS account's outbound identity federation: `issuer` is what `EnableOutboundWebIdentityFederation` answered. */
export const AwsIssuer = z.strictObject({
  kind: z.literal('aws'),
  ...discovered,
  algorithms: z.array(z.enum(['RS256', 'ES384'])).min(1),
  accountId: z.string().regex(/^\d{12}$/),
  /** Whether tokens may speak for where a role session came from (`subject_mode` `OriginIdentity`), and not for the role. */
  originIdentity: z.boolean().optional(),
})
export type AwsIssuer = z.infer<typeof AwsIssuer>

export const Issuer = z.discriminatedUnion('kind', [OidcIssuer, SpiffeIssuer, GithubIssuer, AwsIssuer])
export type Issuer = z.infer<typeof Issuer>
export const IssuerFile = z.discriminatedUnion('kind', [OidcIssuer, SpiffeIssuerFile, GithubIssuer, AwsIssuer])
export type IssuerFile = z.infer<typeof IssuerFile>

export type IssuerKind = 'oidc' | 'spiffe' | 'github' | 'aws'
export const kindOf = ({ kind = 'oidc' }: Pick<Issuer, 'kind'>): IssuerKind => kind

/**
 * What an identity at GitHub must be pinned to. Names of owners and repositories can be given up and taken by others,
 * and `sub` is written in two ways: these ids are the same in both.
 */
export const githubPins = ['repository_id', 'repository_owner_id', 'job_workflow_ref', 'environment'] as const

/** The claims of each kind that an identity may be pinned to. `undefined`: any but those that every token has. */
export const pinnableClaims: { readonly [kind in IssuerKind]: readonly string[] | undefined } = {
  oidc: undefined,
  // A SPIFFE ID is the whole identity.
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
  // Of STS's own object. `request_tags` are whatever the caller says, and prove nothing.
  aws: ['aws_account', 'lambda_source_function_arn', 'org_id', 'ou_path', 'source_region'],
}

/** Claims that are checked in their own way, and say nothing of who it is. */
export const commonClaims = ['iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti', 'acr', 'amr', 'auth_time', 'nonce']

const spiffeId = /^spiffe:\/\/([a-z0-9._-]{1,255})((?:\/[A-Za-z0-9._-]+)+)$/

/** The trust domain of a workload's SPIFFE ID (SPIFFE-ID section 2), or undefined if it is none. */
export function trustDomainOf(id: string): string | undefined {
  const [, trustDomain, path] = (id.length <= 2048 && spiffeId.exec(id)) || []
  return path?.split('/').some((segment) => segment === '.' || segment === '..') ? undefined : trustDomain
}

/** The account of an IAM role's ARN, or undefined if it is none. */
export const accountOfRole = (arn: string): string | undefined =>
  /^arn:aws(?:-[a-z]+)*:iam::(\d{12}):role\/[\x21-\x7e]{1,576}$/.exec(arn)?.[1]
