// Rules: test/targets/aws/promises.test.ts, test/operations/credentials/target-session.test.ts
import { everyoneBefore, stillNeeded } from '../../domain/credentials/denies.ts'
import { type Account, accountOf, type Bundle } from '../../domain/policy/bundle.ts'
import type { CatalogueEntry } from '../../domain/policy/catalogue.ts'
import { openingOf } from '../../domain/record/origin.ts'
import type { Ask } from '../../domain/record/request.ts'
import { type CredentialId, defined, type NumericDate } from '../../domain/values.ts'
import { entryOf, type PlacePorts, placeOf } from '../../operations/credentials/place.ts'
import type { DenyStore } from '../../operations/credentials/ports.ts'
import {
  BrokerRefused,
  CallNotSent,
  CallOutdated,
  CallRefused,
  CallUnanswered,
  faultName,
} from '../../operations/faults.ts'
import type { Clock, Log } from '../../operations/ports.ts'
import type { CallMaker, CallResult, Ender, Issuer } from '../reach.ts'
import type { AssumeAsk, AwsCall, AwsCaller, AwsCredentialBroker, AwsCredentials, RolePolicies } from './ports.ts'
import { rightsStatements } from './rules/rights.ts'
import { runStatements } from './rules/run-statements.ts'
import { runOf } from './rules/runs.ts'
import { sessionPolicy } from './rules/session-policy.ts'
import { deriveReadStatement, deriveStatement, type Statement } from './rules/statement.ts'
import { lookUpRun, type RunPorts, startRun } from './runs/start-run.ts'

export type BrokerPorts = PlacePorts & { broker: AwsCredentialBroker; clock: Clock }

/** STS's bounds; role chaining allows an hour at most. The session policy ends a session earlier. */
const [shortest, longest] = [900, 3600] as const

export type Target = { entry: CatalogueEntry; account: Account; role: string }

function targetOf(ask: Ask, ports: PlacePorts): Target | undefined {
  const { bundle } = ports.policy
  const entry = entryOf(ask, bundle)
  const [account, role] = [entry && accountOf(bundle, entry), placeOf(ask, ports)]
  return entry && account && role !== undefined ? { entry, account, role } : undefined
}

export const sessionOf = (
  ask: Ask,
  credential: CredentialId,
  { account, role }: Target,
): Omit<AssumeAsk, 'policy' | 'durationSeconds'> => ({
  role,
  externalId: account.externalId,
  sessionName: ask.id,
  sourceIdentity: ask.id,
  tags: {
    'hotwork:request': ask.id,
    'hotwork:credential': credential,
    'hotwork:agent': ask.agent.id,
    'hotwork:owner': ask.owner,
    'hotwork:digest': ask.digest,
  },
})

/** Undefined unless an AWS action was approved. For a drill it denies everything. */
function policyOf(ask: Ask, { entry, account }: Target, bundle: Bundle, notAfter: NumericDate): string | undefined {
  const opening = openingOf(ask)
  const { drill } = opening ?? { drill: false }
  if (opening?.profile !== undefined)
    return sessionPolicy(rightsStatements(opening.rights, bundle.actions, account), notAfter, { drill })
  const statement = deriveStatement(entry, ask.arguments, account)
  return statement && sessionPolicy([statement], notAfter, { drill })
}

/** Sessions of the target role, by STS. */
export const issuerOf = (ports: BrokerPorts): Issuer<AwsCredentials> => ({
  kind: 'aws',
  lifetime: (left) => Math.min(Math.max(left, shortest), longest),
  async issue(ask, credential, { until, seconds }) {
    const target = targetOf(ask, ports)
    const policy = target && policyOf(ask, target, ports.policy.bundle, until)
    if (target === undefined || policy === undefined) throw new BrokerRefused(`\`${ask.action}\` has no IAM statement`)
    return ports.broker.assume({
      ...sessionOf(ask, credential, target),
      policy,
      durationSeconds: seconds,
      ...(target.account.scopedCredentials && { scopedSeconds: until - ports.clock.now() }),
    })
  },
})

/** The life of a session for a call, independent of the grant. Seconds. */
const callLasts = 60

/** The rights of a session for one call. @param passes the one role that may be passed for a run */
type Allowed = { statements: readonly Statement[]; passes?: string | undefined }

/** Makes mediated calls, each in a session that can do nothing else. Runs are started by a role of their own. */
export function callMakerOf(ports: BrokerPorts & { caller: AwsCaller; runs?: RunPorts }): CallMaker {
  const { broker, caller, clock } = ports
  const sessionFor = (ask: Ask, credential: CredentialId, { statements, passes }: Allowed, target: Target) =>
    broker.assume({
      ...sessionOf(ask, credential, target),
      policy: sessionPolicy(statements, clock.now() + callLasts, { drill: openingOf(ask)?.drill === true, passes }),
      durationSeconds: shortest,
      ...(target.account.scopedCredentials && { scopedSeconds: callLasts }),
    })
  return {
    kind: 'aws',
    async make(ask, credential, expected, use) {
      const target = targetOf(ask, ports)
      const run = target && runFor(target, ports)
      const allowed = target && allowedFor(ask, target)
      if (!allowed || !target || run === 'none') return { outcome: 'refused', reason: 'BrokerRefused' }
      let session: AwsCredentials
      try {
        session = await sessionFor(ask, credential, allowed, run ? { ...target, role: run.role } : target)
      } catch (fault) {
        const name = faultName(fault)
        return fault instanceof BrokerRefused
          ? { outcome: 'refused', reason: name }
          : { outcome: 'not_sent', fault: name }
      }
      try {
        if (run) return await startRun(ask, { use, session }, run.of, run.ports)
        return {
          outcome: 'told',
          output: await caller.call({ ...callOf(ask, target), ...defined({ expected }) }, session),
        }
      } catch (fault) {
        return callResultOf(fault)
      }
    },
    async lookUp(ask, { id, credential, begunAt }) {
      const target = targetOf(ask, ports)
      const run = target && runFor(target, ports)
      if (run === 'none') return { found: 'unknown' }
      if (run) return lookUpRun(ask, { id, begunAt }, run.of, run.ports)
      const statement = target && deriveReadStatement(target.entry, ask.arguments, target.account)
      if (!statement) return { found: 'unknown' }
      const session = await sessionFor(ask, credential, { statements: [statement] }, target)
      return caller.lookUp({ ...callOf(ask, target), begunAt }, session)
    },
  }
}

/** Undefined for a call that is no run; `none` where nothing starts runs. */
function runFor({ entry, account }: Target, { policy, runs: ports }: PlacePorts & { runs?: RunPorts }) {
  const action = runOf(entry)
  if (action === undefined) return undefined
  if (!ports) return 'none'
  const role = `arn:${account.partition}:iam::${account.accountId}:role/${ports.runnerRole}`
  return { role, ports, of: { action, entry, account, bundle: policy.bundle } }
}

function allowedFor(ask: Ask, { entry, account }: Target): Allowed | undefined {
  const action = runOf(entry)
  // An approval of a run is an approval of its role.
  if (action !== undefined && ask.runsAs === undefined) return undefined
  if (action !== undefined) return runStatements(entry, action, ask.arguments, account)
  const statement = deriveStatement(entry, ask.arguments, account)
  return statement && { statements: [statement] }
}

const callOf = ({ action, arguments: args }: Ask, { account }: Target): AwsCall => ({
  action,
  arguments: args,
  region: account.region,
})

function callResultOf(fault: unknown): CallResult {
  if (fault instanceof CallRefused) return { outcome: 'refused', reason: fault.reason }
  if (fault instanceof CallOutdated) return { outcome: 'outdated' }
  if (fault instanceof CallNotSent) return { outcome: 'not_sent', fault: fault.name }
  if (fault instanceof CallUnanswered) return { outcome: 'unanswered' }
  throw fault
}

/**
 * Denies on the target role. Each deny is first stored as an item; then the role's complete deny is rendered from all
 * items, so that no deny is lost. A role has one writer at a time, since IAM keeps only the last put. If the deny is
 * too long for IAM, one line ends all sessions of the role, and agents with live grants ask again.
 */
export const enderOf = (ports: { denies: DenyStore; roles: RolePolicies; clock: Clock; log: Log }): Ender => ({
  async end(role, found) {
    const { denies, roles, clock, log } = ports
    const now = clock.now()
    await denies.add(role, found)
    const all = await denies.ofRole(role)
    const needed = stillNeeded(all, now)
    // Writes IAM first, so that a crash before the items renders the deny again.
    const forgetAllBut = (kept: typeof all) =>
      denies.forget(
        role,
        all.filter((deny) => !kept.includes(deny)),
      )
    if ((await roles.putDeny(role, needed)) === 'put') return forgetAllBut(needed)

    const everyone = everyoneBefore(now)
    log.error('deny_overflow', { role, sessions: needed.length })
    await denies.add(role, [everyone])
    if ((await roles.putDeny(role, [everyone])) === 'full')
      throw new TypeError('a single statement is too long for IAM')
    await forgetAllBut([everyone])
  },
})
