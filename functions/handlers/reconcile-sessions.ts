import { CloudTrailSessionRecord } from '../adapters/cloudtrail/session-record.ts'
import { connect } from '../adapters/dynamodb/client.ts'
import { DynamoDenyStore } from '../adapters/dynamodb/deny-store.ts'
import { IamRoleReader } from '../adapters/iam/role-reader.ts'
import { SqsFifoQueue, SqsQueue } from '../adapters/sqs/queue.ts'
import { foreignAuditors } from '../adapters/sts/foreign-revokers.ts'
import type { JsonObject } from '../domain/values.ts'
import type { EndMessage } from '../operations/ports.ts'
import { reconcileSessions } from '../operations/reconcile-sessions.ts'
import { environmentOf } from './environments.ts'
import { factsOnly, readBundle } from './wiring/bundle.ts'
import { decidingPorts } from './wiring/deciding.ts'

const environment = environmentOf('reconcile-sessions')
const { ACCOUNT: home, REGION: region, TARGET_ROLES: targets } = environment
const bundle = readBundle()
const accounts = Object.values(bundle.deployment.accounts)
const ofAccount = (role: string) => accounts.filter(({ accountId }) => accountId === role.split(':')[4])
const auditors = foreignAuditors({ home, accounts: bundle.deployment.accounts })
const ports = {
  ...decidingPorts(environment, factsOnly(bundle)),
  denies: new DynamoDenyStore(connect(), environment.REQUESTS_TABLE),
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

/** Once an hour: what AWS has is what the table says, or somebody hears of it. */
export const handler = async (): Promise<void> => {
  const found = await reconcileSessions(roles, ports)
  ports.log.info('reconciled', { roles: targets.length, found })
}
