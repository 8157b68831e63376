// Rules: test/client/login/log-in.test.ts
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import * as client from 'openid-client'
import type { Surroundings } from '../surroundings.ts'
import { notLoggedIn, type Strength } from './login.ts'
import type { LoginSettings } from './login-settings.ts'

/** The longest wait for the browser: a person may have to find their security key. Milliseconds. */
const patience = 300_000

/**
 * RFC 8252: authorization code with PKCE, to a loopback address that accepts this one answer. There is no client
 * secret. A person whose browser is on another machine pastes the address that it ends on.
 */
export async function logInWithBrowser(
  provider: client.Configuration,
  { scope, resource }: Pick<LoginSettings, 'scope' | 'resource'>,
  { acr, maxAge }: Strength,
  how: string,
  surroundings: Surroundings,
  paste = false,
): Promise<client.TokenEndpointResponse> {
  const state = client.randomState()
  const listener = await listenForRedirect(state)
  const ended = new AbortController()
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
    const back = await (paste ? pasted() : inBrowser())
    if (!back) throw notLoggedIn('no login came back from the browser', 'run the command again')
    return await client.authorizationCodeGrant(
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

    function inBrowser(): Promise<URL | undefined> {
      surroundings.err(`${how}, in the browser that opens, or at\n  ${address.href}\n`)
      surroundings.openBrowser(address.href)
      return listener.back
    }
    function pasted(): Promise<URL | undefined> {
      surroundings.err(
        `${how}: open this address in a browser, on any machine\n  ${address.href}\nThe browser ends on an address at 127.0.0.1 that may not load. Paste all of that address here.\n`,
      )
      // A pasted address and a redirect both count: the browser may be on this machine.
      return Promise.race([listener.back, askForAnswer(listener.isAnswer, surroundings, ended.signal)])
    }
  } finally {
    ended.abort()
    listener.close()
  }
}

async function askForAnswer(
  isAnswer: (url: URL) => boolean,
  { ask, err }: Surroundings,
  signal: AbortSignal,
): Promise<URL | undefined> {
  for (;;) {
    // Some browsers copy an address without its scheme.
    const typed = ((await ask?.('address: ', signal)) ?? '').trim().replace(/^(?=127\.)/, 'http://')
    if (typed === '') return undefined
    if (URL.canParse(typed) && isAnswer(new URL(typed))) return new URL(typed)
    err('that address does not end this login: paste the whole address, with its `code` and `state`\n')
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

/** The address 127.0.0.1, since a machine may resolve `localhost` to another address (RFC 8252 section 8.3). */
async function listenForRedirect(state: string) {
  let came: (url: URL | undefined) => void = () => {}
  const back = new Promise<URL | undefined>((resolve) => {
    came = resolve
  })
  // True for the answer with the state of this login: any page may send a browser here.
  const isAnswer = ({ origin, pathname, searchParams }: URL) =>
    `${origin}${pathname}` === address && searchParams.get('state') === state
  const server = createServer(({ method, url: target = '' }, response) => {
    const url = URL.canParse(target, address) ? new URL(target, address) : undefined
    if (method !== 'GET' || !url || !isAnswer(url)) {
      response.writeHead(404, { ...headers, 'content-type': 'text/plain' }).end('this is not the expected login\n')
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
  return { address, back, isAnswer, close }
}
