import { join } from 'node:path'

/** What a function asks of policy: nothing, the bundle's facts, or Cedar's answers too. */
export type PolicyUse = 'none' | 'facts' | 'answers'

type FunctionRow = {
  policy: PolicyUse
  /** How many may run at once, and no fewer: set apart from the rest of the account. */
  reserved?: number
  /** Its own alarm when it throws, beside the one alarm for all functions. */
  alarm?: true
  /** If not ten. */
  seconds?: number
  /** If not 512 for `answers` and 256 for the rest. A share of a processor comes with them, a whole one with 1,769. */
  megabytes?: number
  /** The end of its role's fixed name, where a policy of a target account names it. */
  role?: 'auditor' | 'broker' | 'revoker'
}

/**
 * Every Lambda, by the stem of its entry file.
 *
 * What stops things has concurrency set apart, so that no flood of other calls takes its place: halting, revoking, the
 * way of a deny to IAM, the gate, and break-glass. A held read keeps a Lambda for up to 25 s: its number is a bound.
 */
export const functions = {
  metadata: { policy: 'facts' },
  evaluate: { policy: 'answers' },
  'submit-request': { policy: 'answers' },
  // A held read may last 25 s.
  'read-task': { policy: 'facts', reserved: 50, seconds: 29 },
  'sign-statement': { policy: 'none' },
  'cancel-request': { policy: 'facts' },
  'complete-request': { policy: 'facts' },
  'delegate-request': { policy: 'answers' },
  'issue-token': { policy: 'answers' },
  'introspect-token': { policy: 'facts' },
  'revoke-token': { policy: 'facts', reserved: 10 },
  'issue-aws-credentials': { policy: 'answers', role: 'broker' },
  // As long as the API waits: a call that is cut off is looked up later, which takes the agent another call.
  'call-aws': { policy: 'answers', seconds: 29 },
  'begin-use': { policy: 'answers', reserved: 50 },
  'end-use': { policy: 'facts' },
  'decide-request': { policy: 'answers' },
  'give-stand-in': { policy: 'answers' },
  'end-stand-in': { policy: 'answers' },
  'revoke-request': { policy: 'answers', reserved: 10 },
  'give-permit': { policy: 'answers' },
  'revoke-permit': { policy: 'answers' },
  'declare-halt': { policy: 'answers', reserved: 10, alarm: true },
  'lift-halt': { policy: 'answers' },
  'read-requests': { policy: 'answers' },
  'open-break-glass': { policy: 'answers', reserved: 10, alarm: true },
  'conclude-break-glass': { policy: 'answers' },
  'read-break-glass': { policy: 'answers' },
  'show-pages': { policy: 'answers' },
  'decide-on-page': { policy: 'answers' },
  'open-on-page': { policy: 'answers' },
  'log-in': { policy: 'facts' },
  'link-slack': { policy: 'facts' },
  // Slack gives up after 3 s; the handler answers within 2.2 s, and a first start may need the rest: with a whole
  // processor, since a share of one takes so many times as long (docs/performance.md).
  'receive-slack': { policy: 'answers', seconds: 5, megabytes: 1769 },
  'decide-burst': { policy: 'answers' },
  'await-outcome': { policy: 'none' },
  'advance-workflow': { policy: 'facts' },
  'follow-workflow': { policy: 'none' },
  'hand-on': { policy: 'none', reserved: 20, alarm: true },
  'draw-card': { policy: 'answers' },
  'set-reminders': { policy: 'none' },
  'write-denies': { policy: 'facts', reserved: 10, alarm: true, role: 'revoker' },
  'report-sealed-use': { policy: 'facts' },
  // CloudTrail answers two look-ups a second.
  'reconcile-sessions': { policy: 'facts', seconds: 600, role: 'auditor' },
  'refresh-slack-groups': { policy: 'facts' },
  'sweep-overdue': { policy: 'facts' },
} as const satisfies { readonly [name: string]: FunctionRow }
export type FunctionName = keyof typeof functions

/** A function's row, with what it does not say as undefined. */
export const rowOf = (name: FunctionName): FunctionRow => functions[name]

const handlers = join(import.meta.dirname, '../functions/handlers')

/** The entry file of a function. */
export const entryOf = (name: FunctionName): string => join(handlers, `${name}.ts`)

/** The program that compiles a policy folder. */
export const compiler = join(handlers, 'compile-policies.ts')

/** Lambda leaves so many of an account's quota to all functions, and refuses a reservation that takes from them. */
const keptByLambda = 100

/** The account quota that the usual reservation needs. */
export const quotaNeeded = Object.values<FunctionRow>(functions).reduce(
  (sum, { reserved = 0 }) => sum + reserved,
  keptByLambda,
)
