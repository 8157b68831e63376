import type { SQSBatchResponse, SQSEvent } from 'aws-lambda'
import * as z from 'zod'
import { connect } from '../adapters/dynamodb/client.ts'
import { DynamoDenyStore } from '../adapters/dynamodb/deny-store.ts'
import { IamRolePolicies } from '../adapters/iam/role-policies.ts'
import { RequestId } from '../domain/values.ts'
import { endChildren } from '../operations/end-children.ts'
import { writeDenies } from '../operations/write-denies.ts'
import { environmentOf } from './environments.ts'
import { factsOnly, readBundle } from './wiring/bundle.ts'
import { decidingPorts } from './wiring/deciding.ts'

const environment = environmentOf('write-denies')
const ports = {
  ...decidingPorts(environment, factsOnly(readBundle())),
  denies: new DynamoDenyStore(connect(), environment.REQUESTS_TABLE),
  roles: new IamRolePolicies(),
}
const { log } = ports
const Message = z.object({ requestId: RequestId, group: z.string() })

/**
 * The one writer of a target role's deny: the queue's group is the role. In a request's own group it ends what was
 * delegated from it, whose denies then follow in their turn. What fails holds back what follows in its group.
 */
export const handler = async (event: SQSEvent): Promise<SQSBatchResponse> => {
  for (const [index, { body }] of event.Records.entries()) {
    try {
      const { requestId, group } = Message.parse(JSON.parse(body))
      await (group === requestId ? endChildren(requestId, ports) : writeDenies(requestId, ports))
    } catch (fault) {
      log.error('deny_failed', { fault: fault instanceof Error ? fault.name : 'unknown' })
      const rest = event.Records.slice(index)
      return { batchItemFailures: rest.map(({ messageId }) => ({ itemIdentifier: messageId })) }
    }
  }
  return { batchItemFailures: [] }
}
