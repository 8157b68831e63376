// Rules: test/client/standard-clients.test.ts, test/http/transparency.test.ts, test/http/manifest.test.ts
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as z from 'zod'
import { type Call, endpoint } from '../../adapters/http/endpoint.ts'
import { inGzip } from '../../adapters/http/gzip.ts'
import { deferredGrant, tokenExchange } from '../../adapters/http/oauth.ts'
import { type Answer, apiProblem, problemTypeOf } from '../../adapters/http/problem.ts'
import { loginIssuerOf } from '../../adapters/jose/login-checks.ts'
import { KmsKeySet } from '../../adapters/kms/kms-key-set.ts'
import { messagePage, pageHeaders, problemTypePage } from '../../adapters/pages/layout.ts'
import { type IconName, iconAnswer, iconNames, manifestAnswer } from '../../adapters/pages/manifest.ts'
import { PowertoolsLog } from '../../adapters/powertools/log.ts'
import { SystemClock } from '../../adapters/system/system.ts'
import { type BreakGlassPolicy, type OpeningRules, openingRulesOf } from '../../domain/break-glass/break-glass.ts'
import { pushDelivery } from '../../domain/events/stream.ts'
import { nameOfIssuer } from '../../domain/people/identity-issuer.ts'
import type { Bundle } from '../../domain/policy/bundle.ts'
import type { BodyPart } from '../../domain/record/ask-term.ts'
import { bodyShape } from '../../domain/record/ask-terms.ts'
import { defined, type Json } from '../../domain/values.ts'
import type { KeySet } from '../../operations/credentials/ports.ts'
import { aliasedKinds, kinds } from '../../targets/kinds.ts'
import { byRoute, type DoorPorts } from '../doors.ts'
import type { Wiring } from '../environment.ts'
import { factsOnly } from '../wiring/ports.ts'

/** Public documents, by route. RFC 9728 section 3.1 defines the place of a resource's path. */
export function createHandler(
  ports: DoorPorts & {
    keys: KeySet
    notary: KeySet
    clusterKeys?: KeySet | undefined
    openApi: () => object
    icon: (name: IconName) => Uint8Array
  },
) {
  const { issuer, policy, keys, notary, clusterKeys, openApi, icon } = ports
  let described: object | undefined
  const { authzen, authorizationServer, openId, api, targets, signals } = publishedMetadata(policy.bundle, issuer)
  const shown = (status: number, body: string): Answer => ({ status, headers: pageHeaders(issuer), body })
  const routes: { [route: string]: (call: Call) => Promise<Answer> } = {
    'GET /.well-known/authzen-configuration': async () => published(authzen),
    'GET /.well-known/oauth-authorization-server': async () => published(authorizationServer),
    'GET /.well-known/oauth-protected-resource': async () => published(api),
    ...Object.fromEntries(
      Object.entries(targets).map(([id, document]) => [
        `GET /.well-known/oauth-protected-resource/${id}`,
        async () => published(document),
      ]),
    ),
    'GET /.well-known/ssf-configuration': async () => published(signals),
    'GET /.well-known/jwks.json': async () => {
      const [tokens, log] = await Promise.all([keys.jwks(), notary.jwks()])
      return published({ keys: [...tokens.keys, ...log.keys.map((key) => ({ ...key, hotwork_use: 'notary' }))] })
    },
    'GET /.well-known/openid-configuration': async () => published(openId),
    // Without the keys of the log, whose signatures are no tokens.
    'GET /.well-known/openid-jwks.json': async () => {
      const [own, rsa] = await Promise.all([keys.jwks(), clusterKeys?.jwks()])
      return published({ keys: [...own.keys, ...(rsa?.keys ?? [])] })
    },
    'GET /.well-known/openapi.json': async (call) => {
      described ??= { ...openApi(), servers: [{ url: issuer }] }
      const { headers, ...answer } = inGzip(call, described)
      return { ...answer, headers: { ...publicly, vary: 'accept-encoding', ...headers } }
    },
    'GET /schemas/access-request.json': async () => {
      const { headers, ...answer } = published(requestSchema(issuer))
      return { ...answer, headers: { ...headers, 'content-type': 'application/schema+json' } }
    },
    'GET /manifest.webmanifest': async () => manifestAnswer(),
    'GET /icons/{name}': async (call) => {
      const name = iconNames.find((each) => each === call.path('name'))
      if (!name) throw nothing
      return iconAnswer(name, icon(name))
    },
    // A browser is never redirected (RFC 6749 section 4.1.2.1), because no client has registered an address.
    'GET /authorize': async () =>
      shown(
        400,
        messagePage({
          title: 'No application is let in here by a login',
          text: 'An agent exchanges its workload token for an access token, once what it asked for is approved. Nothing is left to do in this window.',
        }),
      ),
    'GET /problems/{code}': async (call) => {
      const code = call.path('code')
      const type = problemTypeOf(code)
      if (!type) throw nothing
      const answer = shown(200, problemTypePage(code, type))
      return { ...answer, headers: { ...answer.headers, 'cache-control': 'public, max-age=300' } }
    },
  }
  return endpoint(
    ports,
    byRoute(routes, () => nothing),
  )
}

/** Public, and keys are published well before they sign: caches may keep it a few minutes. */
const publicly = { 'cache-control': 'public, max-age=300' }
const published = (body: unknown): Answer => ({ status: 200, headers: publicly, body })

/** API Gateway's own answer would have no type, no reason and no `X-Request-ID` of the caller. */
const nothing = apiProblem(404, 'not_found')

type Document = { readonly [member: string]: Json }

/** The kinds of targets with doors of their own, `/{kind}/credentials` and `/{kind}/calls`. */
const targetKinds = aliasedKinds.map((id) => kinds[id])

const authorization_details_types_supported = ['hotwork_action']
const dpop_signing_alg_values_supported = ['ES256']

/** The public facts of a deployment, under their standard's own names. It lists only endpoints that exist. */
function publishedMetadata(bundle: Pick<Bundle, 'deployment'> & OpeningRules, issuer: string) {
  const own = `${issuer}/ns/hotwork`
  const issuers = issuersByAudience(bundle, issuer)
  const login = commandLineLogin(bundle, issuer)
  // The workload token may be the assertion (RFC 7523 section 3). Its own issuer signed it, with one of these
  // algorithms.
  const algorithms = [...new Set(Object.values(bundle.deployment.issuers).flatMap((each) => each.algorithms))].sort()

  return {
    // AuthZEN Authorization API 1.0 section 9, and ARAP's additions. The first member is the exact base URL.
    authzen: {
      policy_decision_point: issuer,
      access_evaluation_endpoint: `${issuer}/access/v1/evaluation`,
      access_evaluations_endpoint: `${issuer}/access/v1/evaluations`,
      search_action_endpoint: `${issuer}/access/v1/search/action`,
      access_request_endpoint: `${issuer}/access/v1/requests`,
      jwks_uri: `${issuer}/.well-known/jwks.json`,
      capabilities: ['urn:openid:authzen:capability:access-request'],
      // Standards have no member for it.
      [own]: {
        access_request: {
          request_schema_url: `${issuer}/schemas/access-request.json`,
          authorization_schemes_supported: ['Bearer', 'DPoP'],
          dpop_proof_required: true,
          dpop_signing_alg_values_supported,
          idempotency_key_required: false,
        },
      },
    },
    // RFC 8414 section 2. Common clients want `authorization_endpoint` and a response type even without a code flow:
    // `none` (OAuth 2.0 Multiple Response Type Encoding Practices) issues nothing.
    authorizationServer: {
      issuer,
      authorization_endpoint: `${issuer}/authorize`,
      token_endpoint: `${issuer}/token`,
      jwks_uri: `${issuer}/.well-known/jwks.json`,
      grant_types_supported: [tokenExchange, deferredGrant],
      response_types_supported: ['none'],
      token_endpoint_auth_methods_supported: ['none'],
      introspection_endpoint: `${issuer}/introspect`,
      introspection_endpoint_auth_methods_supported: ['private_key_jwt', 'Bearer'],
      introspection_endpoint_auth_signing_alg_values_supported: algorithms,
      revocation_endpoint: `${issuer}/revoke`,
      revocation_endpoint_auth_methods_supported: ['private_key_jwt', 'none'],
      revocation_endpoint_auth_signing_alg_values_supported: algorithms,
      dpop_signing_alg_values_supported,
      authorization_details_types_supported,
      // RFC 9728 section 4: the takers of this server's access tokens.
      protected_resources: [
        ...new Set(Object.values(bundle.deployment.tools).map(({ audience }) => audience)),
        ...targetKinds.map(({ id }) => `${issuer}/${id}`),
      ],
    },
    // OpenID Connect Discovery 1.0 section 3, for the API servers of clusters. They read only the issuer and its keys.
    openId: {
      issuer,
      jwks_uri: `${issuer}/.well-known/openid-jwks.json`,
      response_types_supported: ['id_token'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['ES256', 'RS256'],
    },
    // RFC 9728 section 2. The API takes workload tokens and people's tokens; this server issues neither.
    api: {
      resource: issuer,
      resource_name: 'Hotwork',
      authorization_servers: [...new Set(Object.values(issuers).flat())].filter((each) => /^https?:/.test(each)),
      bearer_methods_supported: ['header'],
      dpop_signing_alg_values_supported,
      authorization_details_types_supported,
      // Section 2 allows additional members.
      [own]: { issuers, ...(login && { login }) },
    },
    targets: Object.fromEntries(
      targetKinds.map(({ id, name }) => [
        id,
        {
          resource: `${issuer}/${id}`,
          resource_name: `Hotwork: ${name} credentials`,
          authorization_servers: [issuer],
          bearer_methods_supported: ['header'],
          dpop_bound_access_tokens_required: true,
          dpop_signing_alg_values_supported,
          authorization_details_types_supported,
        },
      ]),
    ),
    // Shared Signals Framework 1.0 section 7. Every tool has its own streams, with all subjects in them.
    signals: {
      spec_version: '1_0',
      issuer,
      jwks_uri: `${issuer}/.well-known/jwks.json`,
      delivery_methods_supported: [pushDelivery],
      configuration_endpoint: `${issuer}/v1/ssf/streams`,
      status_endpoint: `${issuer}/v1/ssf/status`,
      verification_endpoint: `${issuer}/v1/ssf/verification`,
      // Marked critical because a receiver that ignored it would end all sessions of the user.
      critical_subject_members: ['session'],
      authorization_schemes: [{ spec_urn: 'urn:ietf:rfc:6749' }, { spec_urn: 'urn:ietf:rfc:6750' }],
      default_subjects: 'ALL',
    },
  } satisfies { [document: string]: Document }
}

/** The issuers of tokens for the API, by the required audience. A trust domain is written as the prefix of its ids. */
function issuersByAudience({ deployment }: Pick<Bundle, 'deployment'>, own: string): { [audience: string]: string[] } {
  const found: { [audience: string]: string[] } = {}
  for (const each of Object.values(deployment.issuers)) {
    const audience = each.audience.replaceAll('{issuer}', own)
    found[audience] = [...(found[audience] ?? []), nameOfIssuer(each)]
  }
  return found
}

/** JSON Schema of the members that a part of a body may have. Only a gate writes `mcp`. */
const said = (part: BodyPart) =>
  z.toJSONSchema(z.object(bodyShape(part)), {
    io: 'input',
    override: ({ jsonSchema, path }) => {
      delete jsonSchema.pattern
      if (path.at(-1) !== 'mcp') return
      delete jsonSchema.properties
      delete jsonSchema.required
    },
  }).properties as Document

const requestSchema = (issuer: string): Document => ({
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $id: `${issuer}/schemas/access-request.json`,
  title: 'What an access request adds to the denied evaluation',
  type: 'object',
  required: ['context'],
  properties: {
    context: {
      type: 'object',
      required: ['purpose', 'parent_task'],
      properties: said('context'),
    },
    requested_access: { type: 'object', properties: said('requested_access') },
  },
})

/** The provider, client and scopes by which the command line logs people in. They are public. */
function commandLineLogin(
  { deployment, ...rules }: Pick<Bundle, 'deployment'> & OpeningRules,
  ownIssuer: string,
): { [member: string]: Json } | undefined {
  const { login } = deployment
  const where = loginIssuerOf({ deployment })
  if (!login?.commandLine || !where) return undefined
  const { clientId, scope, resource } = login.commandLine
  return {
    issuer: where.issuer.issuer,
    client_id: clientId,
    scope,
    ...defined({ resource: resource?.replaceAll('{issuer}', ownIssuer) }),
    ...openingLogin(openingRulesOf(rules)),
  }
}

/** The login for openings, if all profiles take the same: a person in a hurry then logs in once. */
function openingLogin(rules: BreakGlassPolicy | undefined): { break_glass?: Json } {
  if (!rules) return {}
  const { acr, maxAge } = rules.action.login
  if (rules.profiles.some(({ login }) => login.acr !== acr || login.maxAge !== maxAge)) return {}
  return {
    break_glass: defined({ acr_values: acr, max_age: maxAge }),
  }
}

export const wire: Wiring<typeof createHandler, 'ISSUER' | 'PUBLISHED_KEYS' | 'NOTARY_KEYS' | 'CLUSTER_KEYS'> = (
  told,
) => ({
  issuer: told.ISSUER,
  policy: factsOnly(),
  keys: new KmsKeySet(told.PUBLISHED_KEYS),
  notary: new KmsKeySet(told.NOTARY_KEYS),
  clusterKeys: told.CLUSTER_KEYS && new KmsKeySet(told.CLUSTER_KEYS),
  // The document is written at build time.
  openApi: () => JSON.parse(readFileSync(join(__dirname, 'openapi.json'), 'utf8')),
  icon: (name) => readFileSync(join(__dirname, 'manifest-icons', name)),
  log: new PowertoolsLog(),
  clock: new SystemClock(),
})
