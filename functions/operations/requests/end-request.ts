// Rules: test/operations/requests/story.test.ts
import { askAboutPerson } from '../../domain/deciding/questions.ts'
import type { LoginGroups } from '../../domain/people/group-source.ts'
import type { Complete, Revoke, Withdraw } from '../../domain/record/commands.ts'
import type { ApprovalRequest, Outcome } from '../../domain/record/request.ts'
import type { RefusalOf } from '../../domain/requests/decide.ts'
import { type AskerId, defined, type NumericDate, type PersonId, type RequestId } from '../../domain/values.ts'
import { whatStops } from '../halts/find-halt.ts'
import type { OnceOnly } from '../ports.ts'
import { type CarriedOut, carryOutFor, carryOutForAgent } from '../record/carry-out.ts'
import type { DecidingPorts } from '../record/ports.ts'

/** Withdraws a request (ARAP: `cancel`). */
export const cancelRequest = (
  { id, agent }: { id: RequestId; agent: AskerId },
  ports: DecidingPorts,
): Promise<CarriedOut<RefusalOf<Withdraw>>> => carryOutForAgent(id, agent, ports, { type: 'withdraw', agent })

export function completeRequest(
  { id, agent, outcome, note }: { id: RequestId; agent: AskerId; outcome: Outcome; note?: string },
  ports: DecidingPorts,
): Promise<CarriedOut<RefusalOf<Complete>>> {
  return carryOutForAgent(id, agent, ports, { type: 'complete', agent, outcome, ...defined({ note }) })
}

export async function revokeRequest(
  {
    id,
    person,
    reason,
    once,
    claimed,
  }: { id: RequestId; person: PersonId; reason: string; once?: OnceOnly; claimed?: LoginGroups | undefined },
  ports: DecidingPorts,
): Promise<CarriedOut<RefusalOf<Revoke> | 'replayed'>> {
  const command = async (state: ApprovalRequest, now: NumericDate): Promise<Omit<Revoke, 'bundle'>> => {
    const { stopped, readings } = await whatStops(person, ports, { now })
    const answer = askAboutPerson(ports.policy, 'revoke', person, now, { state, readings, claimed })
    const permit = answer.permit && !stopped
    return { type: 'revoke', person, reason, answer: { ...answer, permit } }
  }
  return carryOutFor(person, 'revoke', id, ports, command, once)
}
