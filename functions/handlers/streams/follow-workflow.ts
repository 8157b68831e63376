import type { DynamoDBRecord, DynamoDBStreamEvent, SQSBatchResponse, SQSEvent } from 'aws-lambda'
import * as z from 'zod'
import { connect } from '../../adapters/dynamodb/client.ts'
import { DynamoWaitStore } from '../../adapters/dynamodb/wait-store.ts'
import { SqsQueue } from '../../adapters/sqs/queue.ts'
import { SfnWorkflow } from '../../adapters/stepfunctions/workflow.ts'
import { RequestId } from '../../domain/values.ts'
import { faultName } from '../../operations/faults.ts'
import type { Log, Queue } from '../../operations/ports.ts'
import type { FollowMessage } from '../../operations/requests/ports.ts'
import { followRequest } from '../../operations/requests/workflow.ts'
import { failing, OfRequest, takeEach } from '../batches.ts'
import { bind } from '../environments.ts'
import { readingPorts } from '../wiring/reading.ts'

type Ports = Parameters<typeof followRequest>[2] & { follow: Queue<FollowMessage>; log: Log }

/** What Step Functions tells of an execution that ended early. */
const EarlyEnd = z.object({
  detail: z.object({ name: z.string(), status: z.enum(['FAILED', 'TIMED_OUT', 'ABORTED']) }),
})
type Told = DynamoDBStreamEvent | SQSEvent | z.infer<typeof EarlyEnd>

/**
 * Moves the workflow to where the table is, and logs which execution ended early. It has two sources of requests: the table's
 * stream, and a queue of requests that could not be followed the first time. From the stream nothing is thrown, since a record
 * that throws holds up every request behind it: it goes to the queue, which tries it alone and gives it to a dead-letter queue
 * in the end.
 */
export const createHandler =
  (ports: Ports) =>
  async (event: Told): Promise<SQSBatchResponse> => {
    if ('detail' in event) return logEarlyEnd(EarlyEnd.parse(event), ports)
    if (isOfQueue(event))
      return takeEach(
        event.Records,
        (message) => followRequest(OfRequest.parse(message).requestId, true, ports),
        (fault) => ports.log.warn('follow_again', { fault }),
      )
    const failed: string[] = []
    for (const record of event.Records) {
      const id = await followRecord(record, ports)
      if (id !== undefined) failed.push(id)
    }
    return failing(failed)
  }

function logEarlyEnd({ detail: { name, status } }: z.infer<typeof EarlyEnd>, { log }: Ports): SQSBatchResponse {
  if (status === 'FAILED') log.error('workflow_failed', { execution: name })
  if (status === 'TIMED_OUT') log.error('workflow_timed_out', { execution: name })
  if (status === 'ABORTED') log.error('workflow_aborted', { execution: name })
  return failing([])
}

const isOfQueue = (event: DynamoDBStreamEvent | SQSEvent): event is SQSEvent =>
  event.Records.every((record) => !('dynamodb' in record))

async function followRecord(record: DynamoDBRecord, ports: Ports): Promise<string | undefined> {
  const id = RequestId.safeParse(record.dynamodb?.Keys?.['pk']?.S?.replace(/^REQ#/, ''))
  if (!id.success || record.eventName === 'REMOVE') return undefined
  try {
    await followRequest(id.data, record.eventName === 'INSERT', ports)
    return undefined
  } catch (fault) {
    ports.log.warn('follow_later', { request: id.data, fault: faultName(fault) })
    return await ports.follow
      .send([{ requestId: id.data }])
      .then(() => undefined)
      .catch(() => record.dynamodb?.SequenceNumber)
  }
}

export const handler = bind(
  'follow-workflow',
  (told) => ({
    ...readingPorts(told),
    waits: new DynamoWaitStore(connect(), told.WAITS_TABLE),
    workflow: new SfnWorkflow(told.STATE_MACHINE),
    follow: new SqsQueue<FollowMessage>(told.FOLLOW_QUEUE),
  }),
  createHandler,
)
