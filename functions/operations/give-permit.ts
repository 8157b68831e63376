import { isSilenced } from '../domain/halts/halt.ts'
import { contextOf, noEntries, seal } from '../domain/ledger/ledger.ts'
import type { Login } from '../domain/people/login-strength.ts'
import type { StandingPermit } from '../domain/permits/permit.ts'
import { evolvePermit, givePermit as give } from '../domain/permits/permit.ts'
import type { Refusal } from '../domain/refusals.ts'
import { asOf } from '../domain/requests/due.ts'
import {
  type NumericDate,
  ok,
  type PersonId,
  type RequestId,
  type Result,
  refuse,
  type StandingPermitId,
} from '../domain/values.ts'
import { findEnding } from './authority.ts'
import { recordRefusal } from './carry-out.ts'
import type { DecidingPorts, PermitStore } from './ports.ts'
import { askAboutPerson } from './questions.ts'

/** `digest`: what was approved, where the door knows what was shown; or its first 16 characters. */
export type PermitAsk = {
  request: RequestId
  person: PersonId
  login: Login
  uses: number
  until: NumericDate
  digest?: string
}
export type PermitPorts = DecidingPorts & { permits: PermitStore }

/**
 * Whoever approved a request allows its agent more of the same, so often and until then, if policy lets them. What they
 * approved stands as it is; nothing is given that a halt, a revocation or the end of their right would not take away.
 *
 * @throws StoreUnavailable
 */
export async function givePermit(
  ask: PermitAsk,
  ports: Omit<DecidingPorts, 'ids'> & { permits: Pick<PermitStore, 'load' | 'save'> },
): Promise<Result<StandingPermit, Refusal>> {
  const { request, person, login, uses, until } = ask
  const { policy, requests, permits, clock, log } = ports
  const refused = async (code: Refusal, detail?: string) => {
    await recordRefusal({ type: 'person', id: person }, 'allow_standing', code, ports)
    return refuse(code, detail)
  }
  const stored = await requests.load(request)
  if (!stored) return refused('unknown_request')
  const now = clock.now()
  const state = asOf(stored.state, now)
  const { digest } = state.ask
  if (ask.digest !== undefined && ask.digest !== digest && ask.digest !== digest.slice(0, 16))
    return refused('stale_digest')
  const { halts } = await requests.standing([], [{ kind: 'person', value: person }])
  if (await findEnding(state, now, ports)) return refused('halted')
  const event = give(
    state,
    {
      person,
      answer: askAboutPerson(policy, 'allowStanding', person, now, { state }),
      silenced: isSilenced(person, halts),
      group: policy.bundle.actions[state.ask.action]?.group ?? 'destructive',
      ladder: policy.bundle.ladder,
      login,
      uses,
      until,
      bundle: policy.bundle.hash,
    },
    Math.max(now, state.updatedAt),
  )
  if ('code' in event) return refused(event.code, event.detail)
  const id = permitOf(request)
  if (await permits.load(id)) return refused('permit_refused', allowedBefore)
  const permit = evolvePermit(id, undefined, event)
  const { entries, head } = seal(id, noEntries, [event], contextOf(state))
  if (!(await permits.save({ id, expected: noEntries, permit, entries, head })))
    return refused('permit_refused', allowedBefore)
  log.info('standing permit given', { permit: id, request, by: person, uses })
  return ok(permit)
}

/** A request's approval is good for one permit, so its id is the request's with another prefix: two are never given at once. */
const permitOf = (request: RequestId) => request.replace(/^[a-z]+_/, 'stp_') as StandingPermitId
const allowedBefore = 'more of this request was allowed before'
