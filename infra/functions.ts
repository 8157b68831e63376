import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Writes } from './rows.ts'
import type { StatementKind } from './statements.ts'

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
  caller: 'agents' | 'tools' | 'people' | 'pages' | 'channels' | 'streams' | 'timers' | 'transmitters'
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
  /** The end of its role's fixed name, where a policy of a target account names it. */
  role?: 'auditor' | 'broker' | 'call-reader' | 'notary' | 'revoker' | 'simulator' | ReadingRole
}

/** The verbs of a target: each has a function and a role of its own. */
export type Verb = 'issue' | 'call' | 'end' | 'tell' | 'reconcile' | 'report'

/** One of `functions/targets/<kind>/lambdas.json`, which test/infra/lambdas.test.ts holds to this form. */
export type Descriptor = FunctionRow &
  Writes & {
    verb: Verb
    name: TargetFunction
    signs?: readonly StatementKind[]
    /** Whether it shows people what entries are committed to. */
    showsTexts?: true
    /** The reason for its time or memory. */
    why?: string
  }
declare const ofTarget: unique symbol
export type TargetFunction = string & { readonly [ofTarget]: true }

/** Those that act on no target alone, by the stem of the entry file. What stops things has concurrency set apart: no flood takes its place. */
const core = {
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
  'receive-slack': { caller: 'channels', policy: 'answers', seconds: 5, megabytes: 1769, role: 'receive-slack' },
  'decide-burst': { caller: 'channels', policy: 'answers', role: 'decide-burst' },
  'await-outcome': { caller: 'streams', policy: 'none' },
  'advance-workflow': { caller: 'streams', policy: 'facts' },
  'follow-workflow': { caller: 'streams', policy: 'none' },
  'hand-on': { caller: 'streams', policy: 'facts', asDeployed: true, reserved: 20, alarm: true },
  deliver: { caller: 'streams', policy: 'facts', asDeployed: true, seconds: 15 },
  'draw-card': { caller: 'channels', policy: 'answers', asDeployed: true },
  'set-reminders': { caller: 'timers', policy: 'none' },
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
export type CoreFunction = keyof typeof core
export type FunctionName = CoreFunction | TargetFunction

/** The roles that target accounts let read. */
export const readers = ['broker', ...readingRoles] as const

const beside = join(import.meta.dirname, 'functions')

/** In the package this file lies in `dist`, beside the code that is built already. In a checkout there is none. */
export const prebuilt: string | undefined = existsSync(beside) ? beside : undefined

const code = join(import.meta.dirname, '../functions')

/** By the kind of target. In the package they are in one file, beside the code. */
export const descriptors: { readonly [kind: string]: readonly Descriptor[] } =
  prebuilt === undefined ? readDescriptors(join(code, 'targets')) : parse(join(prebuilt, 'lambdas.json'))

function readDescriptors(folder: string): { [kind: string]: readonly Descriptor[] } {
  const kinds = readdirSync(folder).filter((kind) => existsSync(join(folder, kind, 'lambdas.json')))
  return Object.fromEntries(kinds.map((kind) => [kind, parse(join(folder, kind, 'lambdas.json'))]))
}

function parse<T>(file: string): T {
  return JSON.parse(readFileSync(file, 'utf8'))
}

const ofTargets = new Map(
  Object.entries(descriptors).flatMap(([kind, all]) => all.map((each) => [each.name, { ...each, kind }] as const)),
)

/** Undefined of a function that is of no target. */
export const descriptorOf = (name: FunctionName) => ofTargets.get(name as TargetFunction)

/** @throws where that kind has no such Lambda */
export function lambdaOf(kind: string, verb: Verb): TargetFunction {
  const found = descriptors[kind]?.find((each) => each.verb === verb)
  if (!found) throw new Error(`functions/targets/${kind}/lambdas.json has no Lambda for \`${verb}\``)
  return found.name
}

export const isCore = (name: FunctionName): name is CoreFunction => Object.hasOwn(core, name)

const rows = new Map<string, FunctionRow>([...Object.entries(core), ...ofTargets])

export const rowOf = (name: FunctionName): FunctionRow => rows.get(name) as FunctionRow

export const functions = [...rows.keys()] as readonly FunctionName[]

export function entryOf(name: FunctionName): string {
  const { kind } = descriptorOf(name) ?? {}
  const folder = kind === undefined ? join('handlers', rowOf(name).caller) : join('targets', kind)
  return join(code, name === 'receive-slack' ? 'channels/slack' : folder, `${name}.ts`)
}

/** The program of policy authors, which compiles policies. */
export const policyProgram =
  prebuilt === undefined ? join(code, '../policy-tools/policy.ts') : join(prebuilt, 'policy/index.cjs')

/** In a checkout alone. */
export const bundler = join(import.meta.dirname, 'bundle-functions.ts')

/** Lambda refuses a reservation that leaves the other functions of an account fewer than these. */
const keptByLambda = 100

export const quotaNeeded = functions.reduce((sum, name) => sum + (rowOf(name).reserved ?? 0), keptByLambda)
