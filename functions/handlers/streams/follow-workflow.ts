// Rules: test/operations/workers.test.ts
import type { DynamoDBBatchResponse, DynamoDBRecord, DynamoDBStreamEvent } from 'aws-lambda'
import * as z from 'zod'
import { connect } from '../../adapters/dynamodb/client.ts'
import { DynamoWaitStore } from '../../adapters/dynamodb/wait-store.ts'
import { LambdaQueue } from '../../adapters/lambda/queue.ts'
import { SfnRunWorkflow, SfnWorkflow } from '../../adapters/stepfunctions/workflow.ts'
import { RequestId } from '../../domain/values.ts'
import { faultName } from '../../operations/faults.ts'
import type { Log, Queue } from '../../operations/ports.ts'
import type { FollowMessage } from '../../operations/requests/ports.ts'
import { followRequest, watchAgain } from '../../operations/requests/workflow.ts'
import { failing, namingFault, OfRequest } from '../batches.ts'
import type { Wiring } from '../environment.ts'
import { readingPorts } from '../wiring/reading.ts'

type Ports = Parameters<typeof followRequest>[2] & {
  follow: Queue<FollowMessage>
  /** The ARN of the state machine that looks at runs. */
  runsMachine: string
  log: Log
}

/** Step Functions' event about an execution that ended early. */
const EarlyEnd = z.object({
  detail: z.object({
    stateMachineArn: z.string(),
    name: z.string(),
    status: z.enum(['FAILED', 'TIMED_OUT', 'ABORTED']),
  }),
})
type Told = DynamoDBStreamEvent | FollowMessage | z.infer<typeof EarlyEnd>

/**
 * Moves the workflow to the table's state, and logs executions that ended early; those of runs are started again. The
 * table's stream and the sweep name the requests. A stream record never throws, because a throw would hold up every
 * request behind it: the function invokes itself with that one request, so that Lambda retries it and then makes it a
 * dead letter.
 */
export const createHandler =
  (ports: Ports) =>
  async (event: Told): Promise<DynamoDBBatchResponse> => {
    const failed: string[] = []
    if ('detail' in event) await namingFault(() => hearEarlyEnd(EarlyEnd.parse(event), ports))
    else if ('requestId' in event) await namingFault(() => followRequest(OfRequest.parse(event).requestId, true, ports))
    else
      for (const record of event.Records) {
        const id = await followRecord(record, ports)
        if (id !== undefined) failed.push(id)
      }
    return failing(failed)
  }

async function hearEarlyEnd({ detail }: z.infer<typeof EarlyEnd>, { log, ...ports }: Ports): Promise<void> {
  const { stateMachineArn, name, status } = detail
  if (status === 'FAILED') log.error('workflow_failed', { execution: name })
  if (status === 'TIMED_OUT') log.error('workflow_timed_out', { execution: name })
  if (status === 'ABORTED') log.error('workflow_aborted', { execution: name })
  if (stateMachineArn === ports.runsMachine) await watchAgain(name, ports)
}

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

export const wire: Wiring<
  typeof createHandler,
  'REQUESTS_TABLE' | 'WAITS_TABLE' | 'STATE_MACHINE' | 'RUNS_MACHINE' | 'FOLLOW_RUNS_FUNCTION'
> = (told) => ({
  ...readingPorts(told),
  waits: new DynamoWaitStore(connect(), told.WAITS_TABLE),
  workflow: new SfnWorkflow(told.STATE_MACHINE),
  runs: new SfnRunWorkflow(told.RUNS_MACHINE),
  looks: new LambdaQueue(told.FOLLOW_RUNS_FUNCTION),
  runsMachine: told.RUNS_MACHINE,
  follow: new LambdaQueue(process.env.AWS_LAMBDA_FUNCTION_NAME ?? ''),
})
