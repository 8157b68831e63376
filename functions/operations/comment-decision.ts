import type { PersonId, RequestId } from '../domain/values.ts'
import { type CarriedOut, carryOut, recordRefusal } from './carry-out.ts'
import type { DecidingPorts, OnceOnly } from './ports.ts'

/** Why somebody decided as they did, said afterwards. */
export type CommentAsk = { id: RequestId; person: PersonId; comment: string; once?: OnceOnly }

/** Records the decider's own words on their own decision: once, within an hour, and it changes nothing else. */
export async function commentDecision(
  { id, person, comment, once }: CommentAsk,
  ports: Omit<DecidingPorts, 'ids'>,
): Promise<CarriedOut> {
  const bundle = ports.policy.bundle.hash
  const done = await carryOut(id, ports, () => ({ type: 'comment', person, comment, bundle }), once ? [once] : [])
  if (!done.ok && done.code === 'unknown_request')
    await recordRefusal({ type: 'person', id: person }, 'comment', 'unknown_request', ports)
  return done
}
