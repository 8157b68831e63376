import { whyAsked } from '../../domain/policy/asking-terms.ts'
import { fillingOf } from '../../domain/policy/filling.ts'
import { tierOf } from '../../domain/policy/ladder.ts'
import type { Comment, Decide, Narrowing, Unstamped } from '../../domain/record/commands.ts'
import { evolve } from '../../domain/record/evolve.ts'
import { originOf } from '../../domain/record/origin.ts'
import { outcomeOfPreview } from '../../domain/record/preview.ts'
import { type ApprovalRequest, openStage } from '../../domain/record/request.ts'
import type { Refusal } from '../../domain/refusals.ts'
import { decide, type RefusalOf } from '../../domain/requests/decide.ts'
import { asOf } from '../../domain/requests/due.ts'
import { isNarrower, keptStage, type Narrow, narrowedTerms, withDigests } from '../../domain/requests/narrow.ts'
import { readsAgain, rightOf } from '../../domain/requests/take-decision.ts'
import type { NumericDate, PersonId, RequestId, Result } from '../../domain/values.ts'
import { defined, ok, refuse } from '../../domain/values.ts'
import { assessAsk } from '../policy/assess-ask.ts'
import { authorityOf, lookAtAgents } from '../policy/authority.ts'
import { askAboutRequest } from '../policy/questions.ts'
import type { OnceOnly } from '../ports.ts'
import { type ReaderPorts, type Reading, readAgain } from '../previews/read-again.ts'
import { type CarriedOut, carryOutFor, stamped } from '../record/carry-out.ts'
import type { AskingPorts, DecidingPorts } from '../record/ports.ts'
import { narrowPlan } from './narrow-plan.ts'

type Made = Omit<Extract<Narrowing, { ok: true }>, 'eligible' | 'permittedBy'>
export type MadeNarrow = Made | Extract<Narrowing, { ok: false }>

/**
 * Arguments, tier and session policy are checked again. It may need a higher tier, and never a lower one, since the
 * approver was not asked whether fewer people may look at it.
 */
export function narrowAsk(
  state: Pick<ApprovalRequest, 'ask' | 'tier' | 'preview'>,
  narrow: Narrow,
  now: NumericDate,
  { policy }: Pick<AskingPorts, 'policy'>,
): MadeNarrow {
  const { ask, tier, preview } = state
  const origin = originOf(ask)
  if (origin.kind === 'plan') return narrowPlan(state, origin.steps, narrow, now, policy)
  if (narrow.steps) return { ok: false, code: 'not_narrower', detail: '`steps` are for a plan, and this is none' }
  const entry = policy.bundle.actions[ask.action]
  if (!entry) return { ok: false, code: 'unknown_action' }
  const terms = narrowedTerms(ask, narrow)
  const narrower = isNarrower(ask, terms, entry.narrowable)
  if (!narrower.ok) return narrower
  const { resource, mcp, host } = ask
  const again = { action: { name: ask.action, properties: terms.arguments }, resource, mcp, host, ...whyAsked(ask) }
  const assessment = assessAsk(again, ask.agent.id, ask.recent, now, { policy }, outcomeOfPreview(preview))
  if (assessment.outcome === 'refused') {
    const { reason: code, detail } = assessment
    return { ok: false, code, ...defined({ detail }) }
  }
  const { facts, policies } = assessment
  const needed = Math.max(tier, assessment.tier)
  const rung = tierOf(policy.bundle.ladder, needed)
  if (!rung) return { ok: false, code: 'policy_denied' }
  const { arguments: args, unpinned } = facts
  // A higher tier may grant less than was asked for on the lower one.
  const cut = {
    uses: Math.min(terms.uses, rung.grant.uses),
    lifetime: Math.min(terms.lifetime, rung.grant.lifetime),
    claimWithin: Math.min(ask.claimWithin, rung.grant.claimWithin),
  }
  const smaller = withDigests({ ...ask, ...cut, arguments: args, unpinned: [...unpinned] })
  return { ok: true, ask: smaller, tier: needed, stages: rung.stages, policies }
}

export type DecisionAsk = Pick<
  Decide,
  'person' | 'verdict' | 'stage' | 'round' | 'digest' | 'comment' | 'through' | 'login' | 'claimed' | 'burst'
> & {
  id: RequestId
  /** A door may still be reading it. */
  seen?: Decide['seen'] | Promise<Decide['seen']>
  narrow?: Narrow
  /** A door that always does leaves it out. */
  showsAll?: (state: ApprovalRequest) => boolean
  once?: OnceOnly
}

export type DecisionRefusal = RefusalOf<Decide> | 'replayed'

export function decideRequest(
  ask: DecisionAsk,
  ports: DecidingPorts & ReaderPorts,
): Promise<CarriedOut<DecisionRefusal>> {
  const command = async (state: ApprovalRequest, now: NumericDate) => {
    if (ask.narrow) await lookAtAgents(state, ports)
    const less = ask.narrow && narrowAsk(state, ask.narrow, now, ports)
    const reads = less?.ok !== false && readsAgain(state, { verdict: ask.verdict, ...defined({ narrowed: less }) })
    // Nothing is read for what no request may be narrowed to: it could be another thing, of another class.
    const asked = less?.ok ? less.ask : state.ask
    // Side by side: who decides waits for the slower of the two.
    const [made, { observed }] = await Promise.all([
      commandFor(state, ask, now, ports, less),
      reads ? readAgain(state, now, ports, asked) : ({} as Reading),
    ])
    return { ...made, ...defined({ observed }) }
  }
  return carryOutFor(ask.person, ask.verdict, ask.id, ports, command, ask.once)
}

async function commandFor(
  state: ApprovalRequest,
  ask: DecisionAsk,
  now: NumericDate,
  ports: AskingPorts,
  less = ask.narrow && narrowAsk(state, ask.narrow, now, ports),
): Promise<Extract<Unstamped, { type: 'decide' }>> {
  const { person: decider, claimed } = ask
  const found = await authorityOf(state, 'request', now, ports, { decider, claimed })
  const { eligible, permittedBy, ending, standsFor, givenBy, afterHalts, wouldBe } = found
  const { id: _, once: __, narrow: ___, seen, showsAll, ...rest } = ask
  const narrowed = less && (await narrowing(state, less, ask, now, ports))
  const rights = defined({ standsFor, givenBy })
  const decided = { ...ask, ...rights, ...defined({ narrowed }) }
  return {
    ...rest,
    type: 'decide',
    eligible,
    permittedBy,
    ...rights,
    ...defined({ ending, afterHalts, narrowed, wouldBe, seen: await seen }),
    ...(showsAll && !showsAll(state) ? { cut: true } : {}),
    answer: askAboutRequest(ports.policy, asIfDecided(state, decided, eligible[ask.person] ?? [], now), 'request', now),
  }
}

async function narrowing(
  state: ApprovalRequest,
  made: ReturnType<typeof narrowAsk>,
  { person, claimed }: Pick<DecisionAsk, 'person' | 'claimed'>,
  now: NumericDate,
  ports: Pick<AskingPorts, 'requests' | 'policy'>,
): Promise<Narrowing> {
  if (!made.ok) return made
  const { eligible, permittedBy } = await authorityOf(asIfNarrowed(state, made, person, now), 'request', now, ports, {
    ...{ decider: person, claimed },
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

/** So that the question about the last stage can be asked beforehand. */
function asIfDecided(
  state: ApprovalRequest,
  {
    person,
    verdict,
    round,
    comment,
    login,
    claimed,
    narrowed,
    ...rights
  }: DecisionAsk & Pick<Decide, 'standsFor' | 'givenBy'> & { narrowed?: Narrowing },
  names: readonly string[],
  at: NumericDate,
) {
  const open = openStage(state)
  const as = open && fillingOf(open).names.find((name) => names.includes(name))
  if (!open || as === undefined || verdict === 'deny') return state
  const actor = { type: 'person', id: person } as const
  const common = { at: Math.max(at, state.updatedAt), actor, policies: [], bundle: '' }
  const how = { login, ...rightOf(rights, as), ...defined({ comment, claimed }) }
  const decided = { ...common, type: 'Decided', as, verdict, round, through: 'api', ...how } as const
  if (!narrowed?.ok) return evolve(state, { ...decided, stage: open.terms.name })
  const less = asIfNarrowed(state, narrowed, person, at)
  const own = narrowed.eligible.includes(as) ? keptStage(narrowed.stages, open.terms.name, as) : undefined
  return own ? evolve(less, { ...decided, stage: own.name }) : less
}

export type CommentAsk = { id: RequestId; person: PersonId; comment: string; once?: OnceOnly }

export function commentDecision(
  { id, person, comment, once }: CommentAsk,
  ports: DecidingPorts,
): Promise<CarriedOut<RefusalOf<Comment> | 'replayed'>> {
  return carryOutFor(person, 'comment', id, ports, () => ({ type: 'comment', person, comment }), once)
}

export type Foreseen = Result<ApprovalRequest, Refusal> & { state?: ApprovalRequest }

/** What a decision would come to now, by the rule that takes it, with nothing recorded. */
export async function foreseeDecision(ask: DecisionAsk, ports: AskingPorts): Promise<Foreseen> {
  const stored = await ports.requests.load(ask.id)
  if (!stored) return refuse('unknown_request')
  const now = Math.max(ports.clock.now(), stored.state.updatedAt)
  const state = asOf(stored.state, now)
  if (ask.narrow) await lookAtAgents(state, ports)
  // As if nothing had changed: nothing is read to foresee.
  const made = {
    ...(await commandFor(state, ask, now, ports)),
    ...(state.preview && { observed: { preview: state.preview } }),
  }
  const { refusal } = decide(stored.state, stamped(made, ports), now)
  return refusal ? { ...refuse(refusal.code, refusal.detail), state } : ok(state)
}
