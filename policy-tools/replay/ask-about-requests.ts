// Rules: test/operations/policy-change/replay.test.ts
import { assessChange } from '../../functions/domain/agents/assess-change.ts'
import { askAboutAsker, askAboutPerson, assessAgain, changeAsked } from '../../functions/domain/deciding/questions.ts'
import { lackingFor, whyAsked } from '../../functions/domain/policy/asking-terms.ts'
import { tooLargeToConfine } from '../../functions/domain/policy/confine.ts'
import type { Answer, Moment } from '../../functions/domain/policy/question.ts'
import type { Event } from '../../functions/domain/record/events.ts'
import { originOf, rulesOf } from '../../functions/domain/record/origin.ts'
import type { Preview } from '../../functions/domain/record/preview.ts'
import { type ApprovalRequest, approvalsOf } from '../../functions/domain/record/request.ts'
import { isAgent, type NumericDate } from '../../functions/domain/values.ts'
import {
  atTier,
  type NotAskedBecause,
  type NotEnough,
  permitted,
  refused,
  type Subject,
  type Verdict,
} from '../change/replay.ts'
import { askAtApproval, askOnApprovals, namedIn } from './recorded-approvals.ts'
import type { RecordedWorld } from './recorded-world.ts'
import type { Rules } from './rules.ts'

export type Reply =
  | { about: Subject; from: Verdict; to: Verdict }
  | { notEnough: NotEnough }
  | { because: NotAskedBecause; count?: number }

/** For each request its result under these policies: the tier, or the end by a refusal. */
export type Came = { tier?: number; ended?: true }

export type Asking = { rules: Rules; world: RecordedWorld; came: Map<string, Came> }

export const aboutRequest = (
  { ask }: Pick<ApprovalRequest, 'ask'>,
  question: string,
  more: Partial<Subject> = {},
): Subject => ({
  question,
  action: ask.action,
  ...(isAgent(ask.agent.id) ? { agent: ask.agent.id } : { person: ask.agent.id }),
  ...more,
})

export const verdictOf = ({ permit, policies, detail, error }: Answer): Verdict =>
  permit ? permitted(policies) : refused(policies, error ? 'policy_error' : undefined, detail)

export const unsure: Reply = { because: 'groupsOfSources' }

/** True if these policies would have ended it, or an ancestor, before. */
export function isOver({ ask }: Pick<ApprovalRequest, 'ask'>, { came }: Asking): boolean {
  return [ask.id, ...ask.ancestors].some((id) => came.get(id)?.ended === true)
}

type Of<T extends Event['type']> = Extract<Event, { type: T }>

export function askSubmitted(event: Of<'Submitted'>, state: ApprovalRequest, asking: Asking): Reply | undefined {
  const { ask, tier, policies, at, preview } = event
  if (isOver(state, asking)) return end(ask.id, asking, { because: 'neverCame' })
  const askFrom = (atLeast: number) =>
    askAssessed(state, { preview, atLeast, at }, { tier, policies }, 'request', asking)
  const origin = originOf(ask)
  switch (origin.kind) {
    // People decided it with its plan.
    case 'step':
      return undefined
    case 'registry':
      return askChange(event, state, asking)
    case 'draw':
    case 'delegation':
      return askInherited(event, state, origin.kind, asking)
    case 'extension': {
      const extended = asking.came.get(origin.of)?.tier
      return extended === undefined ? { because: 'begunBefore' } : askFrom(extended)
    }
    case 'person': {
      const asker = askAboutAsker(asking.rules.for([ask]), state, origin.askedBy, at)
      if (asker.permit) return askFrom(0)
      return end(ask.id, asking, { about: aboutRequest(state, 'ask'), from: permitted([]), to: verdictOf(asker) })
    }
    default:
      origin satisfies { kind: 'agent' | 'plan' | 'opening' }
      return askFrom(0)
  }
}

/** A change of the registry, of the agent's entry as it was. */
function askChange({ ask, tier: recorded, policies, at }: Of<'Submitted'>, state: ApprovalRequest, asking: Asking) {
  const asked = changeAsked(ask)
  if (!asked) return undefined
  const policy = asking.rules.for([ask])
  const found = assessChange(policy.bundle, (question) => policy.ask(question), asked, at)
  const [about, from] = [aboutRequest(state, 'request'), atTier(recorded, policies)]
  if (found.outcome === 'refused')
    return end(ask.id, asking, { about, from, to: refused(found.policies, found.reason, found.detail) })
  const { tier } = found
  asking.came.set(ask.id, { tier })
  return { about, from, to: atTier(tier, tier > recorded ? found.below : found.policies) }
}

/** A change as it was made, or refused at the last moment, by the approvals of its request. */
export function askMade(event: Of<'Completed'>, state: ApprovalRequest, asking: Asking): Reply | undefined {
  const { outcome, code } = event
  if (originOf(state.ask).kind !== 'registry') return undefined
  if (outcome !== 'succeeded' && code !== 'policy_denied' && code !== 'approver_not_eligible') return undefined
  return askLive(event, { state, moment: 'issue', question: 'make', recorded: outcome === 'succeeded' }, asking)
}

/** A request that was delegated or drawn from a standing permit: people approved it before. */
function askInherited(
  { ask, at, policies }: Of<'Submitted'>,
  state: ApprovalRequest,
  kind: 'draw' | 'delegation',
  asking: Asking,
): Reply | undefined {
  const { rules } = asking
  const approved = askOnApprovals([state], 'request', rules, at)
  if (!approved) return unsure
  const giver = approvalsOf(state)[0]?.person
  const allowed =
    approved.permit && kind === 'draw' && giver !== undefined
      ? askAboutPerson(rules.for([ask]), 'allowStanding', giver, at, { state })
      : approved
  if (allowed.permit) asking.came.set(ask.id, { tier: state.tier })
  const reply = {
    about: aboutRequest(state, kind === 'draw' ? kind : 'delegate'),
    from: permitted(policies),
    to: verdictOf(allowed),
  }
  return allowed.permit ? reply : end(ask.id, asking, reply)
}

/** A new round: after a narrowing, or after the resource changed. */
export function askAnew(
  event: Of<'Narrowed' | 'StateChanged'>,
  { before, after }: { before: ApprovalRequest; after: ApprovalRequest },
  asking: Asking,
): Reply {
  if (isOver(after, asking)) return { because: 'neverCame' }
  const { tier = before.tier } = asking.came.get(after.ask.id) ?? {}
  const isNarrowed = event.type === 'Narrowed'
  const preview = isNarrowed ? before.preview : event.preview
  const question = isNarrowed ? 'narrow' : 'state changed'
  const recorded = { tier: event.tier, policies: event.because }
  return askAssessed(after, { preview, atLeast: tier, at: event.at }, recorded, question, asking)
}

function askAssessed(
  state: ApprovalRequest,
  { preview, atLeast, at }: { preview: Preview | undefined; atLeast: number; at: NumericDate },
  recorded: { tier: number; policies: readonly string[] },
  question: string,
  asking: Asking,
): Reply {
  const { ask } = state
  const { rules, came } = asking
  const policy = rules.for(namedIn(state))
  const found = assessAgain(policy, state, { preview, atLeast }, at)
  const about = aboutRequest(state, question)
  const from = atTier(recorded.tier, recorded.policies)
  const no = (verdict: Verdict) => end(ask.id, asking, { about, from, to: verdict })
  if (found.outcome === 'refused') return no(refused(found.policies, found.reason, found.detail))
  const { tier, policies, below } = found
  const large = 'facts' in found ? tooLargeToConfine(policy.bundle, found.facts, at) : undefined
  if (large !== undefined) return no(refused(policies, 'invalid_arguments', large))
  const { justified, task } = whyAsked(ask)
  const lacking = lackingFor(policy.bundle, { tier, justified, task })
  if (lacking === 'incidents_unreachable') return end(ask.id, asking, { because: 'taskNotLookedUp' })
  if (lacking) return no(refused(policies, lacking))
  came.set(ask.id, { tier })
  return { about, from, to: atTier(tier, tier > recorded.tier ? below : policies) }
}

/**
 * Policy's last question, after people have approved. A request that policy approved alone was asked about at its
 * submission.
 */
export function askApproved(event: Of<'Approved'>, state: ApprovalRequest, asking: Asking): Reply | undefined {
  const { ask, tier } = state
  if (tier === 0 || !rulesOf(ask).isDecided) return undefined
  if (isOver(state, asking)) return { because: 'neverCame' }
  const needs = asking.came.get(ask.id)?.tier
  if (needs === undefined) return { because: 'begunBefore' }
  const found = askAtApproval(state, needs, asking.rules, event.at)
  if (!found) return unsure
  if ('notEnough' in found) return end(ask.id, asking, found)
  const reply = {
    about: aboutRequest(state, 'approve'),
    from: permitted(event.policies),
    to: verdictOf(found.answer),
  }
  return found.answer.permit ? reply : end(ask.id, asking, reply)
}

/** Asks whether a grant may be used now, by the recorded approvals. `recorded`: the answer at that time. */
export function askLive(
  { at, policies }: Event,
  {
    state,
    moment,
    question,
    recorded,
  }: { state: ApprovalRequest; moment: Moment; question: string; recorded: boolean },
  asking: Asking,
): Reply {
  if (isOver(state, asking)) return { because: 'neverCame' }
  const line = [...state.ask.ancestors.flatMap((id) => asking.world.requests.get(id) ?? []), state]
  const answer = askOnApprovals(line, moment, asking.rules, at)
  if (!answer) return unsure
  const from = recorded ? permitted(policies) : refused(policies)
  return { about: aboutRequest(state, question), from, to: verdictOf(answer) }
}

export function end(id: string, { came }: Asking, reply: Reply): Reply {
  came.set(id, { ...came.get(id), ended: true })
  return reply
}
