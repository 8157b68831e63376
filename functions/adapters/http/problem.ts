// Rules: test/http/problem-types.test.ts
import { Refusal, refusals, type Told, toldOf } from '../../domain/refusals.ts'
import { defined } from '../../domain/values.ts'

export type Answer = { status: number; headers?: { [name: string]: string }; body?: unknown }

/** The codes with a type of the standard. Hotwork's own types are `{issuer}/problems/<code>`. */
const arapTypes = new Set([
  'not_requestable',
  'expired_denial',
  'invalid_denial_binding',
  'duplicate_request',
  'unknown_task',
  'task_expired',
  'invalid_task_state',
])

const ofTheApi = {
  // the call
  not_found: ['This address does not exist', 'the documents under `/.well-known/` name the addresses that exist'],
  invalid_request: ['The call does not match this endpoint', 'the detail names the member and what it should be'],
  invalid_json: [
    'The body is invalid or ambiguous JSON',
    'send each member once, whole numbers below 2^53, and no lone surrogates',
  ],
  invalid_form: ['The form does not belong to this page', 'open the page again and send its form'],
  foreign_form: ['The form came from another site', 'open the page here and send its form'],
  too_large: ['The body is too large', 'send at most 64 KiB'],
  server_error: ['This failed in Hotwork', 'try again later, and tell the operator if it stays'],
  right_missing: [
    'AWS denies Hotwork a right that this needs',
    'tell the operator: retries are useless until they have looked',
  ],
  temporarily_unavailable: ['A service that this needs does not answer', 'ask again in a moment, with the same key'],
  // the caller
  missing_token: ['This needs a token', 'send `Authorization: Bearer` with a token whose audience is this issuer'],
  invalid_token: ['The token is invalid here', 'get a new token, for the audience that the metadata names'],
  invalid_dpop_proof: [
    'The proof of the key is missing or invalid',
    'make a new proof for each call, for its method and address, with the key that the request was sent with',
  ],
  insufficient_user_authentication: [
    'This needs a stronger or newer login',
    'log in as the challenge of the answer says, and ask again with the new token',
  ],
  logged_out: ['You are no longer logged in', 'log in again; nothing was recorded'],
  no_login: ['There is no login here yet', 'the operator names a provider in the deployment file'],
  bad_signature: ['The signature is invalid', 'sign with the secret that the operator set, within five minutes'],
  // names that do not exist
  unknown_task: ['There is no such task', 'the id should be that of a request of your own'],
  unknown_use: ['There is no such use', 'the id should be that of a use of your own'],
  unknown_page: ['There is no such page', 'follow a link from the list of requests that wait for you'],
  unknown_person: ['There is no such person', 'the id should be that of a person who is, or was, in the directory'],
  unknown_aggregate: [
    'There is no such record',
    'the id should be one that this API has given out, or that of an actor',
  ],
  calls_not_told: ['The calls cannot be read now', 'ask again in a minute'],
  not_yet_anchored: [
    'The newest entry of this record is not in the log yet',
    'ask again as `Retry-After` says: the notary follows within seconds',
  ],
  record_broken: ['The record is broken, so there is no receipt', 'tell the operator: the alarm names the entry'],
  unknown_bundle: [
    'No bundle of this hash was kept',
    'the hash should be that of an entry; a bundle is kept within five minutes of its deployment',
  ],
  bundle_broken: [
    'The bundle kept under this hash has the wrong content',
    'tell the operator: the alarm names the hash',
  ],
  no_drill: ['That is not a drill', 'only a drill has a report'],
  // using
  arguments_mismatch: ['The tool is about to do something that was not approved', 'do what was approved, or ask again'],
  mediated: ['Hotwork makes the call of the approved action itself', 'let Hotwork make it at `/aws/calls`'],
  not_mediated: ['The agent makes the call of the approved action itself', 'get credentials at `/aws/credentials`'],
  call_failed: ['AWS refused the approved call', 'the detail has AWS’s answer'],
} as const satisfies { readonly [code: string]: readonly [so: string, next: string] }

/** The codes of problems. Each has a page, `GET /problems/<code>`. */
export type ProblemCode = Refusal | keyof typeof ofTheApi
export const problemCodes = [...Refusal.options, ...Object.keys(ofTheApi)] as readonly ProblemCode[]

export function problemTypeOf(code: string): { title: string; fix: string } | undefined {
  if (Object.hasOwn(ofTheApi, code)) {
    const [title, fix] = ofTheApi[code as keyof typeof ofTheApi]
    return { title, fix }
  }
  const refusal = Refusal.safeParse(code)
  return refusal.success ? { title: refusals[refusal.data].so, fix: fixOf(refusals[refusal.data]) } : undefined
}

/** RFC 9457. `detail` names the field and the fix. */
export type Problem = {
  status: number
  code: ProblemCode
  title: string
  detail?: string
  headers?: { [name: string]: string }
}

export class BadRequest extends Error {
  override readonly name = 'BadRequest'
  readonly problem: Problem
  constructor(problem: Problem) {
    super(problem.title)
    this.problem = problem
  }
}

export const problemType = (issuer: string, code: ProblemCode): string =>
  arapTypes.has(code) ? `urn:openid:authzen:access-request:error:${code}` : `${issuer}/problems/${code}`

export const answerProblem = (
  issuer: string,
  requestId: string,
  { status, code, title, detail, headers }: Problem,
): Answer => ({
  status,
  headers: { 'content-type': 'application/problem+json', 'cache-control': 'no-store', ...headers },
  body: {
    type: problemType(issuer, code),
    title,
    status,
    ...defined({ detail }),
    instance: requestId,
  },
})

export const badRequest = (code: ProblemCode, title: string, detail?: string): BadRequest =>
  new BadRequest({ status: 400, code, title, ...defined({ detail }) })

const fixOf = ({ field, next }: Pick<Told, 'field' | 'next'>): string =>
  field === undefined ? next : `\`${field}\`: ${next}`

export function apiProblem(
  status: number,
  code: keyof typeof ofTheApi,
  detail?: string,
  headers?: Problem['headers'],
): BadRequest {
  const [title, fix] = ofTheApi[code]
  return new BadRequest({ status, code, title, detail: detail ?? fix, ...defined({ headers }) })
}

export function refusalProblem(code: Refusal, detail?: string, headers?: Problem['headers']): BadRequest {
  if (code === 'key_mismatch') return badProof(code)
  if (code === 'replayed') return badProof('this proof was used before: make a new one for each call')
  const { status, so, ...rest } = toldOf(code, detail)
  if (code === 'insufficient_login' && status === 401) return insufficientLogin(detail ?? '')
  // Only the time is wrong, so people need not be asked.
  const next = code === 'policy_denied' && detail !== undefined ? 'ask again then' : fixOf(rest)
  const told = { status, code, title: so, detail: [next, detail].filter(Boolean).join(': ') }
  return new BadRequest({ ...told, ...defined({ headers }) })
}

/** @param retryAfter seconds */
export const tooManyRequests = (detail: string, retryAfter: number): BadRequest => {
  const { status, so } = refusals.too_many_requests
  const headers = { 'retry-after': String(retryAfter) }
  return new BadRequest({ status, code: 'too_many_requests', title: so, detail, headers })
}

/** RFC 9449 section 7.1: for the client a wrong key and a replayed proof are both an invalid proof. */
export const badProof = (detail: string): BadRequest =>
  new BadRequest({
    status: 401,
    code: 'invalid_dpop_proof',
    title: ofTheApi.invalid_dpop_proof[0],
    detail,
    headers: {
      'www-authenticate': `DPoP error="invalid_dpop_proof", error_description="${detail.replaceAll(/["\\]/g, "'")}", algs="ES256"`,
    },
  })

/** RFC 9470 section 3. It names all terms of the stage, so that one more login is enough. */
export function insufficientLogin(
  wanted: string | { acr?: string | undefined; maxAge?: number | undefined },
): BadRequest {
  const { acr, maxAge } =
    typeof wanted !== 'string' ? wanted : /^\d+$/.test(wanted) ? { maxAge: Number(wanted) } : { acr: wanted }
  const parameters = [
    ...(acr === undefined ? [] : [`acr_values="${acr}"`]),
    ...(maxAge === undefined ? [] : [`max_age="${maxAge}"`]),
  ]
  const fixes = [
    ...(acr === undefined ? [] : [`with \`acr_values=${acr}\``]),
    ...(maxAge === undefined ? [] : [`at most ${maxAge} s before`]),
  ]
  return new BadRequest({
    status: 401,
    code: 'insufficient_user_authentication',
    title: ofTheApi.insufficient_user_authentication[0],
    detail: `log in ${fixes.join(', ')}, and ask again with the new token`,
    headers: {
      'www-authenticate': ['Bearer error="insufficient_user_authentication"', ...parameters].join(', '),
    },
  })
}
