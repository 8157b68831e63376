import * as z from 'zod'
import { RequestId } from '../../domain/values.ts'
import { BadJson, readJson } from './json.ts'
import type { Answer } from './problem.ts'

/** An error of the token endpoint (RFC 6749 section 5.2). `description` is for the person who reads the log. */
export class OAuthError extends Error {
  override readonly name = 'OAuthError'
  readonly error: string
  constructor(error: string, description: string) {
    super(description)
    this.error = error
  }
}

export const oauthAnswer = ({ error, message }: OAuthError): Answer => ({
  status: 400,
  headers: { 'cache-control': 'no-store', pragma: 'no-cache' },
  body: { error, error_description: message.replaceAll(/[^\x20-\x21\x23-\x5b\x5d-\x7e]/g, "'") },
})

export const tokenExchange = 'urn:ietf:params:oauth:grant-type:token-exchange'
const tokenTypes = {
  jwt: 'urn:ietf:params:oauth:token-type:jwt',
  accessToken: 'urn:ietf:params:oauth:token-type:access_token',
}

const Detail = z.tuple([z.strictObject({ type: z.literal('hotwork_action'), request: RequestId })])

/** A token exchange (RFC 8693 section 2.1): for which request, by whose token, and for whom. */
export type TokenExchange = { subjectToken: string; request: RequestId; targets: readonly string[] }

/** @throws OAuthError */
export function readTokenExchange(form: ReadonlyMap<string, string>): TokenExchange {
  const grantType = form.get('grant_type')
  if (grantType === undefined) throw new OAuthError('invalid_request', 'grant_type is missing')
  if (grantType !== tokenExchange)
    throw new OAuthError('unsupported_grant_type', `grant_type should be ${tokenExchange}`)
  const subjectToken = form.get('subject_token')
  if (subjectToken === undefined) throw new OAuthError('invalid_request', 'subject_token is missing')
  if (form.get('subject_token_type') !== tokenTypes.jwt)
    throw new OAuthError('invalid_request', `subject_token_type should be ${tokenTypes.jwt}`)
  if (form.has('actor_token') || form.has('actor_token_type'))
    throw new OAuthError('invalid_request', 'actor_token is not supported: the agent acts for itself')
  const requested = form.get('requested_token_type') ?? tokenTypes.accessToken
  if (requested !== tokenTypes.accessToken && requested !== tokenTypes.jwt)
    throw new OAuthError('invalid_request', `requested_token_type should be ${tokenTypes.accessToken}`)
  if (form.has('scope'))
    throw new OAuthError('invalid_scope', 'there are no scopes here: authorization_details say what is asked')
  const targets = [form.get('audience'), form.get('resource')].filter((target) => target !== undefined)
  return { subjectToken, request: readDetails(form.get('authorization_details')), targets }
}

function readDetails(text: string | undefined): RequestId {
  const wanted = 'authorization_details should be [{"type":"hotwork_action","request":"req_..."}]'
  try {
    const details = Detail.safeParse(readJson(text ?? ''))
    if (details.success) return details.data[0].request
  } catch (fault) {
    if (!(fault instanceof BadJson)) throw fault
  }
  throw new OAuthError('invalid_authorization_details', wanted)
}

/** RFC 8693 section 2.2.1, with the details that were granted (RFC 9396 section 7). */
export const tokenAnswer = (issued: { token: string; expiresIn: number; details: unknown }): Answer => ({
  status: 200,
  headers: { 'cache-control': 'no-store', pragma: 'no-cache' },
  body: {
    access_token: issued.token,
    issued_token_type: tokenTypes.accessToken,
    token_type: 'DPoP',
    expires_in: issued.expiresIn,
    authorization_details: issued.details,
  },
})
