/** What goes over the wire: the members of the standards' JSON that this agent reads. */

/** An AuthZEN access evaluation (Authorization API 1.0): who wants to do what, on what, and what for. */
export interface Ask {
  subject: { type: string; id: string }
  action: { name: string; properties: Record<string, unknown> }
  resource: { type: string; id: string }
  context: {
    purpose: string
    justification?: string
    parent_task: { id: string; url?: string }
    /** The approval that the agent says covers this: all of what its task's `result` has, unchanged. */
    approval?: Pick<Approval, 'id'> & Partial<Approval>
  }
}

export interface Evaluation {
  decision: boolean
  context: {
    evaluation_id: string
    evaluated_at: string
    reason?: string
    detail?: string
    /** There only when an approval would help (Access Request and Approval Profile). */
    access_request?: {
      endpoint: string
      template: string
      expires_at: string
      binding_token?: string
      display: { title: string }
    }
    approval?: { id: string; approved_until: string }
  }
}

/** The members of the denial that a submission repeats, each as it came. */
export const denialOf = ({ evaluation_id, evaluated_at, reason, access_request }: Evaluation['context']) => ({
  evaluation_id,
  evaluated_at,
  reason,
  expires_at: access_request?.expires_at,
  binding_token: access_request?.binding_token,
  template: access_request?.template,
})

/** An ARAP task: the state of a request. Hotwork's own members stand in `task.display`, under `{issuer}/ns/hotwork`. */
export interface Task {
  task: {
    id: string
    status: 'pending' | 'approved' | 'denied' | 'expired' | 'cancelled'
    status_endpoint: string
    expires_at: string
    progress?: { current_step: number; total_steps: number; step_name: string }
  }
  result?: { mode: 'reevaluate'; approval: Approval }
  hotwork: {
    tier: number
    round: number
    digest: string
    arguments_digest: string
    /** What the credential cannot pin, in plain words. */
    unpinned: string[]
    /** There if an approver narrowed it: all arguments, uses and seconds of lifetime that are approved. */
    narrowed?: { arguments: Record<string, unknown>; uses: number; lifetime: number }
    stages: { name: string; quorum: number; decisions: { approve: number; deny: number }; deadline?: string }[]
    grant?: { claim_by: string; not_after: string; uses_left: number; status: string }
  }
}

export interface Approval {
  id: string
  approved_until: string
  state?: string
}

/** The request as it was approved: an approver may have narrowed it. Anything else is refused as out of scope. */
export const asApproved = (ask: Ask, { hotwork: { narrowed } }: Task): Ask =>
  narrowed ? { ...ask, action: { ...ask.action, properties: narrowed.arguments } } : ask

/** The answer of the token endpoint (RFC 8693 section 2.2.1, RFC 9396 section 7). */
export interface TokenAnswer {
  access_token: string
  token_type: 'DPoP'
  expires_in: number
  authorization_details: Record<string, unknown>[]
}

/** What AWS SDKs take from a `credential_process`. */
export interface AwsCredentials {
  Version: 1
  AccessKeyId: string
  SecretAccessKey: string
  SessionToken: string
  Expiration: string
}

/** An answer that is no success: problem details (RFC 9457), or an OAuth error (RFC 6749 section 5.2). */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly status: number
  /** The last part of the problem's `type`, or OAuth's `error`. */
  readonly code: string
  readonly headers: Headers

  constructor(response: Response, text: string) {
    const body = parse(text)
    const said = body.detail ?? body.error_description ?? body.title ?? text.slice(0, 200)
    const code = body.error ?? body.type?.split(/[/:]/).at(-1) ?? 'no_code'
    super(`${response.status} ${code}: ${said}`)
    this.status = response.status
    this.code = code
    this.headers = response.headers
  }
}

type ErrorBody = Partial<Record<'type' | 'title' | 'detail' | 'error' | 'error_description', string>>

function parse(text: string): ErrorBody {
  try {
    return JSON.parse(text) as ErrorBody
  } catch {
    return {}
  }
}

/** The JSON of an answer. @throws Refusal When the status is 400 or above. */
export async function readAnswer<T>(response: Response): Promise<T> {
  const text = await response.text()
  if (!response.ok) throw new Refusal(response, text)
  return JSON.parse(text) as T
}
