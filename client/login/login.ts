// Rules: test/client/login/log-in.test.ts
import * as client from 'openid-client'
import { boundedFetch } from '../bounded.ts'
import { exits, Fault, Refusal, systemCodeOf, Trouble, whyUnanswered } from '../outcome.ts'

/** RFC 9470; seconds. */
export type Strength = { acr?: string | undefined; maxAge?: number | undefined }
/** `instead`: a token that the API refused. */
export type Wanted = Strength & { instead?: string }

/** Returns a person's token. `opening` asks for the login that openings usually need. @throws Refusal, Fault */
export type Login = (wanted: Wanted | 'opening') => Promise<string>

/** The result of a login. Milliseconds, by this machine's clock; absent if the provider does not say. */
export type LoggedIn = { token: string; until?: number | undefined }

export function readyToken(token: string): Login {
  return async (wanted) => {
    const { acr, maxAge } = wanted === 'opening' ? {} : wanted
    if (acr === undefined && maxAge === undefined) return token
    const words = [acr && `with \`acr_values=${acr}\``, maxAge !== undefined && `at most ${maxAge} s old`]
    throw new Refusal(exits.denied, {
      code: 'insufficient_user_authentication',
      title: 'the login of `HOTWORK_TOKEN` is too weak or too old for this',
      detail: `set it to a token whose login is ${words.filter(Boolean).join(', ')}, or unset it and log in with a browser`,
    })
  }
}

export function localLogin(
  issuer: string,
  person: { clientId: string; privateJwk: { readonly [member: string]: string } },
  resource: string,
): Login {
  return async (wanted) => {
    const { acr } = wanted === 'opening' ? {} : wanted
    const { kid = '', ...jwk } = person.privateJwk
    const key = await crypto.subtle.importKey('jwk', jwk, { name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign'])
    try {
      const provider = await discover(issuer, person.clientId, client.PrivateKeyJwt({ key, kid }))
      const asked = { resource, ...(acr === undefined ? {} : { acr_values: acr }) }
      return (await client.clientCredentialsGrant(provider, asked)).access_token
    } catch (cause) {
      throw loginFault(issuer, cause)
    }
  }
}

export function discover(issuer: string, clientId: string, authentication: client.ClientAuth) {
  const execute = issuer.startsWith('http:') ? [client.allowInsecureRequests] : []
  return client.discovery(new URL(issuer), clientId, undefined, authentication, {
    execute,
    timeout: 10,
    [client.customFetch]: boundedFetch,
  })
}

export const notLoggedIn = (title: string, detail: string): Refusal =>
  new Refusal(exits.denied, { code: 'login_failed', title, detail })
/** A fault with the provider's error code only: its answer may contain a token. */
export function loginFault(issuer: string, cause: unknown): Trouble {
  if (cause instanceof Trouble) return cause
  if (cause instanceof client.AuthorizationResponseError || cause instanceof client.ResponseBodyError)
    return notLoggedIn(
      'you are not logged in',
      `the identity provider says \`${cause.error.replaceAll(/[^\x21-\x7e]/g, '?').slice(0, 64)}\``,
    )
  const word = systemCodeOf(cause) ?? (cause instanceof Error ? cause.name : 'unknown')
  const title = `you could not be logged in at \`${issuer}\``
  if (word === 'OAUTH_JWT_TIMESTAMP_CHECK_FAILED')
    return new Fault({
      code: 'login_failed',
      title,
      detail: `its clock and this machine's (${new Date().toISOString()}) differ: set the clock of this machine`,
    })
  const hint = issuer.startsWith('http:') ? '; of the local stack: does `npm start` still run?' : ''
  return new Fault({
    code: 'login_failed',
    title,
    detail: /^E[A-Z_]+$/.test(word) ? `no answer: ${whyUnanswered(cause)}${hint}` : word,
  })
}
