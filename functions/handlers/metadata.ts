import { endpoint } from '../adapters/http/endpoint.ts'
import type { Answer } from '../adapters/http/problem.ts'
import { KmsKeySet } from '../adapters/kms/kms-key-set.ts'
import { PowertoolsLog } from '../adapters/powertools/log.ts'
import { SystemClock } from '../adapters/system/clock.ts'
import { environmentOf } from './environments.ts'
import { readBundle } from './wiring/bundle.ts'
import { commandLineLogin } from './wiring/login-issuer.ts'

const { ISSUER: issuer, PUBLISHED_KEYS } = environmentOf('metadata')
const keys = new KmsKeySet(PUBLISHED_KEYS)
const login = commandLineLogin(readBundle(), issuer)

const authorization_details_types_supported = ['hotwork_action']
const dpop_signing_alg_values_supported = ['ES256']

/** What anyone may know: only endpoints that exist are named. */
const routes: { [route: string]: () => Promise<Answer> } = {
  // AuthZEN Authorization API 1.0 section 9, and ARAP's additions. The first member is the base URL to the byte.
  'GET /.well-known/authzen-configuration': async () =>
    published({
      policy_decision_point: issuer,
      access_evaluation_endpoint: `${issuer}/access/v1/evaluation`,
      access_evaluations_endpoint: `${issuer}/access/v1/evaluations`,
      access_request_endpoint: `${issuer}/access/v1/requests`,
      jwks_uri: `${issuer}/.well-known/jwks.json`,
      capabilities: ['urn:openid:authzen:capability:access-request'],
    }),
  // RFC 8414 section 2. `response_types_supported` is required even where there is no authorization endpoint. At `/token`
  // the subject token says who asks, so there is no client authentication beside it. The two other endpoints take the
  // caller's workload token as a bearer token: `Bearer` is what the standard has for that at an introspection endpoint,
  // and for a revocation endpoint it has nothing that says so.
  'GET /.well-known/oauth-authorization-server': async () =>
    published({
      issuer,
      token_endpoint: `${issuer}/token`,
      jwks_uri: `${issuer}/.well-known/jwks.json`,
      grant_types_supported: ['urn:ietf:params:oauth:grant-type:token-exchange'],
      response_types_supported: [],
      token_endpoint_auth_methods_supported: ['none'],
      introspection_endpoint: `${issuer}/introspect`,
      introspection_endpoint_auth_methods_supported: ['Bearer'],
      revocation_endpoint: `${issuer}/revoke`,
      revocation_endpoint_auth_methods_supported: ['Bearer'],
      dpop_signing_alg_values_supported,
      authorization_details_types_supported,
      // RFC 9728 section 4.
      protected_resources: [issuer, `${issuer}/aws`],
    }),
  // RFC 9728 section 2. The API as a whole, which takes workload tokens, and people's.
  'GET /.well-known/oauth-protected-resource': async () =>
    published({
      resource: issuer,
      resource_name: 'Hotwork',
      authorization_servers: [issuer],
      bearer_methods_supported: ['header'],
      dpop_signing_alg_values_supported,
      authorization_details_types_supported,
      // Section 2 lets others be added: where and as what the command line logs people in.
      ...(login && { [`${issuer}/ns/hotwork`]: { login } }),
    }),
  // The broker, which takes access tokens of ours and nothing else. Section 3.1 says where the path goes.
  'GET /.well-known/oauth-protected-resource/aws': async () =>
    published({
      resource: `${issuer}/aws`,
      resource_name: 'Hotwork: AWS credentials',
      authorization_servers: [issuer],
      bearer_methods_supported: ['header'],
      dpop_bound_access_tokens_required: true,
      dpop_signing_alg_values_supported,
      authorization_details_types_supported,
    }),
  // RFC 7517 section 5.
  'GET /.well-known/jwks.json': async () => published(await keys.jwks()),
}

/** Nothing in here is secret, and a key is published well before it signs: caches may keep it a few minutes. */
const published = (body: unknown): Answer => ({
  status: 200,
  headers: { 'cache-control': 'public, max-age=300' },
  body,
})

export const handler = endpoint({ issuer, log: new PowertoolsLog(), clock: new SystemClock() }, async (call) => {
  const route = routes[call.route]
  return route ? route() : { status: 404, body: '' }
})
