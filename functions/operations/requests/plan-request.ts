import { isQuiet, namedDirectly } from '../../domain/cards/routing.ts'
import { titleOf } from '../../domain/policy/catalogue.ts'
import { type Stage, tierOf } from '../../domain/policy/ladder.ts'
import { type AgentId, defined, type NumericDate, type PersonId } from '../../domain/values.ts'
import type { Policy } from '../policy/ports.ts'
import { assessAsk, type EvaluationAsk } from './evaluate-access.ts'

export type Plan = RefusedPlan | RequestablePlan
type RefusedPlan = { outcome: 'refused'; reason: string; detail?: string; policies: readonly string[] }
type RequestablePlan = {
  outcome: 'requestable'
  title: string
  action: string
  resource: { type: string; id: string }
  environment: string
  classification: string
  tier: number
  name: string
  policies: readonly string[]
  below: readonly string[]
  stages: readonly PlannedStage[]
  grant: { claimWithin: number; lifetime: number; uses: number }
  credential: string
  unpinned: readonly string[]
}

type Decided = {
  people: readonly PersonId[]
  notified: readonly PersonId[]
  unreachable: readonly PersonId[]
  quiet: readonly PersonId[]
}
export type PlannedStage = Decided & {
  name: string
  channel: string
  quorum: number
  deadline: number
  silence: 'expire' | (Decided & Exclude<Stage['onSilence'], 'expire'>)
  reminders: readonly number[]
  login?: { acr?: string; maxAge?: number }
  comment?: 'required'
}

export function planRequest(
  ask: Pick<EvaluationAsk, 'action' | 'resource' | 'purpose'> & { agent: AgentId; recent: number },
  policy: Policy,
  now: NumericDate,
): Plan {
  const assessment = assessAsk(ask, ask.agent, ask.recent, now, { policy })
  if (assessment.outcome === 'refused') return assessment
  const { facts, tier, stages, grant, policies, below, eligible } = assessment
  const { environment, classification, type, id } = facts.resource
  return {
    outcome: 'requestable',
    title: titleOf(facts.entry, facts.arguments),
    action: facts.entry.name,
    resource: { type, id },
    environment,
    classification,
    tier,
    name: tierOf(policy.bundle.ladder, tier)?.name ?? '',
    policies,
    below,
    stages: stages.map((stage) => planStage(stage, eligible, policy)),
    grant,
    credential: facts.entry.credential,
    unpinned: facts.unpinned,
  }
}

function planStage(
  stage: Stage,
  eligible: { readonly [name: string]: readonly PersonId[] },
  policy: Policy,
): PlannedStage {
  const { name, channel, quorum, deadline, onSilence, remind, acr, maxAge, comment } = stage
  const own = eligible[name] ?? []
  const wider = onSilence === 'expire' ? [] : (eligible[onSilence.escalateTo] ?? []).filter((id) => !own.includes(id))
  return {
    name,
    channel,
    quorum,
    ...decided(stage, own, policy),
    deadline,
    silence: onSilence === 'expire' ? 'expire' : { ...onSilence, ...decided(stage, wider, policy) },
    reminders: Array.from({ length: remind?.times ?? 0 }, (_, at) => (remind?.after ?? 0) * (2 ** (at + 1) - 1)).filter(
      (after) => after < deadline,
    ),
    ...(acr === undefined && maxAge === undefined ? {} : { login: defined({ acr, maxAge }) }),
    ...defined({ comment }),
  }
}

function decided(stage: Stage, people: readonly PersonId[], { bundle: { directory } }: Policy): Decided {
  const named = namedDirectly(stage, directory).filter((person) => people.includes(person))
  const reachable = (person: PersonId) =>
    directory.people.some(({ id, chatUser }) => id === person && chatUser !== undefined)
  return {
    people,
    notified: named.filter(reachable),
    unreachable: named.filter((person) => !reachable(person)),
    quiet: people.filter((person) => isQuiet(stage, person)),
  }
}
