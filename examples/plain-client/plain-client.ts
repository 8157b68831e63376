import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { generateProof } from 'dpop'
import { importJWK, type JWK } from 'jose'
import * as oauth from 'oauth4webapi'

/**
 * A client without code of Hotwork, from the libraries of the standards alone. It gets a decision, and the access token
 * of an approval, and reads nothing but its command line.
 */
const usage = `usage: node plain-client.ts --issuer URL --idp URL --client-id ID --key FILE --request FILE

  --issuer URL    Hotwork: an AuthZEN decision point and an OAuth authorization server
  --idp URL       the OpenID provider that gives this client its workload token
  --client-id ID  this client there, which authenticates with private_key_jwt
  --key FILE      its private key, a JWK
  --request FILE  the body of an AuthZEN access evaluation
`
const { issuer, idp, clientId, key, request } = readOptions()
const client: oauth.Client = { client_id: clientId }
const say = (line: string): void => void process.stdout.write(`${line}\n`)

/** Plain HTTP is for this machine alone. */
const options = (url: URL) => ({ [oauth.allowInsecureRequests]: url.hostname === '127.0.0.1' })

// 1. Discovery: OpenID Connect at the provider, RFC 8414 and AuthZEN 1.0 section 9 at the issuer.
const provider = await discover(idp, 'oidc')
const server = await discover(issuer, 'oauth2')
const authzen = await getJson(new URL('/.well-known/authzen-configuration', issuer))
say(`decisions at ${authzen['access_evaluation_endpoint']}, tokens at ${server.token_endpoint}`)

// 2. Authenticate: a workload token for the issuer (RFC 6749 section 4.4, RFC 7523, RFC 8707).
const identity = await importJWK(key, 'ES256')
if (identity instanceof Uint8Array) throw new Error('--key should be an EC P-256 private key')
const authentication = oauth.PrivateKeyJwt({ key: identity, ...(key.kid === undefined ? {} : { kid: key.kid }) })
const resource = { resource: server.issuer }
const granted = await oauth.clientCredentialsGrantRequest(provider, client, authentication, resource, options(idp))
const workload = (await oauth.processClientCredentialsResponse(provider, client, granted)).access_token
const asMyself = { authorization: `Bearer ${workload}` }

// 3. Evaluate: May I? (AuthZEN 1.0 section 6.)
const evaluation = await evaluate(request)
if (evaluation.context.access_request === undefined) end(4, `${evaluation.decision}: ${evaluation.context['reason']}`)
say(`decision: ${evaluation.decision}, ${evaluation.context['reason']}; an approval would help`)

// 4. Ask for it (Access Request and Approval Profile), with a proof of the key that will claim it (RFC 9449).
const keyPair = await oauth.generateKeyPair('ES256')
const endpoint = evaluation.context.access_request.endpoint
const submitted = await postJson(
  endpoint,
  { ...request, denial: echoOf(evaluation.context) },
  { dpop: await generateProof(keyPair, endpoint, 'POST'), 'idempotency-key': randomUUID() },
)

// 5. Wait. A terminal status never changes, and an unknown one is not `approved`.
const { task, result } = await untilSettled(submitted as unknown as Settled)
if (task.status !== 'approved' || result === undefined) end(4, `${task.id} is ${task.status}`)
say(`${task.id} is approved until ${result.approval.approved_until}`)

// 6. The decision: the same question, with the approval, unchanged, in its context.
const approved = await evaluate({ ...request, context: { ...request['context'], approval: result.approval } })
say(`decision: ${approved.decision}`)

// 7. Exchange it for the access token (RFC 8693, RFC 9396), bound to the key. The library checks the client's part.
const exchange = {
  subject_token: workload,
  subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
  authorization_details: JSON.stringify([{ type: 'hotwork_action', request: task.id }]),
}
const grantType = 'urn:ietf:params:oauth:grant-type:token-exchange'
const exchanged = await oauth.genericTokenEndpointRequest(server, client, oauth.None(), grantType, exchange, {
  DPoP: oauth.DPoP(client, keyPair),
  ...options(issuer),
})
const token = await oauth.processGenericTokenEndpointResponse(server, client, exchanged)
const [detail] = token.authorization_details ?? []
say(`${token.token_type} token for ${token.expires_in} s: ${detail?.['action']}, ${detail?.['digest']}`)

// 8. Introspect it (RFC 7662), if the server lets clients ask.
if (server.introspection_endpoint !== undefined) {
  const bearer: oauth.ClientAuth = (_server, _client, _body, headers) =>
    headers.set('authorization', asMyself.authorization)
  const answer = await oauth.introspectionRequest(server, client, bearer, token.access_token, options(issuer))
  const { active, aud } = await oauth.processIntrospectionResponse(server, client, answer)
  say(`introspection: active ${active}, for ${aud}`)
}

// 9. Done. The token is dead from here on.
await postJson(new URL(`/v1/requests/${task.id}/complete`, issuer).href, { outcome: 'succeeded' })
say('completed')

type Json = Record<string, unknown>
interface Evaluation {
  decision: boolean
  context: Json & { access_request?: Json & { endpoint: string } }
}
interface Settled {
  task: { id: string; status: string; status_endpoint: string }
  result?: { approval: { id: string; approved_until: string } }
}

async function discover(url: URL, algorithm: 'oidc' | 'oauth2'): Promise<oauth.AuthorizationServer> {
  return oauth.processDiscoveryResponse(url, await oauth.discoveryRequest(url, { algorithm, ...options(url) }))
}

async function evaluate(body: Json): Promise<Evaluation> {
  return (await postJson(String(authzen['access_evaluation_endpoint']), body)) as unknown as Evaluation
}

/** The members of the denial that a submission repeats in the profile, unchanged. */
function echoOf({ evaluation_id, evaluated_at, reason, access_request }: Evaluation['context']): Json {
  const { expires_at, binding_token, template }: Json = access_request ?? {}
  return { evaluation_id, evaluated_at, reason, expires_at, binding_token, template }
}

async function untilSettled(state: Settled): Promise<Settled> {
  let now = state
  while (now.task.status === 'pending') {
    const answer = await fetch(`${now.task.status_endpoint}?wait=25`, { headers: asMyself })
    now = (await readJson(answer)) as unknown as Settled
    await delay(Number(answer.headers.get('retry-after') ?? 0) * 1000)
  }
  return now
}

async function getJson(url: URL): Promise<Json> {
  return readJson(await fetch(url))
}

async function postJson(url: string, body: Json, headers: Record<string, string> = {}): Promise<Json> {
  const json = { ...asMyself, ...headers, 'content-type': 'application/json' }
  return readJson(await fetch(url, { method: 'POST', headers: json, body: JSON.stringify(body) }))
}

async function readJson(answer: Response): Promise<Json> {
  const text = await answer.text()
  if (!answer.ok) throw new Error(`${answer.url} answered ${answer.status}: ${text}`)
  return JSON.parse(text) as Json
}

function readOptions() {
  const flag = { type: 'string' } as const
  const names = { issuer: flag, idp: flag, 'client-id': flag, key: flag, request: flag }
  const { issuer, idp, 'client-id': clientId, key, request } = parseArgs({ options: names }).values
  if (!issuer || !idp || !clientId || !key || !request) end(2, usage)
  const file = (path: string) => JSON.parse(readFileSync(path, 'utf8'))
  return {
    issuer: new URL(issuer),
    idp: new URL(idp),
    clientId,
    key: file(key) as JWK,
    request: file(request) as Json & { context: Json },
  }
}

/** 0 done, 2 wrong usage, 4 not allowed; an uncaught error is 1. */
function end(status: number, why: string): never {
  process.stderr.write(`${why}\n`)
  process.exit(status)
}
