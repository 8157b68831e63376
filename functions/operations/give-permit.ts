import { asOf } from '../domain/due.ts'
import { isSilenced } from '../domain/halt.ts'
import { contextOf, noEntries, seal } from '../domain/ledger.ts'
import type { Refusal } from '../domain/refusals.ts'
import type { StandingPermit } from '../domain/standing-permit.ts'
import { evolvePermit, givePermit as give } from '../domain/standing-permits.ts'
import { type NumericDate, ok, type PersonId, type RequestId, type Result, refuse } from '../domain/values.ts'
import { findEnding } from './authority.ts'
import { recordRefusal } from './carry-out.ts'
import { StaleRequest } from './faults.ts'
import type { DecidingPorts, PermitStore } from './ports.ts'
import { askAboutPerson } from './questions.ts'

export type PermitPorts = DecidingPorts & { permits: PermitStore }

/**
 * Whoever approved a request allows its agent more of the same, so often and until then, if policy lets them. What they
 * approved stands as it is; nothing is given that a halt, a revocation or the end of their right would not take away.
 *
 * @throws StoreUnavailable, StaleRequest
 */
export async function givePermit(
  ask: { request: RequestId; person: PersonId; uses: number; until: NumericDate },
  ports: PermitPorts,
): Promise<Result<StandingPermit, Refusal>> {
  const { request, person, uses, until } = ask
  const { policy, requests, permits, clock, ids, log } = ports
  const refused = async (code: Refusal, detail?: string) => {
    await recordRefusal({ type: 'person', id: person }, 'allow_standing', code, ports)
    return refuse(code, detail)
  }
  const stored = await requests.load(request)
  if (!stored) return refused('unknown_request')
  const now = clock.now()
  const state = asOf(stored.state, now)
  const { halts } = await requests.standing([], [{ kind: 'person', value: person }])
  if (await findEnding(state, now, ports)) return refused('halted')
  const event = give(
    state,
    {
      person,
      answer: askAboutPerson(policy, 'allowStanding', person, now, { state }),
      silenced: isSilenced(person, now, halts),
      group: policy.bundle.actions[state.ask.action]?.group ?? 'destructive',
      uses,
      until,
      bundle: policy.bundle.hash,
    },
    Math.max(now, state.updatedAt),
  )
  if ('code' in event) return refused(event.code, event.detail)
  const id = ids.permit()
  const permit = evolvePermit(id, undefined, event)
  const { entries, head } = seal(id, noEntries, [event], contextOf(state))
  if (!(await permits.save({ id, expected: noEntries, permit, entries, head })))
    throw new StaleRequest(`\`${id}\` was there already`)
  log.info('standing permit given', { permit: id, request, by: person, uses })
  return ok(permit)
}
