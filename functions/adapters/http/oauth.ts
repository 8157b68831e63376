// Rules: test/http/oauth.test.ts, test/http/oauth-tokens.test.ts
import * as z from 'zod'
import { ParentTask } from '../../domain/record/ask-terms.ts'
import { type Json, type JsonObject, RequestId, Resource } from '../../domain/values.ts'
import { whatIsWrong } from '../../domain/what-is-wrong.ts'
import { BadJson, readJson } from '../read-json.ts'
import { SaidBody } from './authzen.ts'
import { type Call, type Endpoint, endpoint, type Settings } from './endpoint.ts'
import type { Answer, Problem } from './problem.ts'
import type { Form } from './read-body.ts'

/** RFC 6749 section 5.2. */
export class OAuthError extends Error {
  override readonly name = 'OAuthError'
  readonly error: string
  readonly status: number
  constructor(error: string, description: string, status = 400) {
    super(description)
    this.error = error
    this.status = status
  }
}

/** An endpoint whose problems have the form of RFC 6749 section 5.2. */
export const oauthEndpoint = (settings: Settings, handle: (call: Call) => Promise<Answer>): Endpoint =>
  endpoint({ tell: oauthProblem, ...settings }, (call) =>
    handle(call).catch((fault: unknown) => {
      if (fault instanceof OAuthError) return oauthAnswer(fault)
      throw fault
    }),
  )

export const oauthAnswer = ({ error, message, status }: OAuthError): Answer => ({
  status,
  headers: uncached,
  body: { error, error_description: printable(message) },
})

/** Errors of RFC 6749, RFC 9449 and RFC 9470 keep their name. */
export const oauthProblem = ({ status, code, title, detail, headers }: Problem): Answer => ({
  status,
  headers: { ...uncached, ...headers },
  body: { error: errorOf(status, code), error_description: printable(describe(status, title, detail)) },
})

const errorOf = (status: number, code: string): string => {
  if (code === 'insufficient_user_authentication') return code
  if (status === 401) return 'invalid_client'
  if (status === 503 || status === 429) return 'temporarily_unavailable'
  if (status >= 500) return 'server_error'
  return code === 'invalid_dpop_proof' ? code : 'invalid_request'
}

const describe = (status: number, title: string, detail: string | undefined): string => {
  if (status === 503) return `${title}: ask again in a moment`
  return detail === undefined ? title : `${title}: ${detail}`
}

const uncached = { 'cache-control': 'no-store', pragma: 'no-cache' }

const printable = (text: string): string => text.replaceAll(/[^\x20-\x21\x23-\x5b\x5d-\x7e]/g, "'")

export const tokenExchange = 'urn:ietf:params:oauth:grant-type:token-exchange'
/** OAuth Deferred Token Response: the grant by which a client waits. */
export const deferredGrant = 'urn:ietf:params:oauth:grant-type:deferred'
const tokenTypes = {
  jwt: 'urn:ietf:params:oauth:token-type:jwt',
  accessToken: 'urn:ietf:params:oauth:token-type:access_token',
}

const type = z.literal('hotwork_action')
const Claimed = z.tuple([z.strictObject({ type, request: RequestId })])
/** The members that an evaluation and its submission share. */
const Asked = z.tuple([
  z.strictObject({
    type,
    action: z.string().min(1).max(256),
    arguments: z.record(z.string(), z.json()),
    resource: Resource.optional(),
    ...SaidBody.shape,
    parent_task: ParentTask,
  }),
])
type Asked = z.infer<typeof Asked>[0]

/** A token exchange (RFC 8693 section 2.1). Its details name a request, or an action to ask for in this call. */
type TokenExchange = { subjectToken: string; targets: readonly string[] } & ({ request: RequestId } | { asked: Asked })

/** @throws OAuthError */
export function readTokenExchange(form: Form): TokenExchange {
  const grantType = form.get('grant_type')
  if (grantType === undefined) throw new OAuthError('invalid_request', 'grant_type is missing')
  if (grantType !== tokenExchange)
    throw new OAuthError('unsupported_grant_type', `grant_type should be ${tokenExchange} or ${deferredGrant}`)
  const subjectToken = form.get('subject_token')
  if (subjectToken === undefined) throw new OAuthError('invalid_request', 'subject_token is missing')
  if (form.get('subject_token_type') !== tokenTypes.jwt)
    throw new OAuthError('invalid_request', `subject_token_type should be ${tokenTypes.jwt}`)
  if (form.has('actor_token') || form.has('actor_token_type'))
    throw new OAuthError('invalid_request', 'actor_token is not supported: the agent acts for itself')
  const requested = form.get('requested_token_type') ?? tokenTypes.accessToken
  if (requested !== tokenTypes.accessToken && requested !== tokenTypes.jwt)
    throw new OAuthError('invalid_request', `requested_token_type should be ${tokenTypes.accessToken}`)
  if (form.has('scope')) throw new OAuthError('invalid_scope', 'scopes are not supported: use authorization_details')
  const targets = [...form.all('audience'), ...form.all('resource')]
  const wanted = readDetails(form.get('authorization_details'))
  const mode = form.get('completion_mode')
  if (mode === undefined ? 'asked' in wanted : !mode.split(' ').includes('deferred'))
    throw new OAuthError('invalid_request', 'completion_mode should be deferred, since people may have to decide first')
  return { subjectToken, ...wanted, targets }
}

/** @throws OAuthError */
export function readDeferral(form: Form): { code: string; clientId: string | undefined } {
  const code = form.get('deferral_code')
  if (code === undefined) throw new OAuthError('invalid_request', 'deferral_code is missing')
  return { code, clientId: form.get('client_id') }
}

function readDetails(text: string | undefined): { request: RequestId } | { asked: Asked } {
  let details: Json
  try {
    details = readJson(text ?? '')
  } catch (fault) {
    if (fault instanceof BadJson) throw badDetails()
    throw fault
  }
  const claimed = Claimed.safeParse(details)
  if (claimed.success) return { request: claimed.data[0].request }
  const asked = Asked.safeParse(details)
  if (asked.success) return { asked: asked.data[0] }
  const asks = Array.isArray(details) && typeof details[0] === 'object' && details[0] !== null && 'action' in details[0]
  throw badDetails(asks ? `: ${whatIsWrong(asked.error, 'authorization_details')}` : '')
}

const badDetails = (why = '') =>
  new OAuthError(
    'invalid_authorization_details',
    `authorization_details should be [{"type":"hotwork_action","request":"req_..."}], or with action, arguments, purpose and parent_task in place of request${why}`,
  )

/** RFC 8693 section 2.2.1, with the details that were granted (RFC 9396 section 7). */
export const tokenAnswer = (issued: { token: string; expiresIn: number; details: unknown }): Answer => ({
  status: 200,
  headers: uncached,
  body: {
    access_token: issued.token,
    issued_token_type: tokenTypes.accessToken,
    token_type: 'DPoP',
    expires_in: issued.expiresIn,
    authorization_details: issued.details,
  },
})

/**
 * Each answer repeats the code, so that clients need not store it. `interval` is in seconds. `slow_down` is a kind of
 * pending (RFC 8628 section 3.5).
 */
export const waitingAnswer = (waiting: {
  code: string
  expiresIn: number
  interval: number
  tooSoon: boolean
}): Answer => ({
  status: 400,
  headers: uncached,
  body: {
    error: waiting.tooSoon ? 'slow_down' : 'authorization_pending',
    error_description: waiting.tooSoon
      ? `ask at most once in ${waiting.interval} s`
      : `people decide: ask again with the deferral_code, every ${waiting.interval} s`,
    deferral_code: waiting.code,
    expires_in: waiting.expiresIn,
    interval: waiting.interval,
  },
})

/** Reads the token. `token_type_hint` may be ignored (RFC 7009 section 2.1). @throws OAuthError */
export function readToken(form: ReadonlyMap<string, string>): string {
  const token = form.get('token')
  if (token === undefined) throw new OAuthError('invalid_request', 'token is missing')
  return token
}

/**
 * The answer for an unknown token: success, and an unknown hint is ignored (RFC 7009 section 2.1). But a hint at a
 * refresh token is refused, since there are none (section 2.2.1).
 * @throws OAuthError
 */
export function answerUnknown(form: ReadonlyMap<string, string>): Answer {
  if (form.get('token_type_hint') !== 'refresh_token') return revokedAnswer
  throw new OAuthError('unsupported_token_type', 'there are no refresh tokens here: only access tokens are revoked')
}

/** RFC 7662 section 2.2, RFC 9449 section 6.2, RFC 8693 section 4.1. */
const told = ['client_id', 'sub', 'aud', 'iss', 'exp', 'iat', 'nbf', 'jti', 'cnf', 'act']

/**
 * RFC 9396 section 9.2. There are no scopes.
 * @param details its `authorization_details`, with the uses that are left
 */
export const activeAnswer = (claims: JsonObject, details: readonly JsonObject[]): Answer => ({
  status: 200,
  headers: uncachedHeaders,
  body: {
    active: true,
    token_type: 'DPoP',
    ...Object.fromEntries(told.flatMap((claim) => (claims[claim] === undefined ? [] : [[claim, claims[claim]]]))),
    authorization_details: details,
  },
})

const uncachedHeaders = { 'cache-control': 'no-store', pragma: 'no-cache' }

/** The one answer for every fault, so that callers do not learn the reason (RFC 7662 section 2.2). */
export const inactiveAnswer: Answer = { status: 200, headers: uncachedHeaders, body: { active: false } }

/** RFC 7009 section 2.2: an unknown token is a success too. */
export const revokedAnswer: Answer = { status: 200, headers: uncachedHeaders }
