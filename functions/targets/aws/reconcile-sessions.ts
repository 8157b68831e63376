// Rules: test/stack/swift/sealed-role.test.ts
import { connect } from '../../adapters/dynamodb/client.ts'
import { DynamoDenyStore } from '../../adapters/dynamodb/deny-store.ts'
import { DynamoHaltStore } from '../../adapters/dynamodb/halt-store.ts'
import { DynamoPermitStore } from '../../adapters/dynamodb/permit-store.ts'
import { DynamoStandInStore } from '../../adapters/dynamodb/stand-in-store.ts'
import { SqsFifoQueue, SqsQueue } from '../../adapters/sqs/queue.ts'
import { accountIdOf, type Bundle } from '../../domain/policy/bundle.ts'
import type { JsonObject } from '../../domain/values.ts'
import { type Stores, tablesOf, type Wiring } from '../../handlers/environment.ts'
import { decidingPorts, factsOnly } from '../../handlers/wiring/ports.ts'
import type { EndMessage } from '../../operations/credentials/ports.ts'
import { type ChainPorts, checkChains } from '../../operations/ledger/check-chains.ts'
import { CloudTrailSessionRecord } from './cloudtrail/session-record.ts'
import { IamRoleReader } from './iam/role-reader.ts'
import { orFailed, type ReconcilingPorts, reconcileSessions } from './reconcile.ts'
import { runnersBeside } from './runners.ts'
import { foreignAuditors } from './sts/foreign-revokers.ts'

/** The time reserved for reporting, in which a page may still be read. Seconds. */
const reserve = 30

/** Once an hour compares AWS with the table, and the table with the ledger, and reports each difference. */
export const createHandler =
  (ports: ReconcilingPorts & ChainPorts & { policy: { bundle: Bundle }; targetRoles: readonly string[] }) =>
  async (_: unknown, context: { getRemainingTimeInMillis(): number }): Promise<void> => {
    const { targetRoles, policy } = ports
    const targets = [...targetRoles, ...runnersBeside(targetRoles, policy.bundle)]
    const roles = { targets, sealed: sealedRoles(targetRoles, policy.bundle) }
    const now = ports.clock.now()
    const until = now + Math.floor(context.getRemainingTimeInMillis() / 1000) - reserve
    // Each gets half of the time: an agent can add sessions at will, and must not keep the chains unchecked.
    const found = await reconcileSessions(roles, ports, now + (until - now) / 2)
    const broken = await orFailed('ledger', 'the record', ports, () => checkChains(policy.bundle, ports, until))
    ports.log.info('reconciled', { roles: targets.length, found, broken })
  }

const sealedRoles = (targets: readonly string[], bundle: Bundle): string[] =>
  targets
    .filter((role) => accountsOf(role, bundle).some(({ sealed }) => sealed !== undefined))
    .map((role) => role.replace(/-target$/, '-sealed'))

const accountsOf = (role: string, { deployment }: Bundle) =>
  Object.values(deployment.accounts).filter(({ accountId }) => accountId === accountIdOf(role))

export const wire: Wiring<
  typeof createHandler,
  Stores | 'ACCOUNT' | 'REGION' | 'TARGET_ROLES' | 'DENIES_QUEUE' | 'SEALED_QUEUE'
> = (told) => {
  const policy = factsOnly()
  const { accounts } = policy.bundle.deployment
  const auditors = foreignAuditors({ home: told.ACCOUNT, accounts })
  const [connection, tables] = [connect(), tablesOf(told)]
  return {
    ...decidingPorts(told, policy),
    permits: new DynamoPermitStore(connection, tables),
    standIns: new DynamoStandInStore(connection, tables),
    halts: new DynamoHaltStore(connection, tables),
    denies: new DynamoDenyStore(connection, tables.requests),
    roles: new IamRoleReader(auditors),
    // The broker uses the STS of its own Region; a thief of its credentials may have used that of the account's.
    sessions: new CloudTrailSessionRecord(auditors, (role) => [
      ...new Set([told.REGION, ...accountsOf(role, policy.bundle).map(({ region }) => region)]),
    ]),
    deny: new SqsFifoQueue<EndMessage>(told.DENIES_QUEUE),
    sealed: new SqsQueue<JsonObject>(told.SEALED_QUEUE),
    targetRoles: told.TARGET_ROLES,
  }
}
