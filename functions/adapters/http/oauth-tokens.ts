import type { JsonObject } from '../../domain/values.ts'
import { OAuthError } from './oauth.ts'
import type { Answer } from './problem.ts'

/** Introspection (RFC 7662) and revocation (RFC 7009) of access tokens, as forms and JSON. */

/**
 * The one parameter that both need. `token_type_hint` only helps a server to look faster (RFC 7009 section 2.1), and here
 * there is one place to look.
 *
 * @throws OAuthError
 */
export function readToken(form: ReadonlyMap<string, string>): string {
  const token = form.get('token')
  if (token === undefined) throw new OAuthError('invalid_request', 'token is missing')
  return token
}

/**
 * A text that is no token of ours, given back. A hint that nobody knows is ignored (RFC 7009 section 2.1); but of a refresh
 * token it would be a lie to say that it had been revoked, since there are none here (section 2.2.1).
 *
 * @throws OAuthError
 */
export function answerUnknown(form: ReadonlyMap<string, string>): Answer {
  if (form.get('token_type_hint') !== 'refresh_token') return revokedAnswer
  throw new OAuthError('unsupported_token_type', 'there are no refresh tokens here: only access tokens are revoked')
}

/** What a token's own claims tell its resource server (RFC 7662 section 2.2, RFC 9449 section 6.2, RFC 8693 section 4.1). */
const told = ['client_id', 'sub', 'aud', 'iss', 'exp', 'iat', 'nbf', 'jti', 'cnf', 'act']

/**
 * A token that is alive, with what it allows from now on (RFC 9396 section 9.2). There are no scopes.
 *
 * @param claims  the token's own
 * @param details its `authorization_details`, with what is left of the uses
 */
export const activeAnswer = (claims: JsonObject, details: readonly JsonObject[]): Answer => ({
  status: 200,
  headers: uncached,
  body: {
    active: true,
    token_type: 'DPoP',
    ...Object.fromEntries(told.flatMap((claim) => (claims[claim] === undefined ? [] : [[claim, claims[claim]]]))),
    authorization_details: details,
  },
})

const uncached = { 'cache-control': 'no-store', pragma: 'no-cache' }

/** All that is told of any other token, whatever is wrong with it, so that nobody learns which (RFC 7662 section 2.2). */
export const inactiveAnswer: Answer = { status: 200, headers: uncached, body: { active: false } }

/** The token is not good any more, or never was: the client has what it wants (RFC 7009 section 2.2). */
export const revokedAnswer: Answer = { status: 200, headers: uncached }
