import { generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { calculateJwkThumbprint, importJWK, SignJWT } from 'jose'
import Provider, { type ClientMetadata, type Context, errors, interactionPolicy } from 'oidc-provider'
import { createMemoryAdapter } from 'oidc-provider/lib/adapters/memory_adapter.js'
import { signalsPath } from './local-file.ts'
import { type LoginChoice, renderDevicePage, renderLoginPage } from './login-page.ts'
import { listenOnLoopback, readBody } from './loopback.ts'

export type PrivateJwk = Record<string, string>

export type Principal =
  | { kind: 'workload'; subject: string }
  | { kind: 'person'; subject: string; name: string; groups: string[] }

export type IdentityProvider = Awaited<ReturnType<typeof startIdentityProvider>>

const tokenLifetimeSeconds = 600

/** The client of the pages: a browser logs in by authorization code with PKCE, and returns to one of `callbacks`. */
export const browserClientId = 'hotwork-browser'
/** The client of the command line, which redirects to a port on loopback (RFC 8252 section 7.3). */
export const commandLineClientId = 'hotwork-command-line'
/** The paths below an API's issuer for logins: to read pages, and to decide. */
const callbacks = ['/login/callback', '/login/decision']

export const peopleAudience = (issuer: string) => `${issuer}/people`

interface Enrolled {
  clients: Map<string, ClientMetadata>
  people: Map<string, LoginChoice>
  issuers: Set<string>
}

/**
 * Starts a provider with keys that live as long as it. Clients get tokens by `client_credentials`; it believes a
 * person's `acr_values`.
 *
 * @param publicUrl its issuer, if other machines reach it
 */
export async function startIdentityProvider(log: (line: string) => void = () => {}, publicUrl?: string) {
  const keys = new Map<string, PrivateJwk>()
  const enrolled: Enrolled = { clients: new Map(), people: new Map(), issuers: new Set() }
  const server = await listenOnLoopback()
  const url = publicUrl ?? server.url
  const signingKey = await generateKey()
  const provider = new Provider(url, configure(enrolled, signingKey))
  provider.proxy = true
  provider.on('server_error', (_context, fault) => log(String((fault as Error).stack ?? fault)))

  const respond = provider.callback()
  server.handle((request, response) => {
    // Answers are built from this header, so it must be our own address.
    request.headers.host = new URL(url).host
    request.headers['x-forwarded-proto'] = new URL(url).protocol.replace(':', '')
    if (request.url === '/signals') return void transmit(enrolled.issuers, url, signingKey, request, response)
    if (!request.url?.startsWith('/login/')) return respond(request, response)
    showOrFinishLogin(provider, [...enrolled.people.values()], request, response).catch((fault: unknown) => {
      log(String(fault))
      response.writeHead(400, { 'content-type': 'text/plain' }).end('this login has ended; start it again\n')
    })
  })
  return {
    /** The issuer; discovery and keys are at the standard places below it. */
    url,
    /** The address on this machine. */
    localUrl: server.url,
    jwksUri: `${url}/jwks`,
    /** Makes each a `private_key_jwt` client, which keeps its key when enrolled again. @returns the keys by subject */
    async enrol(principals: Principal[]) {
      for (const principal of principals) {
        const key = keys.get(principal.subject) ?? (await generateKey())
        keys.set(principal.subject, key)
        enrolled.clients.set(principal.subject, describeClient(principal.subject, key))
        if (principal.kind === 'person') enrolled.people.set(principal.subject, principal)
      }
      return new Map(principals.map(({ subject }) => [subject, keys.get(subject) as PrivateJwk]))
    },
    /** Tokens for this API: the audience of workloads is the issuer, of people `{issuer}/people`. */
    serve: (issuer: string) => void enrolled.issuers.add(issuer),
    close: server.close,
  }
}

/** `POST /signals` pushes a Security Event Token (RFC 8935) to an API that it serves. @returns the API's answer */
async function transmit(
  apis: ReadonlySet<string>,
  issuer: string,
  key: PrivateJwk,
  request: IncomingMessage,
  response: ServerResponse,
) {
  try {
    const { api, type, subject } = JSON.parse((await readBody(request, 10_000)) ?? '')
    if (!apis.has(api)) throw new Error(`\`api\` is unknown: it should be one of ${[...apis].join(', ')}`)
    const receiver = `${api}${signalsPath}`
    const claims = { sub_id: { format: 'iss_sub', iss: issuer, sub: subject }, events: { [type]: {} } }
    const token = await new SignJWT({ ...claims, iss: issuer, aud: receiver, jti: randomUUID() })
      .setProtectedHeader({ alg: 'ES256', kid: key['kid'] ?? '', typ: 'secevent+jwt' })
      .setIssuedAt()
      .sign(await importJWK(key, 'ES256'))
    const headers = { 'content-type': 'application/secevent+jwt', accept: 'application/json' }
    const signal = AbortSignal.timeout(10_000)
    const answer = await fetch(receiver, { method: 'POST', headers, body: token, redirect: 'error', signal })
    const body = JSON.stringify({ status: answer.status, body: await answer.text() })
    response.writeHead(200, { 'content-type': 'application/json' }).end(body)
  } catch (fault) {
    response.writeHead(400, { 'content-type': 'text/plain' }).end(`${fault}\n`)
  }
}

/** See node_modules/oidc-provider/docs. Clients are looked up at each use. */
function configure({ clients, people, issuers }: Enrolled, signingKey: PrivateJwk): object {
  const publicClients = [browserClientId, commandLineClientId]
  const isPerson = ({ oidc: { client } }: Context) =>
    client !== undefined && (publicClients.includes(client.clientId) || people.has(client.clientId))
  const storage = createMemoryAdapter()
  const findClient = (clientId: string) => {
    if (!publicClients.includes(clientId)) return clients.get(clientId)
    // `http` on loopback, on any port (RFC 8252 section 8.3).
    if (clientId === commandLineClientId) return describeCommandLine()
    const addresses = [...issuers].flatMap((issuer) => callbacks.map((path) => `${issuer}${path}`))
    return describePublicClient(clientId, 'web', addresses)
  }
  return {
    adapter: (model: string) => {
      const adapter = storage(model)
      return model === 'Client' ? Object.assign(adapter, { find: async (id: string) => findClient(id) }) : adapter
    },
    jwks: { keys: [signingKey] },
    cookies: { keys: [randomBytes(32).toString('base64url')] },
    clientDefaults: { id_token_signed_response_alg: 'ES256' },
    acrValues: ['strong'],
    claims: { openid: ['sub'], profile: ['name', 'groups'] },
    scopes: ['openid', 'profile'],
    pkce: { required: () => true },
    ttl: {
      ...{ ClientCredentials: tokenLifetimeSeconds, AccessToken: tokenLifetimeSeconds, IdToken: tokenLifetimeSeconds },
      ...{ Interaction: 3600, Session: 8 * 3600, Grant: 8 * 3600 },
    },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      deviceFlow: deviceFlow(),
      rpInitiatedLogout: { enabled: false },
      resourceIndicators: resourceIndicators(issuers, isPerson),
    },
    extraTokenClaims: (context: Context) => (isPerson(context) ? describeLogin(context) : undefined),
    findAccount(_context: Context, accountId: string) {
      const person = people.get(accountId)
      return person && { accountId, claims: () => ({ sub: accountId, name: person.name, groups: person.groups }) }
    },
    // Skips the page of consent: within one organisation a login suffices.
    async loadExistingGrant({ oidc }: Context) {
      const grant = new oidc.provider.Grant({ accountId: oidc.session?.accountId, clientId: oidc.client?.clientId })
      grant.addOIDCScope('openid profile')
      await grant.save()
      return grant
    },
    interactions: {
      url: (_context: Context, { uid }: { uid: string }) => `/login/${uid}`,
      policy: requireAskedStrength(),
    },
    renderError(context: { type: string; body: string }, out: { error: string; error_description?: string }) {
      context.type = 'text/plain'
      context.body = `${out.error}: ${out.error_description ?? 'no more is known'}\n`
    },
  }
}

const resourceIndicators = (issuers: ReadonlySet<string>, isPerson: (context: Context) => boolean) => ({
  enabled: true,
  defaultResource({ oidc }: Context) {
    // A browser login may need only the ID token.
    if (oidc.params?.['grant_type'] !== 'client_credentials') return undefined
    throw new errors.InvalidTarget(`\`resource\` is missing: name one of ${[...issuers].join(', ')}`)
  },
  useGrantedResource: () => true,
  getResourceServerInfo(context: Context, resource: string) {
    const issuer = resource.replace(/\/$/, '')
    if (!issuers.has(issuer))
      throw new errors.InvalidTarget(`\`resource\` is unknown: it should be one of ${[...issuers].join(', ')}`)
    return {
      scope: '',
      audience: isPerson(context) ? peopleAudience(issuer) : issuer,
      accessTokenFormat: 'jwt',
      accessTokenTTL: tokenLifetimeSeconds,
      jwt: { sign: { alg: 'ES256' } },
    }
  },
})

async function generateKey(): Promise<PrivateJwk> {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const jwk = privateKey.export({ format: 'jwk' }) as PrivateJwk
  return { ...jwk, kid: await calculateJwkThumbprint(jwk), alg: 'ES256', use: 'sig' }
}

function describeClient(clientId: string, { d: _private, ...publicJwk }: PrivateJwk): ClientMetadata {
  return {
    client_id: clientId,
    application_type: 'web',
    grant_types: ['client_credentials'],
    response_types: [],
    redirect_uris: [],
    token_endpoint_auth_method: 'private_key_jwt',
    token_endpoint_auth_signing_alg: 'ES256',
    jwks: { keys: [publicJwk] },
  }
}

const describePublicClient = (
  client_id: string,
  application_type: 'web' | 'native',
  redirect_uris: string[],
): ClientMetadata => ({
  client_id,
  application_type,
  grant_types: ['authorization_code'],
  response_types: ['code'],
  redirect_uris,
  token_endpoint_auth_method: 'none',
  require_auth_time: true,
})

const describeCommandLine = (): ClientMetadata => ({
  ...describePublicClient(commandLineClientId, 'native', ['http://127.0.0.1/callback']),
  grant_types: ['authorization_code', 'urn:ietf:params:oauth:grant-type:device_code'],
})

/** RFC 8628: a command line without a browser shows a code, which a person types into a browser elsewhere. */
const deviceFlow = () => ({
  enabled: true,
  userCodeInputSource(context: DeviceContext, markup: string, _out: unknown, fault?: Error) {
    const text = fault ? 'No terminal waits for this code. Type it again.' : 'Type the code that your terminal shows.'
    context.body = renderDevicePage('Which code?', text, { markup, id: 'op.deviceInputForm' })
  },
  userCodeConfirmSource(context: DeviceContext, markup: string, _client: unknown, _device: unknown, code: string) {
    const text = 'Go on only if your own terminal shows this code now.'
    context.body = renderDevicePage(code, text, { markup, id: 'op.deviceConfirmForm' })
  },
  successSource(context: DeviceContext) {
    context.body = renderDevicePage('You are logged in', 'Go back to your terminal. You can close this tab.')
  },
})
type DeviceContext = { body: string }

/** The login of a token (RFC 9470): that of the code, or the one that a client without a browser claims. */
function describeLogin({ oidc }: Context): Record<string, unknown> | undefined {
  const code = oidc.entities.AuthorizationCode ?? oidc.entities.DeviceCode
  if (code) return { acr: code.acr, auth_time: code.authTime }
  const acr = firstWord(oidc.body?.['acr_values'])
  return acr ? { acr, auth_time: Math.floor(Date.now() / 1000) } : undefined
}

/** Asks a person to log in again if a stronger login than theirs is needed. */
function requireAskedStrength() {
  const policy = interactionPolicy.base()
  // This check would ask native applications for consent each time.
  policy.get('consent').checks.remove('native_client_prompt')
  policy.get('login').checks.add(
    new interactionPolicy.Check('acr_unmet', 'a stronger login is needed', 'login_required', ({ oidc }) => {
      const asked = firstWord(oidc.params?.['acr_values'])
      return asked !== undefined && oidc.session?.acr !== asked
    }),
  )
  return policy
}

const firstWord = (value: unknown) => (typeof value === 'string' && value.trim().split(/\s+/)[0]) || undefined

async function showOrFinishLogin(
  provider: Provider,
  people: LoginChoice[],
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { params } = await provider.interactionDetails(request, response)
  const acr = firstWord(params['acr_values'])
  if (request.method !== 'POST') {
    response.writeHead(200, {
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      // No `form-action`, since browsers apply it to the redirects after the form too, which lead to the application.
      'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    })
    response.end(renderLoginPage(request.url ?? '', people, acr))
    return
  }
  const subject = new URLSearchParams(await readBody(request, 10_000)).get('subject') ?? ''
  if (!people.some((person) => person.subject === subject)) {
    response.writeHead(400, { 'content-type': 'text/plain' }).end('`subject` must be one of the people shown\n')
    return
  }
  await provider.interactionFinished(request, response, {
    login: { accountId: subject, ...(acr ? { acr } : {}), ts: Math.floor(Date.now() / 1000) },
  })
}
