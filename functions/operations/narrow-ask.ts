import { argumentsDigest } from '../domain/digest.ts'
import { tierOf } from '../domain/policy/ladder.ts'
import type { Narrowing } from '../domain/requests/commands.ts'
import { isNarrower, type Narrow, narrowedTerms, sealed } from '../domain/requests/narrow.ts'
import type { ApprovalRequest } from '../domain/requests/request.ts'
import type { NumericDate } from '../domain/values.ts'
import { assessAsk } from './evaluate-access.ts'
import type { DecidingPorts } from './ports.ts'

/** What a request would become; who may decide that is another question. */
export type Made = Omit<Extract<Narrowing, { ok: true }>, 'eligible' | 'permittedBy'>

/**
 * What a request becomes when an approver leaves less of it: the arguments checked against the schema again, the tier and
 * the session policy computed again. It may need a higher rung than it did; it never gets away with a lower one, since an
 * approver who makes it less was not asked whether fewer people may look at it.
 */
export function narrowAsk(
  { ask, tier }: Pick<ApprovalRequest, 'ask' | 'tier'>,
  narrow: Narrow,
  now: NumericDate,
  { policy }: Pick<DecidingPorts, 'policy'>,
): Made | Extract<Narrowing, { ok: false }> {
  const entry = policy.bundle.actions[ask.action]
  if (!entry) return { ok: false, code: 'unknown_action' }
  const terms = narrowedTerms(ask, narrow)
  const narrower = isNarrower(ask, terms, entry.narrowable)
  if (!narrower.ok) return narrower
  const { resource, purpose } = ask
  const again = { action: { name: ask.action, properties: terms.arguments }, resource, purpose }
  const assessment = assessAsk(again, ask.agent.id, ask.recent, now, { policy })
  if (assessment.outcome === 'refused') {
    const { reason: code, detail } = assessment
    return { ok: false, code, ...(detail === undefined ? {} : { detail }) }
  }
  const { facts, policies } = assessment
  const needed = Math.max(tier, assessment.tier)
  const rung = tierOf(policy.bundle.ladder, needed)
  if (!rung) return { ok: false, code: 'policy_denied' }
  const { arguments: args, unpinned } = facts
  const { digest: _, ...rest } = ask
  // What a higher rung gives may be less than what was asked for on the lower one.
  const cut = {
    uses: Math.min(terms.uses, rung.grant.uses),
    lifetime: Math.min(terms.lifetime, rung.grant.lifetime),
    claimWithin: Math.min(ask.claimWithin, rung.grant.claimWithin),
  }
  const less = { ...rest, ...cut, arguments: args, unpinned: [...unpinned] }
  const sealedAsk = sealed({ ...less, argumentsDigest: argumentsDigest(ask.action, args, resource) })
  return { ok: true, ask: sealedAsk, tier: needed, stages: rung.stages, policies }
}
