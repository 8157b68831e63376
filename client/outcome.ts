// Rules: test/client/requests/ask.test.ts, test/client/http.test.ts
/** The exit codes of docs/command-line.md. */
export const exits = {
  done: 0,
  fault: 1,
  usage: 2,
  pending: 3,
  denied: 4,
  expired: 5,
  revoked: 6,
} as const
export type Exit = (typeof exits)[keyof typeof exits]

/** The grant has ended: its key is useless. */
export const isOver = ({ exit }: { exit: Exit }): boolean => exit === exits.expired || exit === exits.revoked

const exitsOfStatus = new Map<string, Exit>([
  ['approved', exits.done],
  ['completed', exits.done],
  ['pending', exits.pending],
  ['state_changed', exits.pending],
  ['not_yet', exits.pending],
  ['denied', exits.denied],
  ['revise', exits.denied],
  ['expired', exits.expired],
  ['withdrawn', exits.revoked],
  ['revoked', exits.revoked],
])

export const exitOfStatus = (status: string): Exit => exitsOfStatus.get(status) ?? exits.fault

/** The code takes precedence over the status: a 409 may mean a refusal or a retry. */
export function exitOfRefusal(status: number, code: string): Exit {
  // `state_changed`: people decide again, on the changed resource.
  if (['no_review_due', 'not_yet_anchored', 'not_yet', 'state_changed'].includes(code)) return exits.pending
  // `outcome_unknown`: the call was begun, but its result is unknown.
  if (code === 'outcome_unknown' || status >= 500 || status === 429) return exits.fault
  return status === 401 || status === 403 || status === 409 ? exits.denied : exits.usage
}

/** The resource has changed since the approval: the request is pending again, in its next round. */
export const isStateChanged = (trouble: unknown): boolean =>
  trouble instanceof Refusal && trouble.told.code === 'state_changed'

/** `retryAfter`: the seconds after which another answer is possible, if the API says so. */
export type Told = { code: string; title: string; detail?: string | undefined; retryAfter?: number | undefined }

export class Trouble extends Error {
  readonly exit: Exit
  readonly told: Told
  /** The status of the API's answer, if the API said no. */
  readonly status: number | undefined = undefined
  constructor(exit: Exit, told: Told, options?: ErrorOptions) {
    super(
      told.detail === undefined ? told.title : `${told.title}${told.title.endsWith('?') ? '' : ':'} ${told.detail}`,
      options,
    )
    this.exit = exit
    this.told = told
  }
}

/** An expected no: by the API, by policy, or by this program about its arguments. */
export class Refusal extends Trouble {
  override readonly name = 'Refusal'
}

/** A failure. The act may have happened, unless the text denies it. */
export class Fault extends Trouble {
  override readonly name = 'Fault'
  constructor(told: Told, options?: ErrorOptions) {
    super(exits.fault, told, options)
  }
}

/** An error without a stack: Node prints the frames and members of an uncaught error. */
export function wrongUsage(title: string, detail: string): Refusal {
  const refusal = new Refusal(exits.usage, { code: 'usage', title, detail })
  for (const member of Object.keys(refusal)) Object.defineProperty(refusal, member, { enumerable: false })
  refusal.stack = `${refusal.name}: ${refusal.message}`
  return refusal
}

/** The system's error code, such as ENOENT. The message may quote the request, so it is not used. */
export function systemCodeOf(fault: unknown): string | undefined {
  const { code, cause } = Object(fault) as { code?: unknown; cause?: unknown }
  if (typeof code === 'string') return code
  return cause === undefined ? undefined : systemCodeOf(cause)
}

const unanswered: { readonly [code: string]: string } = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  ENOTFOUND: 'its name is not known',
  EAI_AGAIN: 'its name cannot be looked up now',
}

/**
 * The reason for a missing answer, from the system's error code. The message may quote the request, so it is not used.
 */
export function whyUnanswered(fault: unknown): string {
  if (Object(fault).name === 'TimeoutError') return 'it took too long'
  const code = systemCodeOf(fault) ?? 'no connection'
  return unanswered[code] === undefined ? code : `${unanswered[code]} (${code})`
}
