import { CloudTrailSessionRecord } from '../../adapters/cloudtrail/session-record.ts'
import { connect } from '../../adapters/dynamodb/client.ts'
import { DynamoDenyStore } from '../../adapters/dynamodb/deny-store.ts'
import { DynamoHaltStore } from '../../adapters/dynamodb/halt-store.ts'
import { DynamoPermitStore } from '../../adapters/dynamodb/permit-store.ts'
import { DynamoStandInStore } from '../../adapters/dynamodb/stand-in-store.ts'
import { IamRoleReader } from '../../adapters/iam/role-reader.ts'
import { SqsFifoQueue, SqsQueue } from '../../adapters/sqs/queue.ts'
import { foreignAuditors } from '../../adapters/sts/foreign-revokers.ts'
import type { JsonObject } from '../../domain/values.ts'
import type { EndMessage } from '../../operations/break-glass/ports.ts'
import { orFailed, reconcileSessions } from '../../operations/credentials/reconcile-sessions.ts'
import { checkChains } from '../../operations/ledger/check-chains.ts'
import { environmentOf, tablesOf } from '../environments.ts'
import { decidingPorts, factsOnly, readBundle } from '../wiring/ports.ts'

const environment = environmentOf('reconcile-sessions')
const { ACCOUNT: home, REGION: region, TARGET_ROLES: targets } = environment
const bundle = readBundle()
const accounts = Object.values(bundle.deployment.accounts)
const ofAccount = (role: string) => accounts.filter(({ accountId }) => accountId === role.split(':')[4])
const auditors = foreignAuditors({ home, accounts: bundle.deployment.accounts })
const connection = connect()
const tables = tablesOf(environment)
const ports = {
  ...decidingPorts(environment, factsOnly(bundle)),
  permits: new DynamoPermitStore(connection, tables),
  standIns: new DynamoStandInStore(connection, tables),
  halts: new DynamoHaltStore(connection, tables),
  denies: new DynamoDenyStore(connection, environment.REQUESTS_TABLE),
  roles: new IamRoleReader(auditors),
  // The broker asks the STS of its own Region; whoever else got hold of its credentials may have asked that of the account's.
  sessions: new CloudTrailSessionRecord(auditors, (role) => [
    ...new Set([region, ...ofAccount(role).map((account) => account.region)]),
  ]),
  deny: new SqsFifoQueue<EndMessage>(environment.DENIES_QUEUE),
  sealed: new SqsQueue<JsonObject>(environment.SEALED_QUEUE),
}
const roles = {
  targets,
  sealed: targets
    .filter((role) => ofAccount(role).some(({ sealed }) => sealed !== undefined))
    .map((role) => role.replace(/-target$/, '-sealed')),
}

/** Kept back at the end, to say what was found: a page that is being read may take this long. Seconds. */
const reserve = 30

/** Once an hour: AWS has what the table says, and the table and the ledger say the same, or a person hears of it. */
export const handler = async (_: unknown, context: { getRemainingTimeInMillis(): number }): Promise<void> => {
  const now = ports.clock.now()
  const until = now + Math.floor(context.getRemainingTimeInMillis() / 1000) - reserve
  // Half of the time each: an agent adds sessions as it likes, and they must not keep the chains from being checked.
  const found = await reconcileSessions(roles, ports, now + (until - now) / 2)
  const broken = await orFailed('ledger', 'the record', ports, () =>
    checkChains({ actors: bundle, roles: targets }, ports, until),
  )
  ports.log.info('reconciled', { roles: targets.length, found, broken })
}
