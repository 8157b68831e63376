import * as client from 'openid-client'
import { exits } from '../exit-codes.ts'
import { Fault, Refusal } from '../trouble.ts'

/** For one question to the provider. Seconds. */
const patience = 10

/** What an OpenID provider says of itself, for us as the client that we are there. @throws Fault */
export async function discover(
  issuer: string,
  clientId: string,
  authentication: client.ClientAuth,
): Promise<client.Configuration> {
  // Plain http never leaves this machine: see isSafe.
  const execute = issuer.startsWith('http:') ? [client.allowInsecureRequests] : []
  return client
    .discovery(new URL(issuer), clientId, undefined, authentication, { execute, timeout: patience })
    .catch((cause: unknown) => {
      throw loginFault(issuer, cause)
    })
}

/** An address to which a token or a code may be sent: https, or http that never leaves this machine. */
export const isSafe = (address: string): boolean => {
  const url = URL.parse(address)
  if (url?.protocol === 'https:') return true
  return url?.protocol === 'http:' && ['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname)
}

/** The provider's own word where it said one. Nothing else is repeated: a fault may hold the whole answer, and so a token. */
export function loginFault(issuer: string, cause: unknown): Refusal | Fault {
  if (cause instanceof Refusal || cause instanceof Fault) return cause
  if (cause instanceof client.AuthorizationResponseError || cause instanceof client.ResponseBodyError)
    return new Refusal(exits.denied, {
      code: 'login_failed',
      title: 'you are not logged in',
      detail: `the identity provider says \`${cause.error.replaceAll(/[^\x21-\x7e]/g, '?').slice(0, 64)}\``,
    })
  const word = cause instanceof client.ClientError ? cause.code : cause instanceof Error ? cause.name : 'unknown'
  return new Fault({ code: 'login_failed', title: `you could not be logged in at \`${issuer}\``, detail: `${word}` })
}
