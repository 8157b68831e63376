/** How a command ends (interfaces.md section 4), so that a script need not read what is printed. */
export const exits = {
  /** Done, approved, allowed. */
  done: 0,
  fault: 1,
  usage: 2,
  pending: 3,
  denied: 4,
  expired: 5,
  /** Withdrawn or revoked: ended before its time. */
  revoked: 6,
} as const
export type Exit = (typeof exits)[keyof typeof exits]

/** What the state of a request is as an exit code. */
export function exitOfStatus(status: string): Exit {
  switch (status) {
    case 'approved':
    case 'completed':
      return exits.done
    case 'pending':
      return exits.pending
    case 'denied':
      return exits.denied
    case 'expired':
      return exits.expired
    case 'withdrawn':
    case 'revoked':
      return exits.revoked
    default:
      return exits.fault
  }
}

/** What a refusal of the API is as an exit code. The code goes first: a conflict may be a no, or only too early. */
export function exitOfRefusal(status: number, code: string): Exit {
  if (code === 'no_review_due') return exits.pending
  // It was begun, and nobody knows whether it was done.
  if (code === 'outcome_unknown') return exits.fault
  // `Retry-After` was heeded until it was no use: nobody has said no.
  if (status >= 500 || status === 429) return exits.fault
  return status === 401 || status === 403 || status === 409 ? exits.denied : exits.usage
}
