import { chainEntries, contextOf, noEntries } from '../../domain/ledger/ledger.ts'
import type { Login } from '../../domain/people/login-strength.ts'
import {
  evolvePermit,
  givePermit as give,
  revokePermit as revoke,
  type StandingPermit,
} from '../../domain/permits/permit.ts'
import type { Refusal } from '../../domain/refusals.ts'
import { asOf } from '../../domain/requests/due.ts'
import {
  defined,
  type NumericDate,
  ok,
  type PersonId,
  type RequestId,
  type Result,
  refuse,
  type StandingPermitId,
} from '../../domain/values.ts'
import { isStopped } from '../halts/find-halt.ts'
import { findEnding } from '../policy/authority.ts'
import { askAboutPerson } from '../policy/questions.ts'
import type { Page } from '../ports.ts'
import { manyWriters, refuseOnRecord, runAggregate } from '../requests/carry-out.ts'
import type { DecidingPorts } from '../requests/ports.ts'
import type { PermitStore } from './ports.ts'

/** `digest`: what was approved, where the door knows what was shown; or its first 16 characters. */
export type PermitAsk = {
  request: RequestId
  person: PersonId
  login: Login
  uses: number
  until: NumericDate
  digest?: string
}

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
  const refused = refuseOnRecord(person, 'allow_standing', ports)
  const stored = await requests.load(request)
  if (!stored) return refused('unknown_request')
  const now = clock.now()
  const state = asOf(stored.state, now)
  const { digest } = state.ask
  if (ask.digest !== undefined && ask.digest !== digest && ask.digest !== digest.slice(0, 16))
    return refused('stale_digest')
  if (await findEnding(state, now, ports)) return refused('halted')
  const event = give(
    state,
    {
      person,
      answer: askAboutPerson(policy, 'allowStanding', person, now, { state }),
      silenced: await isStopped(person, ports),
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
  const { entries, head } = chainEntries(id, noEntries, [event], contextOf(state))
  if (!(await permits.save({ id, expected: noEntries, permit, entries, head })))
    return refused('permit_refused', allowedBefore)
  log.info('standing permit given', { permit: id, request, by: person, uses })
  return ok(permit)
}

/** A request's approval is good for one permit, so its id is the request's with another prefix: two are never given at once. */
const permitOf = (request: RequestId) => request.replace(/^[a-z]+_/, 'stp_') as StandingPermitId
const allowedBefore = 'more of this request was allowed before'

/**
 * Takes a standing permit back, if this person gave it or policy lets them revoke. Once this has returned nothing draws
 * from it, and nothing is issued or used of what did; their records end right after. Twice is once.
 *
 * @throws StoreUnavailable, StaleRequest
 */
export async function revokePermit(
  { id, person, reason }: { id: StandingPermitId; person: PersonId; reason: string },
  ports: Omit<DecidingPorts, 'ids'> & { permits: Pick<PermitStore, 'load' | 'save'> },
): Promise<Result<StandingPermit, Refusal>> {
  const { policy, requests, permits, clock, log } = ports
  const refused = refuseOnRecord(person, 'revoke_standing', ports)
  return runAggregate<Result<StandingPermit, Refusal>>(id, manyWriters, async () => {
    const stored = await permits.load(id)
    if (!stored) return refused('unknown_permit')
    const now = clock.now()
    const from = await requests.load(stored.permit.from)
    const answer = askAboutPerson(policy, 'revoke', person, now, from ? { state: from.state } : {})
    const who = { person, answer, silenced: await isStopped(person, ports), bundle: policy.bundle.hash }
    const event = revoke(stored.permit, { ...who, reason }, now)
    if (!event) return ok(stored.permit)
    if ('code' in event) return refused(event.code)
    const permit = evolvePermit(id, stored.permit, event)
    const context = from && {
      parentTask: from.state.ask.parentTask,
      resource: permit.resource,
      digest: from.state.ask.digest,
    }
    const { entries, head } = chainEntries(id, stored.head, [event], context)
    if (!(await permits.save({ id, expected: stored.head, permit, entries, head }))) return undefined
    log.info('standing permit revoked', { permit: id, by: person, drawn: permit.drawn.length })
    return ok(permit)
  })
}

const pageSize = 50

/** All standing permits, newest first, those that are over too: who reads requests may read them. */
export async function listPermits(
  { person, after }: { person: PersonId; after?: string },
  { policy, clock, permits }: Pick<DecidingPorts, 'policy' | 'clock'> & { permits: Pick<PermitStore, 'list'> },
): Promise<Result<Page<StandingPermit>, 'not_permitted'>> {
  if (!askAboutPerson(policy, 'read', person, clock.now()).permit) return refuse('not_permitted')
  return ok(await permits.list({ limit: pageSize, ...defined({ after }) }))
}
