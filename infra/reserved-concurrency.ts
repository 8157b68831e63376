import type { FunctionName } from './functions.ts'

/**
 * How many of a function may run at once, set apart from the rest of the account: so many it always gets, and no more. What
 * stops things is here, so that no flood of other calls takes its place: halting, revoking, the way of a deny to IAM, the
 * gate, and breaking the glass. Reads that wait hold a Lambda each for up to 25 s: they are here for the bound,
 * and a rate for each agent keeps one from taking all of them.
 */
export const usualConcurrency: { readonly [name in FunctionName]?: number } = {
  'declare-halt': 10,
  'revoke-request': 10,
  'revoke-token': 10,
  'hand-on': 20,
  'write-denies': 10,
  'begin-use': 50,
  'open-break-glass': 10,
  'read-task': 50,
}

/** Lambda leaves so many of an account's quota to all functions, and refuses a reservation that takes from them. */
const keptByLambda = 100

/** The account quota that the usual reservation needs. */
export const quotaNeeded = keptByLambda + Object.values(usualConcurrency).reduce((sum, count) => sum + count, 0)
