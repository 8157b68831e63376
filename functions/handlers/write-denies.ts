import type { SQSBatchResponse, SQSEvent } from 'aws-lambda'
import * as z from 'zod'
import { connect } from '../adapters/dynamodb/client.ts'
import { DynamoDenyStore } from '../adapters/dynamodb/deny-store.ts'
import { DynamoRequestStore } from '../adapters/dynamodb/request-store.ts'
import { IamRolePolicies } from '../adapters/iam/role-policies.ts'
import { PowertoolsLog } from '../adapters/powertools/log.ts'
import { SystemClock } from '../adapters/system/clock.ts'
import { RequestId } from '../domain/values.ts'
import { writeDenies } from '../operations/write-denies.ts'
import { environmentOf } from './environments.ts'

const { REQUESTS_TABLE } = environmentOf('write-denies')
const connection = connect()
const log = new PowertoolsLog()
const ports = {
  requests: new DynamoRequestStore(connection, { requests: REQUESTS_TABLE, ledger: '' }),
  denies: new DynamoDenyStore(connection, REQUESTS_TABLE),
  roles: new IamRolePolicies(),
  clock: new SystemClock(),
}
const Message = z.object({ requestId: RequestId })

/** The one writer of a target role's deny: the queue's group is the role. What fails holds back what follows in its group. */
export const handler = async (event: SQSEvent): Promise<SQSBatchResponse> => {
  for (const [index, { body }] of event.Records.entries()) {
    try {
      await writeDenies(Message.parse(JSON.parse(body)).requestId, ports)
    } catch (fault) {
      log.error('deny_failed', { fault: fault instanceof Error ? fault.name : 'unknown' })
      const rest = event.Records.slice(index)
      return { batchItemFailures: rest.map(({ messageId }) => ({ itemIdentifier: messageId })) }
    }
  }
  return { batchItemFailures: [] }
}
