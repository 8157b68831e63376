import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import * as client from 'openid-client'
import * as z from 'zod'
import { isSafe } from '../local.ts'
import { exits, Refusal } from '../outcome.ts'
import type { Surroundings } from '../surroundings.ts'
import { discover, type Login, loginFault, type Wanted } from './login.ts'

export const LoginSettings = z.looseObject({
  issuer: z.string().refine(isSafe),
  client_id: z.string().min(1),
  scope: z.string().min(1),
  resource: z.string().optional(),
  break_glass: z.looseObject({ acr_values: z.string().optional(), max_age: z.number().optional() }).optional(),
})
export type LoginSettings = z.infer<typeof LoginSettings>

/** A person may have to find their security key. Milliseconds. */
const patience = 300_000

/**
 * RFC 8252: authorization code with PKCE to a loopback address that takes this one answer. No client secret; the token
 * stays in memory.
 */
export function browserLogin(settings: () => Promise<LoginSettings>, surroundings: Surroundings): Login {
  return async (wanted) => {
    const found = await settings()
    const { acr_values: acr, max_age: maxAge } = found.break_glass ?? {}
    const usual = wanted === 'opening'
    const wants = usual ? { acr, maxAge } : wanted
    const again = !usual && (wants.acr !== undefined || wants.maxAge !== undefined)
    const how = again ? 'log in once more, this needs a stronger login' : 'log in'
    return logIn(found, wants, how, surroundings).catch((cause: unknown) => {
      throw loginFault(found.issuer, cause)
    })
  }
}

async function logIn(
  { issuer, client_id, scope, resource }: LoginSettings,
  { acr, maxAge }: Wanted,
  how: string,
  surroundings: Surroundings,
): Promise<string> {
  const provider = await discover(issuer, client_id, client.None())
  const state = client.randomState()
  const listener = await listenForRedirect(state)
  try {
    const verifier = client.randomPKCECodeVerifier()
    const nonce = scope.split(' ').includes('openid') ? client.randomNonce() : undefined
    const wanted = resource === undefined ? {} : { resource }
    const address = client.buildAuthorizationUrl(provider, {
      redirect_uri: listener.address,
      response_type: 'code',
      scope,
      state,
      code_challenge: await client.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      ...wanted,
      ...(nonce === undefined ? {} : { nonce }),
      ...(acr === undefined ? {} : { acr_values: acr }),
      ...(maxAge === undefined ? {} : { max_age: String(maxAge) }),
    })
    surroundings.err(`${how}, in the browser that opens, or at\n  ${address.href}\n`)
    surroundings.openBrowser(address.href)
    const back = await listener.back
    if (!back)
      throw new Refusal(exits.denied, {
        code: 'login_failed',
        title: 'the browser did not come back with a login',
        detail: 'run the command again; on a machine without a browser set `HOTWORK_TOKEN`',
      })
    const tokens = await client.authorizationCodeGrant(
      provider,
      back,
      {
        pkceCodeVerifier: verifier,
        expectedState: state,
        ...(nonce === undefined ? {} : { expectedNonce: nonce, idTokenExpected: true }),
        ...(maxAge === undefined || nonce === undefined ? {} : { maxAge }),
      },
      wanted,
    )
    surroundings.err('logged in\n')
    return tokens.access_token
  } finally {
    listener.close()
  }
}

const headers = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-store',
  connection: 'close',
  'referrer-policy': 'no-referrer',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
}
const page = (text: string) =>
  `<!doctype html><html lang="en"><meta charset="utf-8"><title>Hotwork</title><main><h1>${text}</h1><p>Go back to your terminal. You can close this tab.</p></main></html>\n`

/** On the address and not on `localhost`, which a machine may resolve elsewhere (RFC 8252 section 8.3). */
async function listenForRedirect(state: string) {
  let came: (url: URL | undefined) => void = () => {}
  const back = new Promise<URL | undefined>((resolve) => {
    came = resolve
  })
  const server = createServer(({ method, url: target = '' }, response) => {
    const url = URL.canParse(target, address) ? new URL(target, address) : undefined
    // Any page may send a browser here: only the answer with the state of this login counts.
    if (method !== 'GET' || url?.pathname !== '/callback' || url.searchParams.get('state') !== state) {
      response
        .writeHead(404, { ...headers, 'content-type': 'text/plain' })
        .end('this is not the login that is waited for\n')
      return
    }
    const text = url.searchParams.has('error') ? 'You are not logged in' : 'You are logged in'
    response.writeHead(200, headers).end(page(text))
    came(url)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/callback`
  const timer = setTimeout(() => came(undefined), patience)
  const close = () => {
    clearTimeout(timer)
    server.close()
    server.closeIdleConnections()
  }
  return { address, back, close }
}
