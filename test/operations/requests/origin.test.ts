import { PatternIncidents } from '../../../functions/adapters/system/system.ts'
import type { ApprovalRequest } from '../../../functions/domain/record/request.ts'
import type { AgentId, RequestId } from '../../../functions/domain/values.ts'
import { openBreakGlass } from '../../../functions/operations/break-glass/open-break-glass.ts'
import { advancePlan } from '../../../functions/operations/requests/advance-plan.ts'
import { extendRequest } from '../../../functions/operations/requests/extend-request.ts'
import { askedOnBehalf } from '../../support/asked-on-behalf.ts'
import { MemoryHaltStore } from '../../support/ledger/memory-halt-store.ts'
import { expectOne, type Kind } from '../../support/origin.ts'
import { repairPlan } from '../../support/plan.ts'
import { unwrap } from '../../support/unwrap.ts'
import { agent, agentKey, flag, parameter, person, prodParameter, sampleBundle, World } from '../../support/world.ts'

/** A request made of another has one origin, from each origin of the other. */

/** The sample, with another agent that may do what the remediator does. */
const sample = sampleBundle()
const remediator = sample.agents.find(({ id }) => id === 'agent:remediator')
if (!remediator) throw new Error('no remediator')
const second = { ...remediator, id: agent('second'), owner: person('gus') }

class Origins extends World {
  readonly halts = new MemoryHaltStore(this.requests, this.ledger)
  readonly all = {
    ...{ ...this.ports, permits: this.permits, halts: this.halts },
    ...{ targetRole: this.targetRole, targetRoles: [] },
  }

  async person(): Promise<ApprovalRequest> {
    const id = await askedOnBehalf(this, prodParameter)
    for (const who of ['ana', 'eve']) await this.decide(await this.state(id), who)
    return this.state(id)
  }

  async draw(): Promise<ApprovalRequest> {
    const first = await this.submitted(flag())
    await this.decide(first, 'ben')
    unwrap(await this.givePermit(first, 'ben'))
    return this.submitted(flag())
  }

  async extension(of: ApprovalRequest): Promise<ApprovalRequest> {
    unwrap(await this.issueToken(of))
    const own = { id: of.ask.id, agent: of.ask.agent.id as AgentId, jkt: agentKey, minutes: 5 }
    const done = unwrap(await extendRequest({ ...own, body: { minutes: 5 }, once: this.proof() }, this.all))
    const { ask } = done.stored.state
    for (const who of ['ana', 'eve', 'ben']) await this.decide(await this.state(ask.id), who)
    return this.state(ask.id)
  }

  async delegation(parent: ApprovalRequest, to = second.id): Promise<ApprovalRequest> {
    return unwrap(await this.delegate(parent, to)).state
  }

  async step(): Promise<ApprovalRequest> {
    const { ask } = await this.approved(repairPlan)
    await advancePlan(ask.id, this.ports)
    return this.state(ask.steps?.[0]?.request as RequestId)
  }

  async opening(): Promise<ApprovalRequest> {
    const { action, arguments: args, resource } = prodParameter
    const ask = {
      person: person('jade'),
      proven: { issuer: 'https://id.example.org', subject: 'person-jade' },
      login: { acr: 'strong', at: this.clock.now() },
      what: { action, arguments: args, resource },
      reason: 'payments are refused since the deploy, putting it back',
      ...{ incident: 'INC-1', minutes: 30, drill: false, jkt: agentKey },
      ...{ idempotencyKey: 'one', body: {}, once: this.proof() },
    }
    return unwrap(await openBreakGlass(ask, { ...this.ports, incidents: new PatternIncidents() })).stored.state
  }
}

test.each<[made: string, kind: Kind, make: (world: Origins) => Promise<ApprovalRequest>]>([
  ['what an agent asks', 'agent', (world) => world.submitted(prodParameter)],
  ['what a person asks on its behalf', 'person', (world) => world.person()],
  ['what a standing permit approves', 'draw', (world) => world.draw()],
  ['a plan', 'plan', (world) => world.submitted(repairPlan)],
  ['a step of it', 'step', (world) => world.step()],
  ['an opening', 'opening', (world) => world.opening()],
  ['more time of what an agent asked', 'extension', async (world) => world.extension(await world.approved())],
  ['more time of what a person asked', 'extension', async (world) => world.extension(await world.person())],
  ['more time of a draw', 'extension', async (world) => world.extension(await world.draw())],
  ['what is delegated of what an agent asked', 'delegation', async (world) => world.delegation(await world.approved())],
  ['what is delegated of what a person asked', 'delegation', async (world) => world.delegation(await world.person())],
  ['what is delegated of a step', 'delegation', async (world) => world.delegation(await world.step())],
  [
    'what is delegated of more time',
    'delegation',
    async (world) => world.delegation(await world.extension(await world.approved())),
  ],
])('%s has the origin %s', async (_made, kind, make) => {
  const world = new Origins({ ...sample, agents: [...sample.agents, second] })
  const { ask } = await make(world)
  expect(expectOne((await world.stored(ask.id)).ask)).toBe(kind)
})

test('a plan is not asked for on behalf of an agent', async () => {
  await expect(askedOnBehalf(new Origins(), repairPlan)).rejects.toThrow('nothing was foreseen')
  await expect(askedOnBehalf(new Origins(), parameter('/prod/checkout/color'))).resolves.toMatch(/^req_/)
})
