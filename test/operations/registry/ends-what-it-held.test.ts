import { spelled } from '../../../functions/domain/agents/spelling.ts'
import { deniesOf } from '../../../functions/domain/credentials/denies.ts'
import type { Agent } from '../../../functions/domain/people/organisation.ts'
import { statusOfStep, stepsOf } from '../../../functions/domain/record/plan-step.ts'
import type { ApprovalRequest } from '../../../functions/domain/record/request.ts'
import { agentEndedBy } from '../../../functions/domain/requests/change-registry.ts'
import type { AgentId, Digest, JsonObject } from '../../../functions/domain/values.ts'
import { endSuspended } from '../../../functions/operations/agents/end-suspended.ts'
import { endChildren } from '../../../functions/operations/delegation/delegate-request.ts'
import { listPermits, statusOfPermit } from '../../../functions/operations/permits/read-permits.ts'
import { advanceWorkflow } from '../../../functions/operations/requests/workflow.ts'
import { MemoryDenyStore } from '../../support/credentials/memory-deny-store.ts'
import { MemoryRolePolicies } from '../../support/credentials/memory-role-policies.ts'
import { writeDenies } from '../../support/credentials/write-denies.ts'
import { MemoryHaltStore } from '../../support/ledger/memory-halt-store.ts'
import { RegistryWorld } from '../../support/registry-world.ts'
import { unwrap } from '../../support/unwrap.ts'
import { agent, flag, parameter, person, prodParameter, sampleBundle, type What } from '../../support/world.ts'

/** Everything that an agent of the registry asked, was given or has a part in ends with a change that people decided. */

const sample = sampleBundle()
const [remediator, builder, planner, second] = ['remediator', 'builder', 'planner', 'second'].map(agent) as [
  AgentId,
  AgentId,
  AgentId,
  AgentId,
]
const named = (id: AgentId) => sample.agents.find((each) => each.id === id) as Agent
const ladder = { tiers: sample.ladder.tiers.map((tier) => ({ ...tier, grant: { ...tier.grant, uses: 3 } })) }
const { backupOwner: _, ...alike } = named(remediator)
const other: Agent = {
  ...alike,
  id: second,
  owner: person('gus'),
  identities: [{ issuer: 'workloads', subject: 'agent-second' }],
}

type Way = { action: string; more: JsonObject; accepts?: string; inFolder?: true }
const everyone = ['gus', 'ana', 'eve', 'hana', 'ben', 'lena']

class Changing extends RegistryWorld {
  readonly halts = new MemoryHaltStore(this.requests, this.ledger)
  readonly denies = new MemoryDenyStore()
  readonly roles = new MemoryRolePolicies()
  /** The last change that was made. */
  made_: ApprovalRequest | undefined

  /** The agents of these names are in the registry, by registrations that people decided. */
  static async of(...ids: readonly AgentId[]): Promise<Changing> {
    const agents = [...sample.agents, other].filter(({ id }) => !ids.includes(id))
    const world = new Changing({ ...sample, hash: `sha-256:${ids.join()}` as Digest, ladder, agents })
    for (const id of ids) await world.decided({ action: 'RegisterAgent', more: spelled(named(id)) }, 'mia')
    world.clock.advance(3)
    return world
  }

  async decided({ action, more, accepts }: Way, who: string): Promise<ApprovalRequest> {
    const request = await this.asked(who, action, more)
    if (accepts !== undefined) unwrap(await this.accept(request.ask.id, accepts))
    for (const each of everyone) await this.decide(request, each)
    unwrap(await this.apply(request.ask.id))
    const made = await this.state(request.ask.id)
    expect(made).toMatchObject({ status: 'completed', outcome: 'succeeded' })
    return made
  }

  /** The change is made, and every reader has the new registry. The queue has not begun. */
  async makeChange(way: Way, of: AgentId): Promise<void> {
    this.clock.advance(5)
    this.made_ = await this.decided({ ...way, more: { id: of, ...way.more } }, 'mia')
    this.clock.advance(3)
    // As each Lambda does before it is called.
    await this.policy.look?.([])
  }

  /** The queue, and its follow-ups, as they are worked off after the change. */
  async workOff(...parents: readonly ApprovalRequest[]): Promise<void> {
    const ended = this.made_ && agentEndedBy(this.made_)
    if (ended === undefined) throw new Error('the change ends nothing')
    await endSuspended(ended, this.ports)
    for (const { ask } of parents) await endChildren(ask.id, this.ports)
  }

  plan(...doers: readonly AgentId[]): What {
    const steps = doers.map((doer, at) =>
      doer === builder
        ? { agent: doer, action: 'flags:set', arguments: { environment: 'prod', flag: `new-${at}`, value: false } }
        : { ...only(parameter(`/prod/checkout/p${at}`)), agent: doer },
    )
    return { agent: planner, action: 'plan', arguments: { steps }, resource: { type: 'plan', id: 'INC-1042' } }
  }

  async begun(plan: What): Promise<ApprovalRequest> {
    const { ask } = await this.approved(plan)
    return this.move(ask.id)
  }

  async move(id: ApprovalRequest['ask']['id']): Promise<ApprovalRequest> {
    await advanceWorkflow(id, this.ports)
    return this.stored(id)
  }

  child({ ask }: ApprovalRequest, n: number): Promise<ApprovalRequest> {
    return this.stored(ask.steps?.[n - 1]?.request as typeof ask.id)
  }

  async steps({ ask }: ApprovalRequest): Promise<string[]> {
    const state = await this.stored(ask.id)
    return [...stepsOf(state).map((each) => statusOfStep(each, state)), state.status]
  }
}
const only = ({ action, arguments: args }: What) => ({ action, arguments: args })

const ways: readonly [what: string, way: Way, why: RegExp][] = [
  ['a retirement of an agent', { action: 'RetireAgent', more: {} }, /is retired$|now$/],
  ['a retirement of an agent of the folder', { action: 'RetireAgent', more: {}, inFolder: true }, /is retired$|now$/],
  [
    'other identities of an agent',
    { action: 'ChangeAgent', more: { identities: [{ issuer: 'workloads', subject: 'agent-moved' }] } },
    /now$/,
  ],
  ['another autonomy of an agent', { action: 'ChangeAgent', more: { autonomy: 'supervised' } }, /now$/],
  ['another owner of an agent', { action: 'TransferAgent', more: { owner: 'person:ivo' }, accepts: 'ivo' }, /now$/],
]

describe.each(ways)('with %s', (_what, way, why) => {
  let world: Changing
  beforeEach(async () => {
    world = await Changing.of(...(way.inFolder ? [] : [remediator]))
  })

  test('an open ask ends at its next decision, and by the queue', async () => {
    const [one, two] = [await world.submitted(prodParameter), await world.submitted(parameter('/prod/checkout/two'))]
    await world.makeChange(way, remediator)
    expect(await world.decide(one, 'ana')).toMatchObject({ ok: false, code: 'revoked' })
    await world.workOff()
    for (const { ask } of [one, two]) {
      expect(await world.state(ask.id)).toMatchObject({ status: 'denied', reason: expect.stringMatching(why) })
      await world.expectReplay(ask.id)
    }
  })

  test('a live grant gives nothing more at once, and the queue denies its AWS session', async () => {
    const request = await world.approved()
    const token = await world.claim(request)
    const { role, tags } = await world.session(request, token)
    await world.makeChange(way, remediator)
    const refused = await world.issueToken(request)
    const again = await world.issueAws(request, token)
    await world.workOff()
    const state = await world.state(request.ask.id)
    expect([refused, again, state]).toMatchObject([
      { ok: false, code: 'revoked' },
      { ok: false },
      { status: 'revoked', reason: expect.stringMatching(why) },
    ])
    expect([...deniesOf(state, world.clock.now()).keys()]).toEqual([role])
    await writeDenies(role, [request.ask.id], world)
    expect(world.roles.denies(role, tags)).toBe(true)
    await world.expectReplay(request.ask.id)
  })

  test('a live token is refused at its gate at once', async () => {
    const request = await world.submitted(flag())
    await world.decide(request, 'ben')
    const token = world.accessToken(request, await world.claim(request), 'https://flags.example')
    await world.makeChange(way, remediator)
    expect(await world.gate(request, token)).toMatchObject({ ok: false, code: 'revoked' })
    await world.workOff()
    expect(await world.state(request.ask.id)).toMatchObject({ status: 'revoked' })
  })

  test('a standing permit covers no ask, and is shown as ended', async () => {
    const first = await world.submitted(flag())
    await world.decide(first, 'ben')
    unwrap(await world.givePermit(await world.state(first.ask.id), 'ben'))
    const drawn = await world.submitted(flag())
    await world.makeChange(way, remediator)
    const { items } = unwrap(await listPermits({ person: person('gus') }, { ...world.ports, permits: world.permits }))
    expect(items.map((each) => statusOfPermit(each, world.clock.now()))).toEqual(['expired'])
    const next = await world.submit(flag())
    expect(next.ok && next.value.stored.state.status).not.toBe('approved')
    await world.workOff()
    expect(await world.state(drawn.ask.id)).toMatchObject({ status: 'revoked' })
  })

  test('a pending plan of another agent with a step for it ends at its next decision, and by the queue', async () => {
    const [one, two] = [
      await world.submitted(world.plan(builder, remediator)),
      await world.submitted(world.plan(remediator)),
    ]
    const rest = await world.submitted(world.plan(builder))
    await world.makeChange(way, remediator)
    expect(await world.decide(one, 'ana')).toMatchObject({ ok: false, code: 'revoked' })
    await world.workOff()
    for (const { ask } of [one, two])
      expect(await world.state(ask.id)).toMatchObject({ status: 'denied', reason: expect.stringMatching(/remediator/) })
    expect(await world.state(rest.ask.id)).toMatchObject({ status: 'pending' })
  })

  test('an approved plan that has not begun does none of its steps', async () => {
    const plan = await world.approved(world.plan(builder, remediator))
    await world.makeChange(way, remediator)
    await world.move(plan.ask.id)
    expect(await world.steps(plan)).toEqual(['revoked', 'ended', 'completed'])
  })

  test('a plan that has begun goes on to the turn of its step, and ends there', async () => {
    const plan = await world.begun(world.plan(builder, remediator))
    await world.makeChange(way, remediator)
    await world.workOff()
    const first = await world.child(plan, 1)
    expect(await world.issueToken(first)).toMatchObject({ ok: true })
    await world.complete(first)
    await world.move(plan.ask.id)
    expect(await world.steps(plan)).toEqual(['succeeded', 'revoked', 'completed'])
  })

  test('a step that has begun ends at once, with its plan', async () => {
    const plan = await world.begun(world.plan(remediator, builder))
    const first = await world.child(plan, 1)
    await world.makeChange(way, remediator)
    expect(await world.issueToken(first)).toMatchObject({ ok: false, code: 'revoked' })
    await world.workOff()
    await world.move(plan.ask.id)
    expect(await world.steps(plan)).toEqual(['revoked', 'ended', 'completed'])
  })

  test('a plan whose step it has done goes on', async () => {
    const plan = await world.begun(world.plan(remediator, builder))
    await world.complete(await world.child(plan, 1))
    await world.move(plan.ask.id)
    await world.makeChange(way, remediator)
    await world.workOff()
    const next = await world.child(plan, 2)
    expect(await world.issueToken(next)).toMatchObject({ ok: true })
    await world.complete(next)
    await world.move(plan.ask.id)
    expect(await world.steps(plan)).toEqual(['succeeded', 'succeeded', 'completed'])
  })

  test.each([
    ['from it', remediator, second],
    ['to it', second, remediator],
  ])('a delegation %s ends at once, and is on record as ended', async (_rule, from, to) => {
    const parent = await world.approved({ ...prodParameter, agent: from })
    const child = unwrap(await world.delegate(parent, to)).state
    await world.makeChange(way, remediator)
    expect(await world.issueToken(child)).toMatchObject({ ok: false, code: 'revoked' })
    await world.workOff(parent)
    const states = [await world.state(parent.ask.id), await world.state(child.ask.id)]
    expect(states.map(({ status }) => status)).toEqual([from === remediator ? 'revoked' : 'approved', 'revoked'])
    await world.expectReplay(child.ask.id)
  })
})

describe.each(ways.filter(([, { more, inFolder }]) => !('autonomy' in more || inFolder)))(
  'with %s that plans',
  (_what, way) => {
    test('its plan ends at once, begun or not, with the steps of other agents', async () => {
      const world = await Changing.of(planner)
      const open = await world.submitted(world.plan(builder))
      const begun = await world.begun(world.plan(remediator, builder))
      const first = await world.child(begun, 1)
      await world.makeChange(way, planner)
      expect(await world.decide(open, 'ana')).toMatchObject({ ok: false, code: 'revoked' })
      expect(await world.issueToken(first)).toMatchObject({ ok: false, code: 'revoked' })
      await world.workOff(begun)
      expect(await world.state(begun.ask.id)).toMatchObject({ status: 'revoked' })
      expect(await world.child(begun, 1)).toMatchObject({ status: 'revoked' })
      expect(await world.child(begun, 2)).toMatchObject({ status: 'denied' })
    })
  },
)
