import { decodeJwt } from 'jose'
import type { Bundle } from '../../../functions/domain/policy/bundle.ts'
import { type ApprovalRequest, type ApprovedRequest, grantOf } from '../../../functions/domain/record/request.ts'
import type { AgentId, RequestId, Thumbprint } from '../../../functions/domain/values.ts'
import { mustKeepRate } from '../../../functions/handlers/doors.ts'
import type { EndMessage } from '../../../functions/operations/credentials/ports.ts'
import {
  type DelegationAsk,
  delegateRequest,
  endChildren,
} from '../../../functions/operations/delegation/delegate-request.ts'
import { revokeRequest } from '../../../functions/operations/requests/end-request.ts'
import { handOn } from '../../../functions/operations/requests/hand-on.ts'
import { withAgent } from '../../support/bundles.ts'
import { MemoryDenyStore } from '../../support/credentials/memory-deny-store.ts'
import { MemoryRolePolicies } from '../../support/credentials/memory-role-policies.ts'
import { writeDenies } from '../../support/credentials/write-denies.ts'
import { MemoryHaltStore } from '../../support/ledger/memory-halt-store.ts'
import { MemoryFifoQueue, MemoryQueue } from '../../support/requests/memory-queue.ts'
import { unwrap } from '../../support/unwrap.ts'
import {
  agent,
  agentKey,
  parameter,
  person,
  prodParameter,
  sampleBundle,
  stagingParameter,
  World,
} from '../../support/world.ts'

/** A narrower right for another agent: taken out of a grant, decided by the same policies, dead with the grant. */

const sample = sampleBundle()
/** The sample, with three uses for an action that two people approve, and with three agents more that may do it. */
const bundle: Bundle = {
  ...sample,
  hash: 'sha-256:delegating' as never,
  ladder: { tiers: sample.ladder.tiers.map((tier) => ({ ...tier, grant: { ...tier.grant, uses: 3 } })) },
  agents: sample.agents.flatMap((it) =>
    it.id === agent('remediator')
      ? [it, another(it, 'second', 'gus'), another(it, 'third', 'hana'), another(it, 'fourth', 'ivo')]
      : [it],
  ),
}
function another(like: Bundle['agents'][number], name: string, owner: string, changes: object = {}) {
  const identities = like.identities.map((identity) => ({ ...identity, subject: `agent-${name}` }))
  return { ...like, id: agent(name), owner: person(owner), identities, ...changes }
}
const oneSubmission = {
  ...{ openPerAgent: 100, openPerOwner: 200, burst: 20 },
  submissions: { perMinute: 1, burst: 1 },
}
const otherKey = 'k'.repeat(43) as Thumbprint
const maintenance = { ...prodParameter, purpose: 'maintenance' }

class Delegating extends World {
  readonly cards = new MemoryFifoQueue()
  readonly endings = new MemoryFifoQueue<EndMessage>()
  readonly halts = new MemoryHaltStore(this.requests, this.ledger)
  readonly denies = new MemoryDenyStore()
  readonly roles = new MemoryRolePolicies()

  async delegated(parent: ApprovalRequest, to: AgentId, changes: Partial<DelegationAsk> = {}) {
    return unwrap(await this.delegate(parent, to, changes)).state as ApprovedRequest
  }

  /** The second reader of the stream sees a changed request, and its messages are worked off. */
  async follow({ ask }: ApprovalRequest): Promise<void> {
    const stored = await this.requests.load(ask.id)
    if (!stored) throw new Error(`no ${ask.id}`)
    const changed = { state: stored.state, version: stored.head.sequence }
    await handOn([changed], this.clock.now(), {
      cards: this.cards,
      denies: this.endings,
      reminders: new MemoryQueue(),
      changes: new MemoryQueue(),
    })
    for (const message of this.endings.take())
      if ('deny' in message) await writeDenies(message.role, [message.deny], this)
      else await endChildren(message.end as RequestId, this.ports)
  }

  end = (parent: ApprovalRequest) =>
    revokeRequest({ id: parent.ask.id, person: person('gus'), reason: 'seen enough' }, this.ports)
}

const builder = agent('builder')
const [second, third, fourth] = [agent('second'), agent('third'), agent('fourth')]

let hotwork: Delegating
beforeEach(() => {
  hotwork = new Delegating(bundle)
})

test('a child is a request of the other agent, approved by the same people, and claimed with the first key it meets', async () => {
  const parent = await hotwork.approved(maintenance)
  const child = await hotwork.delegated(parent, builder)
  expect(child).toMatchObject({
    status: 'approved',
    tier: 2,
    ask: {
      agent: { id: builder, issuer: expect.stringMatching(/^http/), subject: 'agent-builder' },
      owner: person('lena'),
      chain: [{ id: agent('remediator'), owner: person('dan') }],
      ancestors: [parent.ask.id],
      arguments: parent.ask.arguments,
      parentTask: parent.ask.parentTask,
      uses: 1,
    },
  })
  expect(await hotwork.requests.askedLately(builder, 0, 10)).toEqual({ asked: [], isAll: true })
  expect(child.ask.jkt).toBeUndefined()
  expect(child.ask.digest).not.toBe(parent.ask.digest)

  const { token } = unwrap(await hotwork.issueToken(child, { jkt: otherKey }))
  expect(decodeJwt(token)).toMatchObject({
    sub: 'agent:remediator',
    act: { sub: 'agent:builder' },
    txn: child.ask.id,
    cnf: { jkt: otherKey },
  })
  expect(await hotwork.issueToken(child, { jkt: agentKey })).toMatchObject({ code: 'key_mismatch' })
})

test('a child is told on both records, each of which replays to its stored state, with the chain that acted', async () => {
  const parent = await hotwork.approved(maintenance)
  const child = await hotwork.delegated(parent, builder)
  await hotwork.issueToken(child, { jkt: otherKey })
  expect(await hotwork.story(parent.ask.id)).toEqual([
    ...['Submitted', 'StageOpened', 'Decided', 'StageOpened', 'Decided', 'Approved', 'Delegated'],
  ])
  const entries = await hotwork.ledger.entries(child.ask.id)
  expect(entries.map(({ type }) => type)).toEqual([
    ...['Submitted', 'Approved', 'KeyBound', 'CredentialIntended', 'CredentialIssued'],
  ])
  expect(entries[2]).toMatchObject({
    actor: { type: 'agent', id: builder, chain: [agent('remediator')] },
    parent_task: parent.ask.parentTask,
  })
  for (const { ask } of [parent, child]) await hotwork.expectReplay(ask.id)
})

test('a token of a child nests who acts, the last one outermost', async () => {
  const one = await hotwork.delegated(await hotwork.approved(), second, { uses: 2 })
  expect(decodeJwt(unwrap(await hotwork.issueToken(await hotwork.delegated(one, third))).token)).toMatchObject({
    sub: 'agent:remediator',
    act: { sub: 'agent:third', act: { sub: 'agent:second' } },
  })
})

test('a child ends no later than its parent’s grant, or earlier where its agent asked for that', async () => {
  const parent = await hotwork.approved()
  const end = grantOf(parent)?.notAfter ?? 0
  expect((await hotwork.delegated(parent, second)).grant.notAfter).toBeLessThanOrEqual(end)
  const notAfter = hotwork.clock.now() + 60
  const short = await hotwork.delegated(parent, third, { notAfter })
  expect(short.grant).toMatchObject({ claimBy: notAfter, notAfter })
})

const refusals: [rule: string, changes: Partial<DelegationAsk>, code: string][] = [
  ['one use more', { uses: 4 }, 'wider_than_parent'],
  ['one second more', { notAfter: 1_800_000_000 + 4_501 }, 'wider_than_parent'],
  [
    'another value',
    { action: { name: 'ssm:PutParameter', properties: { ...prodParameter.arguments, Value: '3001' } } },
    'wider_than_parent',
  ],
  [
    'an argument less, which stands for something else',
    {
      action: { name: 'ssm:PutParameter', properties: { Name: prodParameter.arguments['Name'] ?? '', Value: '3000' } },
    },
    'wider_than_parent',
  ],
  [
    'another resource',
    {
      action: { name: 'ssm:PutParameter', properties: parameter('/prod/checkout/other').arguments },
      resource: parameter('/prod/checkout/other').resource,
    },
    'wider_than_parent',
  ],
  ['a resource besides the arguments', { resource: parameter('/prod/checkout/other').resource }, 'invalid_arguments'],
  ['another action', { action: { name: 'ssm:DeleteParameter', properties: {} } }, 'unknown_action'],
]
test.each(refusals)('a delegation of %s is refused', async (_rule, changes, code) => {
  const parent = await hotwork.approved()
  expect(await hotwork.delegate(parent, second, changes)).toMatchObject({ ok: false, code })
  expect(grantOf(await hotwork.state(parent.ask.id))?.delegations).toEqual([])
})

test('a number that the catalogue lets be narrowed may be less, and not more', async () => {
  const timeout = (Timeout: number) => ({ FunctionName: 'checkout-worker', Timeout })
  const what = {
    action: 'lambda:UpdateFunctionConfiguration',
    arguments: timeout(30),
    resource: { type: 'lambda:function', id: 'arn:aws:lambda:us-east-1:000000000000:function:checkout-worker' },
  }
  const parent = await hotwork.approved(what)
  const ask = (Timeout: number) => ({
    action: { name: what.action, properties: timeout(Timeout) },
    idempotencyKey: `${Timeout}`,
  })
  expect(await hotwork.delegate(parent, second, ask(31))).toMatchObject({ code: 'wider_than_parent' })
  expect(await hotwork.delegated(parent, second, ask(10))).toMatchObject({ ask: { arguments: timeout(10) } })
})

test('uses are given away, not copied: parent and children together have what was approved', async () => {
  const parent = await hotwork.approved()
  await hotwork.delegated(parent, second, { uses: 2 })
  expect(await hotwork.delegate(parent, third, { uses: 2 })).toMatchObject({
    code: 'wider_than_parent',
    detail: '`uses` should be at most 1',
  })
  await hotwork.delegated(parent, third, { idempotencyKey: 'the last one' })
  const token = await hotwork.claim(parent)
  expect(await hotwork.issueAws(parent, token)).toMatchObject({ code: 'uses_exhausted' })
})

test('an agent gets what policy gives it with the same approvals, and no more', async () => {
  const parent = await hotwork.submitted({ ...stagingParameter, purpose: 'maintenance' })
  // No person approves at tier 0, and the builder's staging needs its owner.
  expect(await hotwork.delegate(parent, builder)).toMatchObject({ code: 'policy_denied' })
  expect(await hotwork.story(parent.ask.id)).toEqual(['Submitted', 'Approved', 'Refused'])
})

test('the owner of an agent of the chain has approved nothing of it', async () => {
  // Eve, who decided for sre, answers for this agent.
  const eves = another(sample.agents[1] as never, 'eves', 'eve')
  hotwork = new Delegating({ ...bundle, agents: [...bundle.agents, eves] })
  const parent = await hotwork.approved()
  expect(await hotwork.delegate(parent, agent('eves'))).toMatchObject({ code: 'policy_denied' })
})

test.each<[rule: string, changes: object, code: string]>([
  ['a suspended agent', { status: 'suspended' }, 'agent_suspended'],
  ['a retired agent', { status: 'retired' }, 'agent_retired'],
  ['an agent that was not looked at again in time', { recertifyBy: 1 }, 'agent_suspended'],
])('%s has nothing delegated to it', async (_rule, changes, code) => {
  const agents = [...bundle.agents, another(sample.agents[1] as never, 'other', 'gus', changes)]
  hotwork = new Delegating({ ...bundle, agents })
  expect(await hotwork.delegate(await hotwork.approved(), agent('other'))).toMatchObject({ code })
})

test('an unregistered agent has nothing delegated to it', async () => {
  expect(await hotwork.delegate(await hotwork.approved(), agent('stranger'))).toMatchObject({
    code: 'policy_denied',
    detail: '`agent:stranger` is not registered',
  })
})

test('a request comes back neither to an agent that it came from, nor to itself', async () => {
  const parent = await hotwork.approved()
  const child = await hotwork.delegated(parent, second, { uses: 2 })
  expect(await hotwork.delegate(parent, agent('remediator'))).toMatchObject({ code: 'delegation_cycle' })
  expect(await hotwork.delegate(child, agent('remediator'))).toMatchObject({ code: 'delegation_cycle' })
  expect(await hotwork.delegate(child, second)).toMatchObject({ code: 'delegation_cycle' })
})

test('a request is delegated three times in a row, and no further', async () => {
  const fifth = another(sample.agents[1] as never, 'fifth', 'gus')
  hotwork.policy = new Delegating({ ...bundle, agents: [...bundle.agents, fifth] }).policy
  const one = await hotwork.delegated(await hotwork.approved(), second)
  const three = await hotwork.delegated(await hotwork.delegated(one, third), fourth)
  expect(three.ask.ancestors).toHaveLength(3)
  expect(await hotwork.delegate(three, agent('fifth'))).toMatchObject({ code: 'delegation_too_deep' })
})

test('only the agent of a request delegates it: to others it does not exist', async () => {
  const parent = await hotwork.approved()
  expect(await hotwork.delegate(parent, second, { agent: third })).toMatchObject({ code: 'unknown_request' })
  expect(await hotwork.story(third)).toEqual(['Refused'])
})

test('a pending request has nothing to delegate, and an ended one no longer', async () => {
  const pending = await hotwork.submitted(prodParameter)
  expect(await hotwork.delegate(pending, second)).toMatchObject({ code: 'pending' })
  const ended = await hotwork.approved(parameter('/prod/checkout/other'))
  await hotwork.complete(ended)
  const again = { idempotencyKey: 'another' }
  expect(await hotwork.delegate(ended, second, again)).toMatchObject({ code: 'completed' })
})

test('the same key and body is the same child, also many at once', async () => {
  const parent = await hotwork.approved()
  const all = await Promise.all(Array.from({ length: 10 }, () => hotwork.delegated(parent, second)))
  expect(new Set(all.map(({ ask }) => ask.id)).size).toBe(1)
  expect(grantOf(await hotwork.state(parent.ask.id))?.delegations).toHaveLength(1)
})

test('the same key and another body is refused', async () => {
  const parent = await hotwork.approved()
  await hotwork.delegated(parent, second, { idempotencyKey: 'one' })
  expect(await hotwork.delegate(parent, third, { idempotencyKey: 'one' })).toMatchObject({ code: 'duplicate_request' })
})

test('a crash after the parent gave is made good by the same key, and the use is given once', async () => {
  const parent = await hotwork.approved()
  const commit = hotwork.requests.commit.bind(hotwork.requests)
  let commits = 0
  hotwork.requests.commit = (change) => {
    commits += 1
    if (commits === 2) throw new Error('killed')
    return commit(change)
  }
  await expect(hotwork.delegate(parent, second)).rejects.toThrow('killed')
  const [given] = grantOf(await hotwork.state(parent.ask.id))?.delegations ?? []
  expect(await hotwork.requests.load(given?.child as RequestId)).toBeUndefined()
  expect((await hotwork.delegated(parent, second)).ask.id).toBe(given?.child)
  expect(grantOf(await hotwork.state(parent.ask.id))?.delegations).toHaveLength(1)
})

test('a refused ask may be tried again with its key, once policy lets it', async () => {
  const parent = await hotwork.approved()
  const { policy } = hotwork
  hotwork.policy = new Delegating(withAgent(second, { status: 'suspended' }, bundle)).policy
  expect(await hotwork.delegate(parent, second)).toMatchObject({ code: 'agent_suspended' })
  hotwork.policy = policy
  expect(await hotwork.delegate(parent, second)).toMatchObject({ ok: true })
})

test('a stolen workload token delegates nothing: another key is refused on record, and the grant is not written', async () => {
  const parent = await hotwork.approved()
  expect(await hotwork.delegate(parent, second, { jkt: otherKey })).toMatchObject({ ok: false, code: 'key_mismatch' })
  expect(await hotwork.state(parent.ask.id)).toEqual(parent)
  expect((await hotwork.ledger.entries(agent('remediator'))).at(-1)).toMatchObject({
    type: 'Refused',
    facts: { attempted: 'delegate', code: 'key_mismatch', request: parent.ask.id },
  })
})

test('a stolen workload token spends neither the submissions of the agent nor an idempotency key', async () => {
  hotwork.policy = new Delegating({ ...bundle, ladder: { ...bundle.ladder, limits: oneSubmission } }).policy
  const parent = await hotwork.approved()
  const delegate = (changes: Partial<DelegationAsk> = {}) =>
    delegateRequest(
      hotwork.delegationAsk(parent, second, changes),
      { ...hotwork.ports, targetRole: hotwork.targetRole },
      () => mustKeepRate(agent('remediator'), 'submissions', 1, hotwork.ports),
    )
  for (const body of [{ n: 1 }, { n: 2 }])
    expect(await delegate({ jkt: otherKey, body })).toMatchObject({ ok: false, code: 'key_mismatch' })
  expect(await delegate({ id: 'req_99999999999999999999999999' as RequestId })).toMatchObject({
    code: 'unknown_request',
  })
  expect(await delegate()).toMatchObject({ ok: true })
  await expect(delegate()).rejects.toMatchObject({ problem: { status: 429 } })
})

test('a stolen workload token is not told of an existing child by the same key and body', async () => {
  const parent = await hotwork.approved()
  await hotwork.delegated(parent, second)
  expect(await hotwork.delegate(parent, second, { jkt: otherKey })).toMatchObject({ ok: false, code: 'key_mismatch' })
  expect(await hotwork.delegate(parent, second)).toMatchObject({ ok: true })
})

test('a proof is good for one delegation: shown again it gives nothing away, also at the same time', async () => {
  const parent = await hotwork.approved()
  const once = hotwork.proof()
  const all = await Promise.all(
    [second, third, fourth].map((to) => hotwork.delegate(parent, to, { once, idempotencyKey: `for-${to}` })),
  )
  expect(all.filter(({ ok }) => ok)).toHaveLength(1)
  expect(all.flatMap((each) => (each.ok ? [] : [each.code]))).toEqual(['replayed', 'replayed'])
  expect(grantOf(await hotwork.state(parent.ask.id))?.delegations).toHaveLength(1)
})

test('a grant that no key has claimed is bound to the key that delegates it, as by a claim', async () => {
  const child = await hotwork.delegated(await hotwork.approved(), second, { uses: 2 })
  await hotwork.delegated(child, third, { jkt: otherKey })
  expect(await hotwork.story(child.ask.id)).toEqual(['Submitted', 'Approved', 'KeyBound', 'Delegated'])
  expect(await hotwork.issueToken(child)).toMatchObject({ code: 'key_mismatch' })
  expect(await hotwork.delegate(child, fourth)).toMatchObject({ code: 'key_mismatch' })
  expect(await hotwork.issueToken(child, { jkt: otherKey })).toMatchObject({ ok: true })
})

test('an agent that may change its key does so by a claim, and delegates with the key that it has then', async () => {
  hotwork = new Delegating(withAgent(agent('remediator'), { rebind: true }, bundle))
  const parent = await hotwork.approved()
  expect(await hotwork.delegate(parent, second, { jkt: otherKey })).toMatchObject({ code: 'key_mismatch' })
  expect(await hotwork.issueToken(parent, { jkt: otherKey })).toMatchObject({ ok: true })
  expect(await hotwork.delegate(parent, second)).toMatchObject({ code: 'key_mismatch' })
  expect(await hotwork.delegate(parent, second, { jkt: otherKey })).toMatchObject({ ok: true })
})

/** A parent, its child and the child's own, each with an AWS session but the parent. */
async function family() {
  const parent = await hotwork.approved()
  const child = await hotwork.delegated(parent, second, { uses: 2 })
  const grandchild = await hotwork.delegated(child, third)
  const token = await hotwork.claim(grandchild)
  return { parent, child, grandchild, token, session: await hotwork.session(grandchild, token) }
}

test.each<[how: string, end: (parent: ApprovalRequest) => unknown]>([
  ['completed', (parent) => hotwork.complete(parent)],
  ['revoked', (parent) => hotwork.end(parent)],
  ['denied late', (parent) => hotwork.decide(parent, 'ben', 'deny')],
  ['expired', (parent) => hotwork.clock.advance((grantOf(parent)?.claimBy ?? 0) + 1 - hotwork.clock.now())],
])(
  'once the parent is %s, nothing of its children is issued or delegated, and the record says why',
  async (_how, end) => {
    const { parent, child, grandchild, token } = await family()
    await end(parent)
    expect(await hotwork.issueAws(grandchild, token)).toMatchObject({
      ok: false,
      code: expect.stringMatching(/ended|expired/),
    })
    expect(await hotwork.issueToken(child)).toMatchObject({ ok: false })
    expect(await hotwork.delegate(child, fourth)).toMatchObject({ ok: false })
    expect((await hotwork.state(child.ask.id)).status).toMatch(/revoked|expired/)
    expect((await hotwork.state(grandchild.ask.id)).status).toMatch(/revoked|expired/)
  },
)

test('a child of a dead parent covers nothing that an agent asks about', async () => {
  const { parent, grandchild } = await family()
  const what = { ...prodParameter, agent: third }
  const { id = '' } = grantOf(grandchild) ?? {}
  expect(await hotwork.evaluate(what, id)).toMatchObject({ decision: true })
  await hotwork.complete(parent)
  expect(await hotwork.evaluate(what, id)).toMatchObject({ decision: false, reason: 'approval_expired' })
})

test('children’s records end because of the parent alone, down to the last, and their sessions are denied', async () => {
  const { parent, child, grandchild, session } = await family()
  const denied = () => hotwork.roles.denies(session.role, session.tags)
  await hotwork.complete(parent)
  await hotwork.follow(parent)
  expect(await hotwork.state(child.ask.id)).toMatchObject({
    status: 'revoked',
    revokedBy: 'system',
    reason: `${parent.ask.id} has ended`,
  })
  await hotwork.follow(child)
  expect(await hotwork.state(grandchild.ask.id)).toMatchObject({ status: 'revoked' })
  expect(denied()).toBe(false)
  await hotwork.follow(grandchild)
  expect(denied()).toBe(true)
})

test('a repeated end of the children is one', async () => {
  const { parent, child } = await family()
  await hotwork.complete(parent)
  await endChildren(parent.ask.id, hotwork.ports)
  await endChildren(parent.ask.id, hotwork.ports)
  expect((await hotwork.story(child.ask.id)).filter((type) => type === 'Revoked')).toHaveLength(1)
})

test("a live parent's children live, and so do its siblings' when one ends", async () => {
  const parent = await hotwork.approved()
  const [one, two] = [await hotwork.delegated(parent, second), await hotwork.delegated(parent, third)]
  await hotwork.complete(one)
  await hotwork.follow(one)
  await endChildren(parent.ask.id, hotwork.ports)
  expect(await hotwork.state(two.ask.id)).toMatchObject({ status: 'approved' })
  expect(await hotwork.issueToken(two)).toMatchObject({ ok: true })
})

test('a child made while its parent ends is dead on arrival', async () => {
  const parent = await hotwork.approved()
  const commit = hotwork.requests.commit.bind(hotwork.requests)
  hotwork.requests.commit = async (change) => {
    // Between the two commits of a delegation a person revokes, and the end of children finds none yet.
    if (change.state.ask.ancestors.length > 0 && change.expected.sequence === 0) {
      hotwork.requests.commit = commit
      await hotwork.end(parent)
      await endChildren(parent.ask.id, hotwork.ports)
    }
    return commit(change)
  }
  expect(await hotwork.delegate(parent, second)).toMatchObject({ ok: false, code: 'ancestor_ended' })
  const [given] = grantOf(await hotwork.state(parent.ask.id))?.delegations ?? []
  expect(await hotwork.state(given?.child as RequestId)).toMatchObject({ status: 'revoked' })
})

test('a credential that is being minted while the parent is revoked is not answered', async () => {
  const parent = await hotwork.approved()
  const child = await hotwork.delegated(parent, second)
  const sign = hotwork.signer.sign.bind(hotwork.signer)
  hotwork.signer.sign = async (...args) => {
    await hotwork.end(parent)
    await endChildren(parent.ask.id, hotwork.ports)
    return sign(...args)
  }
  expect(await hotwork.issueToken(child)).toMatchObject({ ok: false, code: 'revoked' })
})

test.each([
  { kind: 'agent', value: agent('remediator') },
  { kind: 'owner', value: person('dan') },
  { kind: 'owner', value: person('gus') },
] as const)('a halt of the $kind $value in the chain stops the child', async (target) => {
  const child = await hotwork.delegated(await hotwork.approved(), second)
  hotwork.putHalt(target)
  expect(await hotwork.issueToken(child)).toMatchObject({ ok: false, code: 'halted' })
  expect(await hotwork.delegate(child, third)).toMatchObject({ ok: false, code: 'revoked' })
})

test('a halt of the child’s role stops delegating too, and ends the parts still to be given', async () => {
  const parent = await hotwork.approved()
  const { id } = hotwork.putHalt({ kind: 'role', value: 'arn:aws:iam::000000000000:role/hotwork/Hotwork-target' })
  expect(await hotwork.delegate(parent, second)).toMatchObject({ ok: false, code: 'halted' })
  expect(await hotwork.state(parent.ask.id)).toMatchObject({ status: 'revoked', reason: `halted by ${id}` })
  expect(grantOf(await hotwork.state(parent.ask.id))?.delegations).toEqual([])
})

test('a halt of another role stops no delegating', async () => {
  hotwork.putHalt({ kind: 'role', value: 'arn:aws:iam::999999999999:role/hotwork/Hotwork-target' })
  expect(await hotwork.delegate(await hotwork.approved(), second)).toMatchObject({ ok: true })
})

test('a key of a grant changes only where the registration of its agent says so, and that is an entry', async () => {
  hotwork = new Delegating(withAgent(agent('remediator'), { rebind: true }, bundle))
  const request = await hotwork.approved()
  await hotwork.claim(request)
  expect(await hotwork.issueToken(request, { jkt: otherKey })).toMatchObject({ ok: true })
  expect((await hotwork.ledger.entries(request.ask.id)).find(({ type }) => type === 'KeyBound')).toMatchObject({
    facts: { jkt: otherKey, replaces: agentKey },
  })
  await hotwork.expectReplay(request.ask.id)
})

test('a key of a grant is, for every other agent, the one that asked', async () => {
  const request = await hotwork.approved()
  expect(await hotwork.issueToken(request, { jkt: otherKey })).toMatchObject({ code: 'key_mismatch' })
  expect(await hotwork.story(request.ask.id)).not.toContain('KeyBound')
})
