import { argumentsDigest, requestDigest } from '../../domain/digest.ts'
import type { Agent } from '../../domain/people/organisation.ts'
import type { Facts } from '../../domain/policy/assess.ts'
import type { Bundle } from '../../domain/policy/bundle.ts'
import { satisfiedTier } from '../../domain/policy/ladder.ts'
import type { Answer } from '../../domain/policy/question.ts'
import type { Command, Submit } from '../../domain/requests/commands.ts'
import { asOf } from '../../domain/requests/due.ts'
import {
  type AgentRef,
  type ApprovalRequest,
  type ApprovedRequest,
  type Ask,
  approvalsOf,
  type Delegation,
  Delegator,
  grantOf,
  ownersOf,
  type StageState,
} from '../../domain/requests/request.ts'
import {
  type AskerId,
  actorNamed,
  type HaltId,
  type NumericDate,
  type PersonId,
  type RequestId,
  refuse,
} from '../../domain/values.ts'
import { aboutStored, type CarriedOut, carryOut, endIfOver, recordRefusal } from '../requests/carry-out.ts'
import type { DecidingPorts } from '../requests/ports.ts'

/** Everyone through whose hands it goes to the next: the first delegator first, the one who delegates now last. */
const chainThrough = ({ ask }: Pick<ApprovalRequest, 'ask'>): Delegator[] => [
  ...ask.chain,
  Delegator.parse({ ...ask.agent, owner: ask.owner }),
]

/**
 * The parent's stages without what an owner decided, the next agent's owner too, or what a stand-in decided for them: no
 * owner approves what their own agent does.
 */
export function inheritedStages(parent: ApprovalRequest, owner: PersonId): StageState[] {
  const owners = [...ownersOf(parent), owner]
  return parent.stages.map((stage) => ({
    ...stage,
    decisions: stage.decisions.filter(
      ({ person, for: absent }) => !owners.includes(person) && (absent === undefined || !owners.includes(absent)),
    ),
  }))
}

/** The submission of what was delegated, approved with its parent: by the same people, on terms no longer than theirs. */
export function delegatedSubmit(
  parent: ApprovedRequest,
  { child, uses, notAfter }: Delegation,
  { entry, agent, arguments: args, resource, unpinned }: Facts,
  {
    answer,
    bundle,
    now,
    afterHalts,
  }: { answer: Answer; bundle: Bundle; now: NumericDate; afterHalts: readonly HaltId[] },
): Submit {
  const { purpose, parentTask, credential, claimWithin, lifetime, recent } = parent.ask
  // The child is stopped by all that stops its parent's agents, so what was lifted before the parent is before the child.
  const lifted = [...new Set([...(parent.ask.afterHalts ?? []), ...afterHalts])]
  const undigested: Omit<Ask, 'digest' | 'argumentsDigest'> = {
    id: child,
    agent: refOf(agent, bundle, now),
    owner: agent.owner,
    chain: chainThrough(parent),
    ancestors: [...parent.ask.ancestors, parent.ask.id],
    action: entry.name,
    arguments: args,
    resource: { type: resource.type, id: resource.id },
    environment: resource.environment,
    classification: resource.classification,
    purpose,
    parentTask,
    credential,
    uses,
    claimWithin,
    lifetime,
    requestedUntil: notAfter,
    unpinned: [...unpinned],
    recent,
    ...(lifted.length === 0 ? {} : { afterHalts: lifted }),
  }
  const inherits = inheritedStages(parent, agent.owner)
  return {
    type: 'submit',
    ask: {
      ...undigested,
      digest: requestDigest(undigested),
      argumentsDigest: argumentsDigest(undigested.action, args, undigested.resource),
    },
    tier: satisfiedTier(bundle.ladder, approvalsOf({ stages: inherits })),
    stages: inherits.map(({ terms }) => terms),
    policies: answer.policies,
    bundle: bundle.hash,
    inherits,
  }
}

/** The agent as it will prove itself: by the identity that is its own now. Where that pins no subject, by its name. */
function refOf({ id, identities }: Agent, { deployment }: Bundle, now: NumericDate): AgentRef {
  const identity =
    identities.find(({ validFrom = 0, validUntil = now + 1 }) => validFrom <= now && now < validUntil) ?? identities[0]
  const issuer = identity && deployment.issuers[identity.issuer]
  const name = !issuer ? 'unknown' : issuer.kind === 'spiffe' ? `spiffe://${issuer.trustDomain}` : issuer.issuer
  return { id, issuer: name, subject: identity?.subject ?? id }
}

/** For another agent a request does not exist: the answer is that of an unknown one, and goes on the asker's own record. */
export async function asItsAgent(
  id: RequestId,
  agent: AskerId,
  ports: Omit<DecidingPorts, 'ids'>,
  command: Command,
): Promise<CarriedOut> {
  const stored = await ports.requests.load(id)
  if (stored?.state.ask.agent.id === agent) return carryOut(id, ports, () => command)
  await recordRefusal(actorNamed(agent), command.type, 'unknown_request', ports, aboutStored(stored))
  return refuse('unknown_request')
}

/**
 * Ends what was delegated from a request that has ended: on their own records, so that cards, workflows and the denies
 * of their sessions follow. Whoever asks for them reads their ancestors and finds them dead before this has run; this is
 * for what asks nobody, such as an AWS session. Their own children follow from them. As often as it must.
 *
 * @throws StoreUnavailable, StaleRequest
 */
export async function endChildren(id: RequestId, ports: Omit<DecidingPorts, 'ids'>): Promise<void> {
  const stored = await ports.requests.load(id)
  const state = stored && asOf(stored.state, ports.clock.now())
  if (!state || state.status === 'approved') return
  for (const { child } of grantOf(state)?.delegations ?? []) await endIfOver(child, ports)
}
