import { endpoint } from '../../adapters/http/endpoint.ts'
import { type Answer, apiProblem, problemTypeOf } from '../../adapters/http/problem.ts'
import { KmsKeySet } from '../../adapters/kms/kms-key-set.ts'
import { messagePage, pageHeaders, problemTypePage } from '../../adapters/pages/layout.ts'
import { PowertoolsLog } from '../../adapters/powertools/log.ts'
import { SystemClock } from '../../adapters/system/system.ts'
import { environmentOf } from '../environments.ts'
import { readBundle } from '../wiring/ports.ts'
import { publishedMetadata, requestSchema } from '../wiring/published-metadata.ts'

const { ISSUER: issuer, PUBLISHED_KEYS } = environmentOf('metadata')
const keys = new KmsKeySet(PUBLISHED_KEYS)
const { authzen, authorizationServer, api, broker } = publishedMetadata(readBundle(), issuer)

/** Nothing in here is secret, and a key is published well before it signs: caches may keep it a few minutes. */
const published = (body: unknown): Answer => ({
  status: 200,
  headers: { 'cache-control': 'public, max-age=300' },
  body,
})
const shown = (status: number, body: string): Answer => ({ status, headers: pageHeaders(issuer), body })

/** What anyone may know, by route. RFC 9728 section 3.1 says where the path of a resource goes. */
const routes: { [route: string]: (code: string) => Answer | Promise<Answer> } = {
  'GET /.well-known/authzen-configuration': () => published(authzen),
  'GET /.well-known/oauth-authorization-server': () => published(authorizationServer),
  'GET /.well-known/oauth-protected-resource': () => published(api),
  'GET /.well-known/oauth-protected-resource/aws': () => published(broker),
  // RFC 7517 section 5.
  'GET /.well-known/jwks.json': async () => published(await keys.jwks()),
  'GET /schemas/access-request.json': () => {
    const { headers, ...answer } = published(requestSchema(issuer))
    return { ...answer, headers: { ...headers, 'content-type': 'application/schema+json' } }
  },
  // A browser is not sent on to any address (RFC 6749 section 4.1.2.1): no client has registered one.
  'GET /authorize': () =>
    shown(
      400,
      messagePage({
        title: 'No application is let in here by a login',
        text: 'An agent exchanges its workload token for an access token, once what it asked for is approved. Nothing is left to do in this window.',
      }),
    ),
  'GET /problems/{code}': (code) => {
    const type = problemTypeOf(code)
    if (!type) throw nothing
    const answer = shown(200, problemTypePage(code, type))
    return { ...answer, headers: { ...answer.headers, 'cache-control': 'public, max-age=300' } }
  },
}

/** What would otherwise be answered by API Gateway itself, without a type, a reason or the caller's `X-Request-ID`. */
const nothing = apiProblem(404, 'not_found')

export const handler = endpoint({ issuer, log: new PowertoolsLog(), clock: new SystemClock() }, async (call) => {
  const route = routes[call.route]
  if (!route) throw nothing
  return route(call.path('code'))
})
