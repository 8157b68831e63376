import { setTimeout as pause } from 'node:timers/promises'
import { connect } from '../../adapters/dynamodb/client.ts'
import { DynamoRequestStore } from '../../adapters/dynamodb/request-store.ts'
import { taskAnswer } from '../../adapters/http/authzen.ts'
import { endpoint } from '../../adapters/http/endpoint.ts'
import { badRequest } from '../../adapters/http/problem.ts'
import { PowertoolsLog } from '../../adapters/powertools/log.ts'
import { SystemClock } from '../../adapters/system/system.ts'
import { longestHold } from '../../domain/policy/ladder.ts'
import { RequestId } from '../../domain/values.ts'
import { signApproval } from '../../operations/credentials/statements.ts'
import { readTask } from '../../operations/requests/read-requests.ts'
import { Callers } from '../callers.ts'
import { environmentOf } from '../environments.ts'
import { unknownTask } from '../refusals.ts'
import { readBundle } from '../wiring/ports.ts'
import { statementsOf } from '../wiring/statements.ts'

const environment = environmentOf('read-task')
const { ISSUER: issuer, REQUESTS_TABLE } = environment
const clock = new SystemClock()
const requests = new DynamoRequestStore(connect(), { requests: REQUESTS_TABLE, ledger: '' })
const bundle = readBundle()
const callers = new Callers(bundle, issuer, clock)
const log = new PowertoolsLog()
const statements = statementsOf(environment, { clock, log })

/** `GET /access/v1/requests/{id}`: the agent's task, held while nothing changes when `?wait=SECONDS` asks for it. */
export const handler = endpoint({ issuer, clock, log }, async (call) => {
  const { agent } = await callers.agent(call)
  const id = RequestId.safeParse(call.path('id'))
  const wait = waitOf(call.query('wait'))
  const stored = id.success
    ? await readTask({ id: id.data, agent: agent.id, wait }, { requests, policy: { bundle }, clock, pause })
    : undefined
  if (!stored) throw unknownTask()
  const { retryAfter } = stored
  const headers: { [name: string]: string } = retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }
  return { status: 200, headers, body: taskAnswer(stored.state, issuer, await signApproval(stored.state, statements)) }
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
