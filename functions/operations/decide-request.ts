import type { Decide, Narrowing } from '../domain/requests/commands.ts'
import { evolve } from '../domain/requests/evolve.ts'
import { keptStage, type Narrow } from '../domain/requests/narrow.ts'
import { type ApprovalRequest, namesOf, openStage } from '../domain/requests/request.ts'
import { rightOf } from '../domain/requests/take-decision.ts'
import type { NumericDate, PersonId, RequestId } from '../domain/values.ts'
import { authorityOf } from './authority.ts'
import { type CarriedOut, carryOut, recordRefusal } from './carry-out.ts'
import { type Made, narrowAsk } from './narrow-ask.ts'
import type { DecidingPorts, OnceOnly } from './ports.ts'
import { askAboutRequest } from './questions.ts'

/** A person's verdict on a request, through whichever door. */
export type DecisionAsk = Pick<
  Decide,
  'person' | 'verdict' | 'stage' | 'round' | 'digest' | 'comment' | 'through' | 'login' | 'seen' | 'burst'
> & {
  id: RequestId
  /** What an approver would leave of it, where they approve less than was asked. */
  narrow?: Narrow
  /** Whether what the door renders of a request shows all of it. A door that always shows all of it does not say. */
  showsAll?: (state: ApprovalRequest) => boolean
  /** What must happen once, such as this very click. */
  once?: OnceOnly
}

/** Records a person's decision, and settles the request if it is the last that was needed. */
export async function decideRequest(ask: DecisionAsk, ports: Omit<DecidingPorts, 'ids'>): Promise<CarriedOut> {
  const command = (state: ApprovalRequest, now: NumericDate) => commandFor(state, ask, now, ports)
  const done = await carryOut(ask.id, ports, command, ask.once ? [ask.once] : [])
  if (!done.ok && done.code === 'unknown_request')
    await recordRefusal({ type: 'person', id: ask.person }, ask.verdict, 'unknown_request', ports)
  return done
}

/** The decision on the request as it now is, with all that is found for it now. */
export async function commandFor(
  state: ApprovalRequest,
  ask: DecisionAsk,
  now: NumericDate,
  ports: Omit<DecidingPorts, 'ids'>,
): Promise<Decide> {
  const { policy } = ports
  const { eligible, permittedBy, ending, standsFor, givenBy, afterHalts } = await authorityOf(
    state,
    'request',
    now,
    ports,
    {
      decider: ask.person,
    },
  )
  const { id: _, once: __, narrow, showsAll, ...rest } = ask
  const narrowed = narrow && (await narrowing(state, narrow, ask.person, now, ports))
  const rights = { ...(standsFor ? { standsFor } : {}), ...(givenBy ? { givenBy } : {}) }
  const decided = { ...ask, ...rights, ...(narrowed ? { narrowed } : {}) }
  return {
    ...rest,
    type: 'decide',
    eligible,
    permittedBy,
    ...(ending ? { ending } : {}),
    ...rights,
    ...(afterHalts ? { afterHalts } : {}),
    ...(narrowed ? { narrowed } : {}),
    ...(showsAll && !showsAll(state) ? { cut: true } : {}),
    answer: askAboutRequest(policy, asIfDecided(state, decided, eligible[ask.person] ?? [], now), 'request', now),
    bundle: policy.bundle.hash,
  }
}

/** What it would become, and what the decider may decide of that: another tier may be for other people. */
async function narrowing(
  state: ApprovalRequest,
  narrow: Narrow,
  person: PersonId,
  now: NumericDate,
  ports: Pick<DecidingPorts, 'requests' | 'policy'>,
): Promise<Narrowing> {
  const made = narrowAsk(state, narrow, now, ports)
  if (!made.ok) return made
  const { eligible, permittedBy } = await authorityOf(asIfNarrowed(state, made, person, now), 'request', now, ports, {
    decider: person,
  })
  return { ...made, eligible: eligible[person] ?? [], permittedBy }
}

const asIfNarrowed = (
  state: ApprovalRequest,
  { ask, tier, stages, policies }: Made,
  id: PersonId,
  at: NumericDate,
): ApprovalRequest =>
  evolve(state, {
    type: 'Narrowed',
    at: Math.max(at, state.updatedAt),
    actor: { type: 'person', id },
    policies: [],
    bundle: '',
    ask,
    tier,
    stages: [...stages],
    round: state.round + 1,
    because: [...policies],
  })

/** The request as it would stand with this approval, so that the question about the last stage can be asked beforehand. */
function asIfDecided(
  state: ApprovalRequest,
  {
    person,
    verdict,
    round,
    comment,
    login,
    narrowed,
    ...rights
  }: DecisionAsk & Pick<Decide, 'standsFor' | 'givenBy'> & { narrowed?: Narrowing },
  names: readonly string[],
  at: NumericDate,
) {
  const open = state.status === 'pending' ? openStage(state) : undefined
  const as = open && namesOf(open).find((name) => names.includes(name))
  if (!open || as === undefined || verdict === 'deny') return state
  const actor = { type: 'person', id: person } as const
  const common = { at: Math.max(at, state.updatedAt), actor, policies: [], bundle: '' }
  const how = { login, ...rightOf(rights, as), ...(comment === undefined ? {} : { comment }) }
  const decided = { ...common, type: 'Decided', as, verdict, round, through: 'api', ...how } as const
  if (!narrowed?.ok) return evolve(state, { ...decided, stage: open.terms.name })
  const less = asIfNarrowed(state, narrowed, person, at)
  const own = narrowed.eligible.includes(as) ? keptStage(narrowed.stages, open.terms.name, as) : undefined
  return own ? evolve(less, { ...decided, stage: own.name }) : less
}
