import * as z from 'zod'
import { parseBody } from '../../adapters/http/authzen.ts'
import { insufficientLogin, refusalProblem } from '../../adapters/http/problem.ts'
import { personView } from '../../adapters/http/views.ts'
import { weakStandIn } from '../../domain/people/login-strength.ts'
import { mostSteps } from '../../domain/policy/assess-plan.ts'
import { openStage } from '../../domain/record/request.ts'
import { Digest, defined, JsonObject, RequestId, Verdict } from '../../domain/values.ts'
import { joinRequest } from '../../operations/ledger/texts.ts'
import type { ReaderPorts } from '../../operations/previews/read-again.ts'
import { decideRequest } from '../../operations/requests/decide-request.ts'
import { pathId, personDoor, type ShowingApiPorts, unknownRequest } from '../doors.ts'
import { bind } from '../environments.ts'
import { portsWithAnswers } from '../wiring/policy.ts'
import { withTexts } from '../wiring/ports.ts'
import { withReader } from '../wiring/reader.ts'

const Body = z
  .strictObject({
    verdict: Verdict,
    /** Left out: the open one, or for a denial the one that this person may decide. */
    stage: z.string().min(1).max(64).optional(),
    round: z.int().positive(),
    digest: Digest,
    comment: z.string().max(1000).optional(),
    narrow: z
      .strictObject({
        arguments: JsonObject.optional(),
        uses: z.int().positive().optional(),
        minutes: z.int().positive().max(1440).optional(),
        /** Of a plan: a step is struck out, or its arguments become less. */
        steps: z
          .array(
            z.strictObject({
              step: z.int().positive().max(mostSteps),
              arguments: JsonObject.optional(),
              strike: z.literal(true).optional(),
            }),
          )
          .max(mostSteps)
          .optional(),
      })
      .optional(),
  })
  .refine(({ verdict, narrow }) => narrow === undefined || verdict === 'approve', {
    path: ['narrow'],
    message: 'is for an approval: a denial leaves nothing',
  })

/** `POST /v1/requests/{id}/decisions`: a person approves or denies. The same operation as a click in Slack. */
export const createHandler = (ports: ShowingApiPorts & ReaderPorts) =>
  personDoor(ports, async (call, { person, login, claimed }) => {
    const body = parseBody(Body, call.json())
    const id = pathId(call, RequestId, unknownRequest)
    const done = await decideRequest(
      { ...defined({ ...body, claimed }), id, person: person.id, through: 'api', login },
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

export const handler = bind(
  'decide-request',
  (told) => withTexts(withReader(told, portsWithAnswers(told)), told),
  createHandler,
)
