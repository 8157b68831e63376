// Rules: test/stack/requests/story.test.ts
import { setTimeout as pause } from 'node:timers/promises'
import { badRequest } from '../../adapters/http/problem.ts'
import { LambdaStatementSigner } from '../../adapters/lambda/statement-signer.ts'
import { longestHold } from '../../domain/policy/ladder.ts'
import { RequestId } from '../../domain/values.ts'
import type { Statements } from '../../operations/credentials/ports.ts'
import { signApproval } from '../../operations/credentials/statements.ts'
import type { TextReader } from '../../operations/ledger/ports.ts'
import type { RequestStore } from '../../operations/record/ports.ts'
import { readTask } from '../../operations/requests/read-requests.ts'
import { agentDoor, type DoorPorts, pathId, taskFor, unknownTask } from '../doors.ts'
import type { Wiring } from '../environment.ts'
import { currentPolicy, withTexts } from '../wiring/ports.ts'
import { readingPorts } from '../wiring/reading.ts'

/** `GET /access/v1/requests/{id}`: the agent's task; `?wait=SECONDS` holds the answer until the task changes. */
export const createHandler = (
  ports: DoorPorts & { requests: RequestStore; texts: TextReader; statements: Pick<Statements, 'sign'> },
) =>
  agentDoor(ports, async (call, agent) => {
    const wait = waitOf(call.query('wait'))
    const id = pathId(call, RequestId, unknownTask)
    const stored = await readTask({ id, agent: agent.id, wait }, { ...ports, pause })
    if (!stored) throw unknownTask()
    const { state, retryAfter } = stored
    const headers: { [name: string]: string } = retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }
    const approval = await signApproval(state, ports.statements)
    return { status: 200, headers, body: await taskFor(state, ports, approval, ports.clock.now()) }
  })

function waitOf(text: string | undefined): number {
  if (text === undefined) return 0
  if (/^\d{1,2}$/.test(text) && Number(text) <= longestHold) return Number(text)
  throw badRequest(
    'invalid_request',
    '`wait` is out of range',
    `\`wait\` should be whole seconds, at most ${longestHold}`,
  )
}

export const wire: Wiring<typeof createHandler, 'ISSUER' | 'REQUESTS_TABLE' | 'TEXTS_TABLE' | 'SIGN_FUNCTION'> = (
  told,
) => {
  const ports = readingPorts(told)
  const statements = new LambdaStatementSigner(told.SIGN_FUNCTION, ports)
  return { ...withTexts(ports, told), issuer: told.ISSUER, policy: currentPolicy(told), statements }
}
