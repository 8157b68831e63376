import { createHash } from 'node:crypto'
import * as z from 'zod'
import { connect } from '../../adapters/dynamodb/client.ts'
import { DynamoRequestStore } from '../../adapters/dynamodb/request-store.ts'
import { DynamoWaitStore } from '../../adapters/dynamodb/wait-store.ts'
import { SfnWorkflow } from '../../adapters/stepfunctions/workflow.ts'
import { SystemClock } from '../../adapters/system/system.ts'
import { RequestId } from '../../domain/values.ts'
import { awaitOutcome } from '../../operations/requests/workflow.ts'
import { environmentOf } from '../environments.ts'

const { REQUESTS_TABLE, WAITS_TABLE } = environmentOf('await-outcome')
const connection = connect()
const clock = new SystemClock()
const ports = {
  requests: new DynamoRequestStore(connection, { requests: REQUESTS_TABLE, ledger: '' }),
  waits: new DynamoWaitStore(connection, WAITS_TABLE),
  workflow: new SfnWorkflow(''),
  clock,
}

const Input = z.object({
  requestId: RequestId,
  wait: z.string().min(1).max(80),
  taskToken: z.string().min(1).max(2048),
})
/** A wait is long over when its item is forgotten: no ladder waits for so long. */
const keepSeconds = 35 * 86_400

/** The task of every waiting state. Its answer counts for nothing: the state ends when its task token is used. */
export const handler = async (event: unknown): Promise<void> => {
  const { requestId: request, wait, taskToken } = Input.parse(event)
  // Each entry of a state has a task token of its own, so its hash tells one attempt from the next without showing it.
  const attempt = createHash('sha256').update(taskToken).digest('hex').slice(0, 32)
  await awaitOutcome({ request, wait, attempt, taskToken, expiresAt: clock.now() + keepSeconds }, ports)
}
