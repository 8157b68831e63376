import type { Decide, Narrowing } from '../domain/commands.ts'
import { evolve } from '../domain/evolve.ts'
import { namesOfTier } from '../domain/ladder.ts'
import type { Narrow } from '../domain/narrowing.ts'
import { type ApprovalRequest, namesOf, openStage } from '../domain/request.ts'
import type { NumericDate, RequestId } from '../domain/values.ts'
import { authorityOf } from './authority.ts'
import { type CarriedOut, carryOut, recordRefusal } from './carry-out.ts'
import { narrowAsk } from './narrow-ask.ts'
import type { DecidingPorts, OnceOnly } from './ports.ts'
import { askAboutRequest } from './questions.ts'

/** A person's verdict on a request, through whichever door. */
export type DecisionAsk = Pick<
  Decide,
  'person' | 'verdict' | 'stage' | 'round' | 'digest' | 'comment' | 'through' | 'login' | 'seen'
> & {
  id: RequestId
  /** What an approver would leave of it, where they approve less than was asked. */
  narrow?: Narrow
  /** What must happen once, such as this very click. */
  once?: OnceOnly
}

/** Records a person's decision, and settles the request if it is the last that was needed. */
export async function decideRequest(ask: DecisionAsk, ports: Omit<DecidingPorts, 'ids'>): Promise<CarriedOut> {
  const { policy } = ports
  const done = await carryOut(
    ask.id,
    ports,
    async (state, now): Promise<Decide> => {
      const { eligible, policies, ending, standsFor } = await authorityOf(state, 'request', now, ports, {
        decider: ask.person,
      })
      const { id: _, once: __, narrow, ...rest } = ask
      const narrowed = narrow && narrowAsk(state, narrow, now, ports)
      const decided = { ...ask, ...(narrowed ? { narrowed } : {}) }
      return {
        ...rest,
        type: 'decide',
        eligible,
        policies,
        ...(ending ? { ending } : {}),
        ...(standsFor ? { standsFor } : {}),
        ...(narrowed ? { narrowed } : {}),
        answer: askAboutRequest(policy, asIfDecided(state, decided, eligible[ask.person] ?? [], now), 'request', now),
        bundle: policy.bundle.hash,
      }
    },
    ask.once ? [ask.once] : [],
  )
  if (!done.ok && done.code === 'unknown_request')
    await recordRefusal({ type: 'person', id: ask.person }, ask.verdict, 'unknown_request', ports)
  return done
}

/** The request as it would stand with this approval, so that the question about the last stage can be asked beforehand. */
function asIfDecided(
  state: ApprovalRequest,
  { person, verdict, round, narrowed }: DecisionAsk & { narrowed?: Narrowing },
  names: readonly string[],
  at: NumericDate,
) {
  const open = state.status === 'pending' ? openStage(state) : undefined
  const as = open && namesOf(open).find((name) => names.includes(name))
  if (!open || as === undefined || verdict === 'deny') return state
  const actor = { type: 'person', id: person } as const
  const common = { at: Math.max(at, state.updatedAt), actor, policies: [], bundle: '' }
  const decided = { ...common, type: 'Decided', as, verdict, round, through: 'api' } as const
  if (!narrowed?.ok) return evolve(state, { ...decided, stage: open.terms.name })
  const { ask, tier, stages } = narrowed
  const less = evolve(state, { ...common, type: 'Narrowed', ask, tier, stages: [...stages], round: round + 1 })
  const own = less.stages.find(({ terms }) => namesOfTier({ stages: [terms] }).includes(as))
  return own ? evolve(less, { ...decided, stage: own.terms.name }) : less
}
