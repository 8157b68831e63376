// Rules: test/operations/delegation/delegation.test.ts
import { askedOf as askedOfRequest } from '../../domain/deciding/questions.ts'
import { within } from '../../domain/delegation/attenuation.ts'
import { digestOf } from '../../domain/digest.ts'
import type { HostFacts } from '../../domain/people/host.ts'
import { answersFor } from '../../domain/people/organisation.ts'
import { agentRefOf } from '../../domain/policy/agent-ref.ts'
import {
  type Asked,
  actTermsOf,
  askAgain,
  type Facts,
  type FactsRefusal,
  findFacts,
} from '../../domain/policy/assess.ts'
import type { Bundle } from '../../domain/policy/bundle.ts'
import { satisfiedTier } from '../../domain/policy/ladder.ts'
import { answerWithObserved } from '../../domain/policy/observed.ts'
import type { Answer } from '../../domain/policy/question.ts'
import { passedOn } from '../../domain/record/ask-terms.ts'
import type { Delegate, Submit } from '../../domain/record/commands.ts'
import { replay } from '../../domain/record/evolve.ts'
import { withAfter } from '../../domain/record/preview.ts'
import { hasRoom } from '../../domain/record/record-size.ts'
import {
  type ApprovalRequest,
  type ApprovedRequest,
  approvalsOf,
  type Delegation,
  Delegator,
  keyOf,
  ownersOf,
  peopleBehind,
  type StageState,
  usesLeft,
} from '../../domain/record/request.ts'
import { childrenOf } from '../../domain/requests/advance-plan.ts'
import { decide, type RefusalOf } from '../../domain/requests/decide.ts'
import { asOf } from '../../domain/requests/due.ts'
import { withDigests } from '../../domain/requests/narrow.ts'
import type { AgentId, HaltId, Json, NumericDate, Resource, Result, Thumbprint } from '../../domain/values.ts'
import { defined, ok, RequestId, refuse } from '../../domain/values.ts'
import { readHost } from '../agents/read-host.ts'
import { type PlacePorts, placeOf } from '../credentials/place.ts'
import { findHaltOfAgent, toldOf } from '../halts/find-halt.ts'
import { authorityOf } from '../policy/gather.ts'
import type { Policy } from '../policy/ports.ts'
import type { OnceOnly } from '../ports.ts'
import { carryOut, commitNew, endIfOver } from '../record/carry-out.ts'
import type { DecidingPorts, MakingPorts, Stored } from '../record/ports.ts'
import { refuseOnRecord } from '../record/refuse.ts'
import { idempotencyItem } from '../record/repeat.ts'
import { aboutAsk } from '../requests/evaluate-access.ts'

export type DelegationAsk = {
  id: RequestId
  agent: AgentId
  jkt: Thumbprint
  to: AgentId
  action: { name: string; properties: Json }
  resource: Resource
  /** Defaults to 1. */
  uses?: number
  /** Defaults to the end of the parent's grant. */
  notAfter?: NumericDate
  idempotencyKey: string
  body: Json
  once: OnceOnly
}

type Hosted = DelegationAsk & { host?: HostFacts }

const day = 86_400

/** Includes the place of the action, which may be halted. */
type Ports = MakingPorts & PlacePorts

export type DelegationRefusal = RefusalOf<Delegate> | FactsRefusal | 'replayed' | 'duplicate_request'

/**
 * First the parent gives the uses away, then the child is made. A crash between the two loses uses until the same key
 * is sent again. The same key and body is the same child.
 *
 * @param admit called once the key is known to be the grant's, before anything is written; its throw ends the attempt
 */
export async function delegateRequest(
  ask: DelegationAsk,
  ports: Ports,
  admit: () => Promise<void>,
): Promise<Result<Stored, DelegationRefusal>> {
  const parent = await ports.requests.load(ask.id)
  const { action, resource } = ask
  const about = parent && {
    ...aboutAsk({ action, resource, parentTask: parent.state.ask.parentTask }),
    request: ask.id,
  }
  const refused = refuseOnRecord(ask.agent, 'delegate', ports, defined({ about }))
  if (parent?.state.ask.agent.id !== ask.agent) return refused('unknown_request')
  const key = keyOf(parent.state)
  // Comes first: a stranger's key must not spend the rate, an idempotency key or a write of the grant.
  if (key !== undefined && key !== ask.jkt) return refused('key_mismatch')
  await admit()
  const child = await childUnder(ask, ports)
  if (!child) return refused('duplicate_request')
  const before = await ports.requests.load(child)
  if (before) return ok({ ...before, state: asOf(before.state, ports.clock.now()) })

  await ports.policy.look?.([ask.to])
  const found = findFacts(ports.policy.bundle, askedOf(ask, parent.state), ports.clock.now())
  if (!found.ok) return refused(found.code, found.detail)
  const role = placeOf({ action: action.name }, ports)
  const stoppable = { action: action.name, resource: found.value.resource, role }
  const { halt, afterHalts = [] } = await findHaltOfAgent(ask.to, stoppable, ports)
  if (halt) {
    const { reason, detail } = toldOf(halt)
    return refused(reason, detail)
  }
  // Policy asks about the host of the child's agent.
  const acting = { action, resource: found.value.resource }
  const hosted = { ...ask, host: await readHost(acting, ask.to, ports.clock.now(), ports) }
  const given = await give(hosted, child, found.value, ports)
  if (!given.ok) return given
  const live = given.value.state as ApprovedRequest
  const made = await makeChild(hosted, child, live, { facts: found.value, afterHalts }, ports)
  if (!made.ok) return refused(made.code, made.detail)

  // The parent may have ended after it gave the uses, and its children may have been ended before this one existed.
  await endChildren(ask.id, ports)
  const stored = await ports.requests.load(child)
  if (stored?.state.status === 'approved') return ok(stored)
  return refuse('ancestor_ended', 'the parent grant has ended meanwhile')
}

/** The child's id, reserved under the key. Undefined if the key was used with a different body. */
async function childUnder(
  { agent, id, idempotencyKey, body }: DelegationAsk,
  { requests, ids, clock }: MakingPorts,
): Promise<RequestId | undefined> {
  const key = idempotencyItem(agent, idempotencyKey)
  const hash = digestOf('hotwork.delegation.v1', { parent: id, body })
  const child = ids.request()
  if (await requests.putOnce({ key, value: `${hash} ${child}`, expiresAt: clock.now() + 8 * day })) return child
  const [same, before] = ((await requests.recall(key)) ?? '').split(' ')
  return same === hash ? RequestId.parse(before) : undefined
}

const askedOf = ({ to, action, resource, host }: Hosted, parent: ApprovalRequest): Asked => ({
  ...askedOfRequest(parent),
  ...{ agent: to, action: action.name, arguments: action.properties, resource, host },
  delegators: [...parent.ask.chain.map(({ owner }) => owner), parent.ask.owner],
})

function answerFor(ask: Hosted, parent: ApprovalRequest, { agent }: Facts, now: NumericDate, policy: Policy) {
  const approvals = approvalsOf({ stages: inheritedStages(parent, agent) })
  const circumstances = { moment: 'request', approvals, now } as const
  return answerWithObserved(policy, (by) =>
    askAgain(by.bundle, (question) => by.ask(question), askedOf(ask, parent), circumstances),
  )
}

/** Gives a part of a live parent's right, if policy permits it to both agents. */
function give(ask: Hosted, child: RequestId, facts: Facts, ports: Ports) {
  const { agent, jkt, to, uses = 1 } = ask
  const command = async (state: ApprovalRequest, now: NumericDate): Promise<Omit<Delegate, 'bundle'>> => {
    const own = await authorityOf(state, { moment: 'request', now, role: placeOf(state.ask, ports) }, ports)
    const notAfter = ask.notAfter ?? (state.status === 'approved' ? state.grant.notAfter : now)
    return {
      ...own,
      answer: own.answer.permit ? answerFor(ask, state, facts, now, ports.policy) : own.answer,
      type: 'delegate',
      agent,
      jkt,
      child,
      to,
      uses,
      notAfter,
      within: state.status === 'approved' && isWithin(state, facts, { uses, notAfter }),
    }
  }
  return carryOut(ask.id, ports, command, [ask.once])
}

function isWithin(
  parent: ApprovedRequest,
  { entry, arguments: args, resource: { type, id } }: Facts,
  terms: { uses: number; notAfter: NumericDate },
): boolean {
  const { action, arguments: own, resource } = parent.ask
  const right = { action, arguments: own, resource, uses: usesLeft(parent), notAfter: parent.grant.notAfter }
  return within({ action: entry.name, arguments: args, resource: { type, id }, ...terms }, right, entry.narrowable)
}

/** Stores the child once. Policy is asked again, since a retry may come long after the parent gave. */
async function makeChild(
  ask: Hosted,
  child: RequestId,
  parent: ApprovedRequest,
  { facts, afterHalts }: { facts: Facts; afterHalts: readonly HaltId[] },
  { policy, requests, salts, clock }: DecidingPorts,
): Promise<Result<undefined, 'policy_error' | 'policy_denied' | 'record_full'>> {
  const now = clock.now()
  const given = parent.grant.delegations.find((each) => each.child === child)
  if (!given) throw new TypeError(`\`${ask.id}\` gave nothing to \`${child}\``)
  const answer = answerFor(ask, parent, facts, now, policy)
  if (!answer.permit) return refuse(answer.error ? 'policy_error' : 'policy_denied', answer.notNow)
  const submit = delegatedSubmit(parent, given, facts, {
    ...{ answer, bundle: policy.bundle, now, afterHalts },
    ...defined({ host: ask.host }),
  })
  const { events } = decide(undefined, submit, now)
  const state = replay(events)
  // The parent's stages could make the child's record too large for its end.
  if (state && !hasRoom(state)) return refuse('record_full')
  await commitNew(events, { requests, salts, policy })
  return ok(undefined)
}

/**
 * The parent's stages without decisions by owners of the child's agent, since owners do not approve their own agents'
 * requests.
 */
function inheritedStages(parent: ApprovalRequest, agent: Facts['agent']): StageState[] {
  const owners = [...ownersOf(parent), ...answersFor(agent)]
  return parent.stages.map((stage) => ({
    ...stage,
    decisions: stage.decisions.filter((each) => !peopleBehind(each).some((person) => owners.includes(person))),
  }))
}

/** The child: approved with its parent by the same people, on no longer terms. */
function delegatedSubmit(
  parent: ApprovedRequest,
  { child, uses, notAfter }: Delegation,
  facts: Facts,
  found: { answer: Answer; bundle: Bundle; now: NumericDate; afterHalts: readonly HaltId[]; host?: HostFacts },
): Submit {
  const { answer, bundle, now, afterHalts, host } = found
  // A halt of the parent's agents also stops the child. A halt that was lifted before the parent was made does not.
  const lifted = [...new Set([...(parent.ask.afterHalts ?? []), ...afterHalts])]
  const { agent } = facts
  const { mcp: _, ...act } = actTermsOf(facts)
  const ask = withDigests({
    ...act,
    ...passedOn('delegation', parent.ask),
    id: child,
    agent: agentRefOf(agent, bundle, now),
    owner: agent.owner,
    chain: [...parent.ask.chain, Delegator.parse({ ...parent.ask.agent, owner: parent.ask.owner })],
    ancestors: [...parent.ask.ancestors, parent.ask.id],
    uses,
    requestedUntil: notAfter,
    ...defined({ host }),
    ...(lifted.length === 0 ? {} : { afterHalts: lifted }),
  })
  const inherits = inheritedStages(parent, agent)
  return {
    type: 'submit',
    ask,
    tier: satisfiedTier(bundle.ladder, approvalsOf({ stages: inherits })),
    stages: inherits.map(({ terms }) => terms),
    policies: answer.policies,
    bundle: bundle.hash,
    inherits,
    ...defined({ preview: parent.preview && withAfter(parent.preview, parent.ask.arguments, act.arguments) }),
  }
}

/** Ends requests delegated from an ended one. Cards and AWS sessions do not check ancestors. */
export async function endChildren(id: RequestId, ports: DecidingPorts): Promise<void> {
  const stored = await ports.requests.load(id)
  const state = stored && asOf(stored.state, ports.clock.now())
  if (!state || state.status === 'approved') return
  for (const { child } of childrenOf(state)) await endIfOver(child, ports)
}
