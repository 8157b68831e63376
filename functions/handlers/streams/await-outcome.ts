// Rules: test/operations/requests/await-outcome.test.ts
import { createHash } from 'node:crypto'
import * as z from 'zod'
import { connect } from '../../adapters/dynamodb/client.ts'
import { DynamoWaitStore } from '../../adapters/dynamodb/wait-store.ts'
import { SfnWorkflow } from '../../adapters/stepfunctions/workflow.ts'
import { awaitOutcome } from '../../operations/requests/workflow.ts'
import { OfRequest } from '../batches.ts'
import type { Wiring } from '../environment.ts'
import { readingPorts } from '../wiring/reading.ts'

const Input = OfRequest.extend({ wait: z.string().min(1).max(80), taskToken: z.string().min(1).max(2048) })
const keepSeconds = 35 * 86_400

/** The task of every waiting state. Its answer is ignored, since the state ends by its task token. */
export const createHandler =
  (ports: Parameters<typeof awaitOutcome>[1]) =>
  async (event: unknown): Promise<void> => {
    const { requestId: request, wait, taskToken } = Input.parse(event)
    // The name of an attempt. Each entry into a state has its own task token, whose hash reveals nothing.
    const attempt = createHash('sha256').update(taskToken).digest('hex').slice(0, 32)
    await awaitOutcome({ request, wait, attempt, taskToken, expiresAt: ports.clock.now() + keepSeconds }, ports)
  }

export const wire: Wiring<typeof createHandler, 'REQUESTS_TABLE' | 'WAITS_TABLE'> = (told) => ({
  ...readingPorts(told),
  waits: new DynamoWaitStore(connect(), told.WAITS_TABLE),
  workflow: new SfnWorkflow(''),
})
