import { hasLostApprover } from '../../domain/credentials/issue.ts'
import { chainEntries, contextOf } from '../../domain/ledger/ledger.ts'
import { covers, drawPermit, evolvePermit, type StandingPermit } from '../../domain/permits/permit.ts'
import { agentOf } from '../../domain/policy/bundle.ts'
import { satisfiedTier } from '../../domain/policy/ladder.ts'
import type { Submit } from '../../domain/requests/commands.ts'
import { evolve } from '../../domain/requests/evolve.ts'
import { withDigest } from '../../domain/requests/narrow.ts'
import { type ApprovalRequest, type Ask, approvalsOf } from '../../domain/requests/request.ts'
import { submit } from '../../domain/requests/submit.ts'
import { AgentId, type NumericDate, type StandingPermitId } from '../../domain/values.ts'
import { authorityOf } from '../policy/authority.ts'
import { askAboutPerson } from '../policy/questions.ts'
import { endIfOver } from '../requests/carry-out.ts'
import type { DecidingPorts } from '../requests/ports.ts'
import type { PermitChange, PermitStore, StoredPermit } from './ports.ts'

type Ports = Pick<DecidingPorts, 'requests' | 'policy'> & { permits: Pick<PermitStore, 'ofAgent'> }

/** So many permits of one agent are looked at. None lives for more than a day. */
const looksAt = 50
/** A grant that ends sooner than this could not be claimed in time. Seconds. */
const shortest = 10

/**
 * The submission of an ask that a standing permit covers, approved at once: it stands on the decision of whoever gave the
 * permit, and commits together with the draw. All that the decision rests on is read again now: that its giver may still
 * decide such a request and allow it ahead, that no halt has come since it was given, and that policy permits with the
 * tier that this one decision satisfies on today's ladder. Nothing where no permit holds: then people are asked.
 */
export async function drawFromPermit(
  asked: Submit,
  now: NumericDate,
  ports: Ports,
): Promise<{ submit: Submit; draw: PermitChange } | undefined> {
  const { agent, action } = asked.ask
  const agentId = AgentId.safeParse(agent.id)
  const entry = ports.policy.bundle.actions[action]
  const needed = asked.stages.reduce((sum, { quorum }) => sum + quorum, 0)
  if (!agentId.success || !entry || entry.group === 'destructive' || needed !== 1) return undefined
  const mayRebind = agentOf(ports.policy.bundle, agent.id)?.rebind === true
  for (const stored of await ports.permits.ofAgent(agent.id, looksAt)) {
    const { permit } = stored
    const drawing = { ...asked.ask, agent: agentId.data }
    if (!covers(permit, drawing, { narrowable: entry.narrowable, mayRebind }, now) || permit.until < now + shortest)
      continue
    const drawn = await drawOne(asked, stored, agentId.data, now, ports)
    if (drawn) return drawn
  }
  return undefined
}

async function drawOne(
  asked: Submit,
  { permit, head: expected }: StoredPermit,
  agent: AgentId,
  now: NumericDate,
  ports: Ports,
): Promise<{ submit: Submit; draw: PermitChange } | undefined> {
  const { policy } = ports
  const ask = drawnAsk(asked.ask, permit)
  const inherits = permit.stages
  const approvals = approvalsOf({ stages: inherits })
  // The giver let one approval become many, so the login with which they did so counts on today's terms too.
  const { login = {}, at } = permit
  const given = approvals.map((approval) => ({ ...approval, login, at }))
  const tier = Math.min(...[approvals, given].map((each) => satisfiedTier(policy.bundle.ladder, each)))
  const stages = inherits.map(({ terms }) => terms)
  const standing = { ...asked, ask, tier, stages, inherits }
  const [submitted] = submit(standing, now)
  if (!submitted) return undefined
  // As old as the permit: a halt that has come since, and was lifted since, has ended it all the same.
  const { afterHalts: _, ...older } = ask
  const state: ApprovalRequest = { ...evolve(undefined, submitted), ask: older, submittedAt: permit.at }
  const { answer, eligible, ending } = await authorityOf(state, 'request', now, ports)
  if (!answer.permit || ending || hasLostApprover(state, eligible)) return undefined
  if (!askAboutPerson(policy, 'allowStanding', permit.by, now, { state }).permit) return undefined
  const { hash: bundle } = policy.bundle
  const event = drawPermit(permit, { request: ask.id, agent, policies: answer.policies, bundle }, now)
  if (!event) return undefined
  const { entries, head } = chainEntries(permit.id, expected, [event], contextOf(state))
  const draw = { id: permit.id, expected, permit: evolvePermit(permit.id, permit, event), entries, head }
  return { submit: { ...standing, policies: answer.policies }, draw }
}

/** One use, for no longer than what was approved, and never past the permit's own end. */
function drawnAsk({ digest: _, ...ask }: Ask, permit: StandingPermit): Ask {
  return withDigest({
    ...ask,
    uses: 1,
    lifetime: Math.min(ask.lifetime, permit.lifetime),
    requestedUntil: Math.min(ask.requestedUntil ?? permit.until, permit.until),
    standing: permit.id,
  })
}

/**
 * Ends what was drawn from a standing permit that was taken back: on their own records, so that cards, workflows and the
 * denies of their sessions follow. Whoever asks for them reads the permit and finds it gone before this has run; this is
 * for what asks nobody, such as an AWS session. As often as it must.
 *
 * @throws StoreUnavailable, StaleRequest
 */
export async function endDrawn(
  id: StandingPermitId,
  ports: Omit<DecidingPorts, 'ids'> & { permits: Pick<PermitStore, 'load'> },
): Promise<void> {
  const stored = await ports.permits.load(id)
  if (!stored?.permit.revoked) return
  for (const request of stored.permit.drawn) await endIfOver(request, ports)
}
