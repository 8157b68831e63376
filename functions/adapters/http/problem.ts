/** An answer of any door: a status, headers and a body that is JSON already. */
export type Answer = { status: number; headers?: { [name: string]: string }; body?: unknown }

/** The problem types that ARAP names; ours are `{issuer}/problems/<code>`. */
const arapTypes = new Set([
  'not_requestable',
  'expired_denial',
  'invalid_denial_binding',
  'duplicate_request',
  'unknown_task',
  'task_expired',
  'invalid_task_state',
])

/** Problem details (RFC 9457). `detail` names the field and the fix. */
export type Problem = {
  status: number
  code: string
  title: string
  detail?: string
  headers?: { [name: string]: string }
}

/** A request that cannot be taken as it is, thrown where it is found. */
export class BadRequest extends Error {
  override readonly name = 'BadRequest'
  readonly problem: Problem
  constructor(problem: Problem) {
    super(problem.title)
    this.problem = problem
  }
}

export const problemType = (issuer: string, code: string): string =>
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
    ...(detail === undefined ? {} : { detail }),
    instance: requestId,
  },
})

export const badRequest = (code: string, title: string, detail?: string): BadRequest =>
  new BadRequest({ status: 400, code, title, ...(detail === undefined ? {} : { detail }) })
