// Rules: test/client/requests/decide.test.ts, test/client/requests/ask-back.test.ts
import { parseBody } from '../../adapters/http/authzen.ts'
import { ColleagueBody, DecisionBody, QuestionBody } from '../../adapters/http/bodies/people.ts'
import type { Call } from '../../adapters/http/endpoint.ts'
import { type Answer, insufficientLogin, refusalProblem } from '../../adapters/http/problem.ts'
import { weakStandIn } from '../../domain/people/login-strength.ts'
import { openStage } from '../../domain/record/request.ts'
import { defined, RequestId } from '../../domain/values.ts'
import type { ReaderPorts } from '../../operations/previews/read-again.ts'
import { askColleague, askQuestion } from '../../operations/requests/ask-back.ts'
import { decideRequest } from '../../operations/requests/decide-request.ts'
import type { ProvenPerson } from '../callers.ts'
import {
  byRoute,
  optionalKeyOf,
  pathId,
  personDoor,
  type ShowingApiPorts,
  unknownRequest,
  valueOrThrow,
} from '../doors.ts'
import type { Reads, Stores, Wiring } from '../environment.ts'
import { portsWithAnswers } from '../wiring/policy.ts'
import { withTexts } from '../wiring/ports.ts'
import { withReader } from '../wiring/reader.ts'
import { showRequest } from './show-request.ts'

type Ports = ShowingApiPorts & ReaderPorts

/** A person decides, asks the agent, or asks a colleague, as by a click in Slack. */
export const createHandler = (ports: Ports) =>
  personDoor(
    ports,
    byRoute(
      {
        'POST /v1/requests/{id}/decisions': (call, by) => decideOn(call, by, ports),
        'POST /v1/requests/{id}/questions': async (call, { person, claimed }) => {
          const { text } = parseBody(QuestionBody, call.json())
          const ask = { id: idIn(call), person: person.id, claimed, text, idempotencyKey: optionalKeyOf(call) }
          return showRequest(valueOrThrow(await askQuestion(ask, ports)), 201, ports)
        },
        'POST /v1/requests/{id}/ask-colleague': async (call, { person, claimed }) => {
          const { person: to } = parseBody(ColleagueBody, call.json())
          const done = await askColleague({ id: idIn(call), person: person.id, claimed, to }, ports)
          return showRequest(valueOrThrow(done), 200, ports)
        },
      },
      unknownRequest,
    ),
  )

async function decideOn(call: Call, { person, login, claimed }: ProvenPerson, ports: Ports): Promise<Answer> {
  const { to_agent: toAgent, ...body } = parseBody(DecisionBody, call.json())
  const id = idIn(call)
  const done = await decideRequest(
    { ...defined({ ...body, toAgent, claimed }), id, person: person.id, through: 'api', login },
    ports,
  )
  if (done.ok) return showRequest(done.value, 200, ports)
  const state = done.stored?.state
  const stage = state && openStage(state)
  if (done.code === 'insufficient_login' && done.detail !== weakStandIn && stage) throw insufficientLogin(stage.terms)
  throw refusalProblem(done.code, done.detail)
}

const idIn = (call: Call): RequestId => pathId(call, RequestId, unknownRequest)

export const wire: Wiring<typeof createHandler, 'ISSUER' | Stores | 'TEXTS_TABLE' | Reads> = (told) =>
  withTexts(withReader(told, portsWithAnswers(told)), told)
