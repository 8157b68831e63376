import type { DynamoDBRecord, DynamoDBStreamEvent, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda'
import * as z from 'zod'
import { connect } from '../../adapters/dynamodb/client.ts'
import { DynamoRequestStore } from '../../adapters/dynamodb/request-store.ts'
import { DynamoWaitStore } from '../../adapters/dynamodb/wait-store.ts'
import { PowertoolsLog } from '../../adapters/powertools/log.ts'
import { SqsQueue } from '../../adapters/sqs/queue.ts'
import { SfnWorkflow } from '../../adapters/stepfunctions/workflow.ts'
import { SystemClock } from '../../adapters/system/system.ts'
import { RequestId } from '../../domain/values.ts'
import { followRequest } from '../../operations/requests/workflow.ts'
import { environmentOf } from '../environments.ts'

const { REQUESTS_TABLE, WAITS_TABLE, STATE_MACHINE, FOLLOW_QUEUE } = environmentOf('follow-workflow')
const connection = connect()
const log = new PowertoolsLog()
const follow = new SqsQueue(FOLLOW_QUEUE)
const ports = {
  requests: new DynamoRequestStore(connection, { requests: REQUESTS_TABLE, ledger: '' }),
  waits: new DynamoWaitStore(connection, WAITS_TABLE),
  workflow: new SfnWorkflow(STATE_MACHINE),
  clock: new SystemClock(),
}

const Message = z.object({ requestId: RequestId })

/**
 * Moves the workflow to where the table is. Two sources: the table's stream, and a queue of what could not be followed
 * the first time. From the stream nothing is thrown, since a record that throws holds up every request behind it: it is
 * handed to the queue, which tries it alone and gives it to a dead-letter queue in the end.
 */
export const handler = async (event: DynamoDBStreamEvent | SQSEvent): Promise<SQSBatchResponse> => {
  const failed: string[] = []
  for (const record of event.Records) {
    const id = 'dynamodb' in record ? await followStream(record) : await followMessage(record as SQSRecord)
    if (id !== undefined) failed.push(id)
  }
  return { batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })) }
}

async function followStream(record: DynamoDBRecord): Promise<string | undefined> {
  const id = RequestId.safeParse(record.dynamodb?.Keys?.['pk']?.S?.replace(/^REQ#/, ''))
  if (!id.success || record.eventName === 'REMOVE') return undefined
  try {
    await followRequest(id.data, record.eventName === 'INSERT', ports)
    return undefined
  } catch (fault) {
    log.warn('follow_later', { request: id.data, fault: nameOf(fault) })
    return await follow
      .send([{ requestId: id.data }])
      .then(() => undefined)
      .catch(() => record.dynamodb?.SequenceNumber)
  }
}

async function followMessage({ messageId, body }: SQSRecord): Promise<string | undefined> {
  try {
    await followRequest(Message.parse(JSON.parse(body)).requestId, true, ports)
    return undefined
  } catch (fault) {
    log.warn('follow_again', { fault: nameOf(fault) })
    return messageId
  }
}

const nameOf = (fault: unknown) => (fault instanceof Error ? fault.name : 'unknown')
