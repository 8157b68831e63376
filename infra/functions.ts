import { existsSync } from 'node:fs'
import { join } from 'node:path'

export type PolicyUse = 'none' | 'facts' | 'answers'

/** Of those that read the present state of what a request would change; so does the broker. */
const readingRoles = [
  'decide-burst',
  'decide-on-page',
  'decide-request',
  'issue-token',
  'receive-slack',
  'submit-request',
] as const
type ReadingRole = (typeof readingRoles)[number]

type FunctionRow = {
  caller: 'agents' | 'tools' | 'people' | 'pages' | 'slack' | 'streams' | 'timers' | 'transmitters'
  policy: PolicyUse
  /** Whether it goes by the dates in the files alone, and reads no recertification. */
  asDeployed?: true
  /** Concurrency set apart from the rest of the account: a bound too. */
  reserved?: number
  /** Its own alarm when it throws, beside the one for all functions. */
  alarm?: true
  seconds?: number
  /** If not 512 for `answers` and 256 for the rest. 1,769 is a whole processor. */
  megabytes?: number
  /** Of the kind of target that it acts on alone: its entry lies there. */
  target?: 'aws'
  /** The end of its role's fixed name, where a policy of a target account names it. */
  role?: 'auditor' | 'broker' | 'call-reader' | 'notary' | 'revoker' | 'simulator' | ReadingRole
}

/** By the stem of the entry file. What stops things has concurrency set apart: no flood takes its place. */
export const functions = {
  metadata: { caller: 'agents', policy: 'facts', asDeployed: true },
  evaluate: { caller: 'agents', policy: 'answers' },
  'submit-request': { caller: 'agents', policy: 'answers', role: 'submit-request' },
  'read-task': { caller: 'agents', policy: 'facts', asDeployed: true, reserved: 50, seconds: 29 },
  'sign-statement': { caller: 'agents', policy: 'facts', asDeployed: true },
  'cancel-request': { caller: 'agents', policy: 'facts' },
  'complete-request': { caller: 'agents', policy: 'facts' },
  'delegate-request': { caller: 'agents', policy: 'answers' },
  'issue-token': { caller: 'agents', policy: 'answers', role: 'issue-token' },
  'introspect-token': { caller: 'tools', policy: 'facts' },
  'revoke-token': { caller: 'agents', policy: 'facts', reserved: 10 },
  'issue-aws-credentials': { caller: 'agents', target: 'aws', policy: 'answers', role: 'broker' },
  // As long as the API waits: a call that is cut off has to be looked up later.
  'call-aws': { caller: 'agents', target: 'aws', policy: 'answers', seconds: 29 },
  'begin-use': { caller: 'tools', policy: 'answers', reserved: 50 },
  'end-use': { caller: 'tools', policy: 'facts' },
  'manage-stream': { caller: 'tools', policy: 'facts' },
  'decide-request': { caller: 'people', policy: 'answers', role: 'decide-request' },
  'give-stand-in': { caller: 'people', policy: 'answers' },
  'end-stand-in': { caller: 'people', policy: 'answers' },
  'revoke-request': { caller: 'people', policy: 'answers', reserved: 10 },
  'give-permit': { caller: 'people', policy: 'answers' },
  'revoke-permit': { caller: 'people', policy: 'answers' },
  'declare-halt': { caller: 'people', policy: 'answers', reserved: 10, alarm: true },
  'lift-halt': { caller: 'people', policy: 'answers' },
  'receive-signal': { caller: 'transmitters', policy: 'facts', reserved: 10 },
  // As long as the API waits: thousands of texts go one by one.
  'erase-texts': { caller: 'people', policy: 'answers', seconds: 29 },
  'read-requests': { caller: 'people', policy: 'answers' },
  // As long as the API waits: IAM may be asked meanwhile.
  'read-agents': { caller: 'people', policy: 'answers', seconds: 29 },
  recertify: { caller: 'people', policy: 'answers' },
  // CloudTrail answers two look-ups a second.
  'read-calls': {
    ...{ caller: 'people', target: 'aws', policy: 'facts', asDeployed: true, seconds: 15 },
    role: 'call-reader',
  },
  'open-break-glass': { caller: 'people', policy: 'answers', reserved: 10, alarm: true },
  'conclude-break-glass': { caller: 'people', policy: 'answers' },
  'read-break-glass': { caller: 'people', policy: 'answers' },
  'show-pages': { caller: 'pages', policy: 'answers' },
  'decide-on-page': { caller: 'pages', policy: 'answers', role: 'decide-on-page' },
  'open-on-page': { caller: 'pages', policy: 'answers' },
  'log-in': { caller: 'pages', policy: 'facts', asDeployed: true },
  'link-slack': { caller: 'pages', policy: 'facts' },
  // Slack gives up after 3 s; the handler answers within 2.2 s, and a first start may need the rest: with a whole
  // processor, since a share of one takes so many times as long (docs/performance.md).
  'receive-slack': { caller: 'slack', policy: 'answers', seconds: 5, megabytes: 1769, role: 'receive-slack' },
  'decide-burst': { caller: 'slack', policy: 'answers', role: 'decide-burst' },
  'await-outcome': { caller: 'streams', policy: 'none' },
  'advance-workflow': { caller: 'streams', policy: 'facts' },
  'follow-workflow': { caller: 'streams', policy: 'none' },
  'hand-on': { caller: 'streams', policy: 'facts', asDeployed: true, reserved: 20, alarm: true },
  deliver: { caller: 'streams', policy: 'facts', asDeployed: true, seconds: 15 },
  'draw-card': { caller: 'slack', policy: 'answers', asDeployed: true },
  'set-reminders': { caller: 'timers', policy: 'none' },
  'write-denies': { caller: 'streams', target: 'aws', policy: 'facts', reserved: 10, alarm: true, role: 'revoker' },
  'report-sealed-use': { caller: 'streams', target: 'aws', policy: 'facts' },
  // CloudTrail answers two look-ups a second.
  'reconcile-sessions': { caller: 'timers', target: 'aws', policy: 'facts', seconds: 600, role: 'auditor' },
  // One agent after another, and IAM answers slowly.
  'look-at-hosts': { caller: 'timers', policy: 'facts', asDeployed: true, seconds: 600, role: 'simulator' },
  'refresh-groups': { caller: 'timers', policy: 'facts', asDeployed: true },
  // One at a time is enough, and two would only overtake each other.
  'notarize-entries': { caller: 'streams', policy: 'none', reserved: 1, seconds: 60, megabytes: 512, role: 'notary' },
  'reconcile-ledger': { caller: 'timers', policy: 'none', seconds: 300, megabytes: 512 },
  'read-log': { caller: 'people', policy: 'answers', asDeployed: true },
  'sign-receipt': { caller: 'people', policy: 'answers' },
  'look-after-agents': { caller: 'timers', policy: 'facts', seconds: 120, megabytes: 512 },
  // Most of it for CloudTrail, which it asks last; the next one comes in a minute.
  'sweep-overdue': { caller: 'timers', policy: 'facts', seconds: 50 },
} as const satisfies { readonly [name: string]: FunctionRow }
export type FunctionName = keyof typeof functions

/** The roles that target accounts let read. */
export const readers = ['broker', ...readingRoles] as const

export const rowOf = (name: FunctionName): FunctionRow => functions[name]

const beside = join(import.meta.dirname, 'functions')

/** In the package this file lies in `dist`, beside the code that is built already. In a checkout there is none. */
export const prebuilt: string | undefined = existsSync(beside) ? beside : undefined

const code = join(import.meta.dirname, '../functions')

export function entryOf(name: FunctionName): string {
  const { caller, target } = rowOf(name)
  return join(code, target === undefined ? join('handlers', caller) : join('targets', target), `${name}.ts`)
}

/** The program of policy authors, which compiles policies. */
export const policyProgram = prebuilt === undefined ? join(code, 'bin/policy.ts') : join(prebuilt, 'policy/index.cjs')

/** In a checkout alone. */
export const bundler = join(import.meta.dirname, 'bundle-functions.ts')

/** Lambda refuses a reservation that leaves the other functions of an account fewer than these. */
const keptByLambda = 100

export const quotaNeeded = Object.values<FunctionRow>(functions).reduce(
  (sum, { reserved = 0 }) => sum + reserved,
  keptByLambda,
)
