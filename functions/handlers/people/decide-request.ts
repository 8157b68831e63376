// Rules: test/client/requests/decide.test.ts
import { parseBody } from '../../adapters/http/authzen.ts'
import { DecisionBody } from '../../adapters/http/bodies/people.ts'
import { insufficientLogin, refusalProblem } from '../../adapters/http/problem.ts'
import { personView } from '../../adapters/http/views.ts'
import { weakStandIn } from '../../domain/people/login-strength.ts'
import { openStage } from '../../domain/record/request.ts'
import { defined, RequestId } from '../../domain/values.ts'
import { joinRequest } from '../../operations/ledger/texts.ts'
import type { ReaderPorts } from '../../operations/previews/read-again.ts'
import { decideRequest } from '../../operations/requests/decide-request.ts'
import { pathId, personDoor, type ShowingApiPorts, unknownRequest } from '../doors.ts'
import type { Reads, Stores, Wiring } from '../environment.ts'
import { portsWithAnswers } from '../wiring/policy.ts'
import { withTexts } from '../wiring/ports.ts'
import { withReader } from '../wiring/reader.ts'

/** `POST /v1/requests/{id}/decisions`: a person approves, denies or sends back, as by a click in Slack. */
export const createHandler = (ports: ShowingApiPorts & ReaderPorts) =>
  personDoor(ports, async (call, { person, login, claimed }) => {
    const { to_agent: toAgent, ...body } = parseBody(DecisionBody, call.json())
    const id = pathId(call, RequestId, unknownRequest)
    const done = await decideRequest(
      { ...defined({ ...body, toAgent, claimed }), id, person: person.id, through: 'api', login },
      ports,
    )
    if (done.ok) {
      const shown = await joinRequest(done.value.state, ports.texts)
      return { status: 200, body: personView(shown, ports.policy.bundle) }
    }
    const state = done.stored?.state
    const stage = state && openStage(state)
    if (done.code === 'insufficient_login' && done.detail !== weakStandIn && stage) throw insufficientLogin(stage.terms)
    throw refusalProblem(done.code, done.detail)
  })

export const wire: Wiring<typeof createHandler, 'ISSUER' | Stores | 'TEXTS_TABLE' | Reads> = (told) =>
  withTexts(withReader(told, portsWithAnswers(told)), told)
