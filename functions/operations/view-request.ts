import type { Refusal } from '../domain/refusals.ts'
import { asOf } from '../domain/requests/due.ts'
import { type ApprovalRequest, openStage, type Verdict } from '../domain/requests/request.ts'
import { takeDecision } from '../domain/requests/take-decision.ts'
import type { PersonId, RequestId, Result } from '../domain/values.ts'
import { ok, refuse } from '../domain/values.ts'
import { authorityOf } from './authority.ts'
import type { DecidingPorts } from './ports.ts'
import { askAboutPerson } from './questions.ts'

/** A request as it is now, and for each verdict why this person cannot give it now; nothing where they can. */
export type Viewed = { state: ApprovalRequest; whyNot: { readonly [verdict in Verdict]: Refusal | undefined } }

type Ports = Pick<DecidingPorts, 'requests' | 'policy' | 'clock'>

/**
 * A request for a person who may be about to decide it. What they are offered is what the rule that takes decisions would
 * take now, given the comment and the login that the stage asks for; when they decide, everything is asked anew.
 */
export async function viewRequest(
  { id, person }: { id: RequestId; person: PersonId },
  ports: Ports,
): Promise<Result<Viewed, 'not_permitted' | 'unknown_request'>> {
  const now = ports.clock.now()
  if (!askAboutPerson(ports.policy, 'read', person, now).permit) return refuse('not_permitted')
  const stored = await ports.requests.load(id)
  if (!stored) return refuse('unknown_request')
  const state = asOf(stored.state, now)
  const found = await authorityOf(state, 'request', now, ports, { decider: person })
  const acr = state.status === 'pending' ? openStage(state)?.terms.acr : undefined
  const whyNot = (verdict: Verdict): Refusal | undefined => {
    const taken = takeDecision(
      state,
      {
        ...found,
        type: 'decide',
        person,
        verdict,
        round: state.round,
        digest: state.ask.digest,
        comment: 'asked beforehand',
        login: { ...(acr === undefined ? {} : { acr }), at: now },
        through: 'page',
        bundle: ports.policy.bundle.hash,
      },
      now,
    )
    return 'code' in taken ? taken.code : undefined
  }
  return ok({ state, whyNot: { approve: whyNot('approve'), deny: whyNot('deny') } })
}
