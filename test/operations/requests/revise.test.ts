import { hotworkMembers } from '../../../functions/adapters/http/authzen.ts'
import type { ApprovalRequest } from '../../../functions/domain/record/request.ts'
import { termsByWords } from '../../../functions/domain/requests/revision.ts'
import type { JsonObject, RequestId } from '../../../functions/domain/values.ts'
import { joinWritten } from '../../../functions/operations/ledger/texts.ts'
import { askQuestion } from '../../../functions/operations/requests/ask-back.ts'
import { extendRequest } from '../../../functions/operations/requests/extend-request.ts'
import { withGroups } from '../../support/bundles.ts'
import { repairPlan } from '../../support/plan.ts'
import { unwrap } from '../../support/unwrap.ts'
import { agent, agentKey, parameter, person, prodParameter, start, type What, World } from '../../support/world.ts'

/** Reserves executions for a function of the checkout service: tier 2, decided by its owners and by sre. */
const reserve = (ReservedConcurrentExecutions: number, FunctionName = 'checkout-worker'): What => ({
  action: 'lambda:PutFunctionConcurrency',
  arguments: { FunctionName, ReservedConcurrentExecutions },
  resource: { type: 'lambda:function', id: `arn:aws:lambda:us-east-1:000000000000:function:${FunctionName}` },
})
const suggest = (args: JsonObject) => ({ suggest: { arguments: args } })
const parameterOf = (Value: string): What => parameter('/prod/checkout/payment-timeout-ms', Value)
const toAgent = 'fewer would do'
const day = 86_400

let world: World
beforeEach(() => {
  world = new World()
})

const code = (done: { ok: boolean; code?: string }) => (done.ok ? 'ok' : done.code)
/** A request that ana sent back, with these words. */
async function sentBack(what: What = reserve(10), changes = {}): Promise<ApprovalRequest> {
  const request = await world.submitted(what)
  unwrap(await world.decide(request, 'ana', 'revise', { toAgent, ...changes }))
  return request
}
const revising = ({ ask: { id } }: ApprovalRequest, changes = {}) => ({ revises: id, ...changes })

test('one person sends a request back: it is denied with the outcome `revise`, and its words are set apart', async () => {
  const { ask } = await sentBack(reserve(10), suggest({ ...reserve(5).arguments }))
  expect(await world.state(ask.id)).toMatchObject({ status: 'denied', outcome: 'revise', deniedBy: person('ana') })
  expect(await world.story(ask.id)).toEqual(['Submitted', 'StageOpened', 'Decided', 'Denied'])
  expect(JSON.stringify(await world.ledger.entries(ask.id))).not.toContain(toAgent)
  await world.expectReplay(ask.id)
})

test('an agent reads words and suggestion of a settled request, and no name', async () => {
  const { ask } = await sentBack(reserve(10), suggest({ ...reserve(5).arguments }))
  const members = hotworkMembers(await joinWritten(await world.stored(ask.id), world.ledger.texts))
  expect(members).toMatchObject({
    outcome: 'revise',
    messages: [{ text: toAgent, from: 'approver', verdict: 'revise' }],
    suggest: { arguments: reserve(5).arguments },
  })
  expect(JSON.stringify(members)).not.toContain('ana')
})

test('an agent reads the words of an approval once the request is settled, and not before', async () => {
  const request = await world.submitted(prodParameter)
  const said = async () => hotworkMembers(await joinWritten(await world.stored(request.ask.id), world.ledger.texts))
  await world.decide(request, 'ana', 'approve', { toAgent: 'watch the queue' })
  expect(await said()).not.toHaveProperty('messages')
  await world.decide(await world.state(request.ask.id), 'eve')
  expect(await said()).toMatchObject({ messages: [{ text: 'watch the queue', from: 'approver', verdict: 'approve' }] })
})

test('words on a plan bar their writer from asks of the agents of its steps', async () => {
  await sentBack(repairPlan)
  const { ask, ...state } = await world.submitted(parameterOf('9999'))
  expect(ask.agent.id).not.toBe(repairPlan.agent)
  expect(ask.barred).toEqual([person('ana')])
  expect(ask.told).toHaveLength(1)
  expect(code(await world.decide({ ask, ...state } as ApprovalRequest, 'ana'))).toBe('self_approval')
})

test('an ask that only the writer could decide is refused, and one for part of the first is not', async () => {
  world = new World(withGroups({ 'payments-owners': [person('ana')], sre: [person('eve')] }))
  await sentBack(reserve(10))
  const refused = await world.submit(reserve(11))
  expect(refused).toMatchObject({ ok: false, code: 'not_requestable' })
  expect(refused).toHaveProperty('detail', expect.stringMatching(/^no_eligible_approvers: the people who wrote to you/))
  expect((await world.submitted(reserve(5))).status).toBe('pending')
})

test('a writer does not decide an ask for less with another purpose', async () => {
  const { ask } = await sentBack()
  const told = [{ request: ask.id, actions: [ask.action], by: [person('ana')], at: world.clock.now() }]
  const requests = new Map([[ask.id, await world.stored(ask.id)]])
  const less = { ...ask, arguments: reserve(5).arguments as JsonObject }
  const barredOf = (purpose: string) =>
    termsByWords({ ...less, purpose }, { told, requests }, world.ports.policy.bundle, world.clock.now()).barred
  expect([barredOf(ask.purpose), barredOf('release')]).toEqual([undefined, [person('ana')]])
})

test('a task without its texts has no messages in place of commitments', async () => {
  const { ask } = await sentBack()
  expect(hotworkMembers(await world.stored(ask.id))).not.toHaveProperty('messages')
})

test.each([
  ['without words to the agent', {}, 'to_agent_required'],
  ['with blank words', { toAgent: ' \n' }, 'to_agent_required'],
  ['with a direction mark in its words', { toAgent: 'drop \u202Eelbat' }, 'invalid_to_agent'],
  ['with words of 501 characters', { toAgent: 'x'.repeat(501) }, 'invalid_to_agent'],
  ['with an argument that the entry does not have', { toAgent, ...suggest({ Nothing: 1 }) }, 'invalid_suggestion'],
  ['with another resource', { toAgent, ...suggest({ ...reserve(5, 'other-worker').arguments }) }, 'invalid_suggestion'],
  [
    'with the arguments that were asked for',
    { toAgent, ...suggest({ ...reserve(10).arguments }) },
    'invalid_suggestion',
  ],
])('a revision %s is refused, and the request stays open', async (_, changes, refused) => {
  const request = await world.submitted(reserve(10))
  expect(code(await world.decide(request, 'ana', 'revise', changes))).toBe(refused)
  expect(await world.state(request.ask.id)).toMatchObject({ status: 'pending' })
})

test('a grant is not sent back', async () => {
  const request = await world.approved()
  expect(code(await world.decide(request, 'ana', 'revise', { toAgent }))).toBe('already_settled')
  expect(await world.state(request.ask.id)).toMatchObject({ status: 'approved' })
})

test('people without a right to decide do not send a request back, and write nothing to the agent', async () => {
  const request = await world.submitted(reserve(10))
  expect(code(await world.decide(request, 'zoe', 'revise', { toAgent }))).toBe('not_eligible')
  expect(await world.requests.recall('TOLD#agent:remediator')).toBeUndefined()
})

test('a revision says what it revises, what differs, and who suggested that', async () => {
  const first = await sentBack(reserve(10), suggest({ ...reserve(5).arguments }))
  const second = await world.submitted(reserve(5), revising(first))
  expect(second.ask).toMatchObject({
    revises: first.ask.id,
    revision: { number: 1, changes: { ReservedConcurrentExecutions: { from: 10, to: 5 } }, suggested: true },
    suggestedBy: [person('ana')],
    told: [{ request: first.ask.id, by: person('ana'), verdict: 'revise', text: toAgent }],
  })
  expect(second.ask.digest).not.toBe((await world.submitted(reserve(5))).ask.digest)
  await world.expectReplay(second.ask.id)
})

test('the person who suggested less decides it, since a narrowing would have allowed that', async () => {
  const first = await sentBack()
  const second = await world.submitted(reserve(5), revising(first))
  expect(second.ask).not.toHaveProperty('barred')
  expect(await world.decide(second, 'ana')).toMatchObject({ ok: true })
})

test('the person who suggested more does not decide it, whether or not the agent names the request', async () => {
  const first = await sentBack()
  for (const changes of [revising(first), {}]) {
    const second = await world.submitted(reserve(20), changes)
    expect(second.ask).toMatchObject({ suggestedBy: [person('ana')], barred: [person('ana')] })
    for (const verdict of ['approve', 'deny', 'revise'] as const)
      expect(code(await world.decide(second, 'ana', verdict, { toAgent }))).toBe('self_approval')
    expect(await world.decide(second, 'ben')).toMatchObject({ ok: true })
  }
})

test('the person who wrote to the agent does not decide the same action on another resource', async () => {
  await sentBack()
  const second = await world.submitted(reserve(5, 'checkout-api'))
  expect(code(await world.decide(second, 'ana'))).toBe('self_approval')
})

test('a denial with words to the agent counts as a revision, one without does not', async () => {
  const silent = await world.submitted(reserve(10))
  await world.decide(silent, 'ana', 'deny', { comment: 'for people' })
  const free = await world.submitted(reserve(20))
  expect(free.ask).not.toHaveProperty('suggestedBy')
  await world.decide(free, 'ana', 'deny', { toAgent })
  expect((await world.submitted(reserve(30))).ask).toMatchObject({ barred: [person('ana')] })
})

test('words with an approval count unless that request was approved', async () => {
  const open = await world.submitted(prodParameter)
  await world.decide(open, 'ana', 'approve', { toAgent })
  expect((await world.submitted(parameterOf('20'))).ask).toMatchObject({ barred: [person('ana')] })
  await world.decide(await world.state(open.ask.id), 'eve')
  expect((await world.submitted(parameterOf('30'))).ask).not.toHaveProperty('barred')
})

test('words count for seven days', async () => {
  const first = await sentBack()
  world.clock.advance(7 * day)
  expect((await world.submitted(reserve(20), revising(first))).ask).toMatchObject({ barred: [person('ana')] })
  world.clock.advance(1)
  expect((await world.submitted(reserve(30))).ask).not.toHaveProperty('suggestedBy')
})

test('other asks of the agent show its words for an hour, and bar no person', async () => {
  const first = await sentBack()
  const other = await world.submitted(prodParameter)
  expect(other.ask).toMatchObject({ told: [{ request: first.ask.id, by: person('ana'), text: toAgent }] })
  expect(other.ask).not.toHaveProperty('suggestedBy')
  world.clock.advance(3601)
  expect((await world.submitted(parameterOf('30'))).ask).not.toHaveProperty('told')
})

test('words to one agent do not touch the asks of another agent', async () => {
  await sentBack()
  const other = await world.submitted({ ...prodParameter, agent: agent('builder'), purpose: 'release' })
  expect(other.ask).not.toHaveProperty('told')
})

test('neither a stand-in of the person who wrote to the agent nor the person they stood in for decides it', async () => {
  unwrap(await world.giveStandIn('ben', 'ana'))
  await sentBack()
  unwrap(await world.giveStandIn('ana', 'chloe'))
  const second = await world.submitted(reserve(20))
  expect(second.ask).toMatchObject({ suggestedBy: [person('ana')], barred: [person('ana'), person('ben')] })
  for (const who of ['ben', 'chloe']) expect(code(await world.decide(second, who))).toBe('self_approval')
})

test('a standing permit does not cover a revision, whether or not the agent names the request', async () => {
  const approved = await world.submitted({ ...flagOf(false) })
  unwrap(await world.decide(approved, 'ana'))
  unwrap(await world.givePermit(approved, 'ana'))
  const drawn = await world.submitted({ ...flagOf(false) })
  expect(drawn).toMatchObject({ status: 'approved', ask: { standing: expect.any(String) } })
  const first = await world.submitted({ ...flagOf(true) })
  unwrap(await world.decide(first, 'ana', 'revise', { toAgent: 'turn it off' }))
  for (const changes of [{}, revising(first)])
    expect(await world.submitted({ ...flagOf(false) }, changes)).toMatchObject({
      status: 'pending',
      ask: { barred: [person('ana')] },
    })
})
const flagOf = (value: boolean): What => ({
  action: 'flags:set',
  arguments: { environment: 'prod', flag: 'express-checkout', value },
  resource: { type: 'flags:flag', id: 'prod/express-checkout' },
})

describe('a revision', () => {
  const refused = async (id: string, what: What = reserve(5)) =>
    code(await world.submit(what, { revises: id as RequestId }))

  test('a revision of a request that does not exist is refused, as is one of a word in place of an id', async () => {
    expect(await refused(`req_${'0'.repeat(26)}`)).toBe('invalid_revision')
    expect(await refused('nonsense')).toBe('invalid_revision')
  })

  test('a revision of a request of another agent is refused', async () => {
    const request = await world.submitted({ ...prodParameter, agent: agent('builder'), purpose: 'release' })
    await world.decide(request, 'ana', 'revise', { toAgent })
    expect(await refused(request.ask.id, prodParameter)).toBe('invalid_revision')
  })

  test('a revision of another action or resource is refused', async () => {
    const { ask } = await sentBack()
    expect(await refused(ask.id, prodParameter)).toBe('invalid_revision')
    expect(await refused(ask.id, reserve(5, 'checkout-api'))).toBe('invalid_revision')
  })

  test('a revision of a request that is pending, approved or denied is refused', async () => {
    const pending = await world.submitted(reserve(10))
    expect(await refused(pending.ask.id)).toBe('invalid_revision')
    await world.decide(pending, 'ana', 'deny', { toAgent })
    expect(await refused(pending.ask.id)).toBe('invalid_revision')
    const approved = await world.approved(reserve(9))
    expect(await refused(approved.ask.id)).toBe('invalid_revision')
  })

  test('a revision of a request older than seven days is refused', async () => {
    const { ask } = await sentBack()
    world.clock.advance(7 * day + 1)
    expect(await refused(ask.id)).toBe('invalid_revision')
  })

  test('a revision of a request that was revised is refused', async () => {
    const { ask } = await sentBack()
    await world.submitted(reserve(5), { revises: ask.id })
    expect(await refused(ask.id, reserve(4))).toBe('invalid_revision')
  })
})

test('one of two revisions at once is made', async () => {
  const { ask } = await sentBack()
  const done = await Promise.all([5, 4, 3].map((number) => world.submit(reserve(number), { revises: ask.id })))
  expect(done.map(code).sort()).toEqual(['invalid_revision', 'invalid_revision', 'ok'])
})

test('the same revision sent twice is the same request', async () => {
  const { ask } = await sentBack()
  const first = await world.submitted(reserve(5), { revises: ask.id })
  expect(unwrap(await world.submit(reserve(5), { revises: ask.id }))).toMatchObject({
    created: false,
    stored: { state: { ask: { id: first.ask.id } } },
  })
})

test('a request is revised five times in a row, and no more', async () => {
  let last = await sentBack(reserve(20))
  for (const number of [1, 2, 3, 4, 5]) {
    const next = await world.submitted(reserve(20 - number), revising(last))
    expect(next.ask.revision?.number).toBe(number)
    unwrap(await world.decide(next, 'ana', 'revise', { toAgent }))
    last = next
  }
  expect(code(await world.submit(reserve(5), revising(last)))).toBe('too_many_revisions')
})

test('a revision inherits no approval', async () => {
  const request = await world.submitted(prodParameter)
  await world.decide(request, 'ana')
  unwrap(await world.decide(await world.state(request.ask.id), 'eve', 'revise', { toAgent }))
  const second = await world.submitted(parameterOf('5'), revising(request))
  expect(second).toMatchObject({ status: 'pending', round: 1 })
  expect(second.stages.flatMap(({ decisions }) => decisions)).toEqual([])
})

test('an extension of a revision bars the same people', async () => {
  await sentBack(prodParameter)
  const second = await world.submitted(parameterOf('20'))
  await world.decide(second, 'ben')
  await world.decide(await world.state(second.ask.id), 'eve')
  await world.claim(second)
  world.clock.advance(60)
  const extended = await extendRequest(
    { id: second.ask.id, agent: agent('remediator'), jkt: agentKey, minutes: 5, body: {}, once: world.proof() },
    { ...world.ports, permits: world.permits, targetRole: world.targetRole },
  )
  expect(unwrap(extended).stored.state.ask).toMatchObject({ barred: [person('ana')] })
})

describe('a plan', () => {
  type Step = { agent: string; action: string; arguments: JsonObject }
  const steps = repairPlan.arguments['steps'] as unknown as readonly Step[]
  const planOf = (all: readonly Step[]): What => ({ ...repairPlan, arguments: { steps: all } as unknown as JsonObject })
  /** The plan with another memory for the function of step 2. */
  const withMemory = (MemorySize: number) =>
    planOf(steps.map((step, at) => (at === 1 ? { ...step, arguments: { ...step.arguments, MemorySize } } : step)))
  const step2 = (args: JsonObject) => suggest({ steps: [{ step: 2, arguments: args }] })
  const sent = async (changes = {}) => {
    const plan = await world.submitted(repairPlan)
    unwrap(await world.decide(plan, 'ana', 'revise', { toAgent, ...changes }))
    return plan
  }

  test('a plan is sent back as a whole, with other arguments for one step', async () => {
    const plan = await sent(step2({ FunctionName: 'checkout-worker', MemorySize: 1024, Timeout: 120 }))
    const second = await world.submitted(withMemory(1024), revising(plan))
    expect(second.ask).toMatchObject({
      revises: plan.ask.id,
      revision: { number: 1, changes: { 'step 2: MemorySize': { from: 2048, to: 1024 } }, suggested: true },
      suggestedBy: [person('ana')],
    })
    expect(await world.decide(second, 'ana')).toMatchObject({ ok: true })
  })

  test.each([
    ['with arguments in place of steps', suggest({ MemorySize: 1024 })],
    ['of a step that it does not have', suggest({ steps: [{ step: 9, arguments: {} }] })],
    ['of one step twice', suggest({ steps: [2, 2].map((step) => ({ step, arguments: steps[0]?.arguments ?? {} })) })],
    ['of another function', step2({ FunctionName: 'checkout-api', MemorySize: 1024, Timeout: 120 })],
  ])('a suggestion for a plan %s is refused', async (_, changes) => {
    const plan = await world.submitted(repairPlan)
    expect(code(await world.decide(plan, 'ana', 'revise', { toAgent, ...changes }))).toBe('invalid_suggestion')
  })

  test('the person who wrote to the planner decides a plan that is part of the first, and no other', async () => {
    await sent()
    expect((await world.submitted(planOf(steps.slice(1)))).ask).not.toHaveProperty('barred')
    for (const other of [withMemory(3072), planOf([...steps, ...steps.slice(0, 1)])])
      expect(code(await world.decide(await world.submitted(other), 'ana'))).toBe('self_approval')
  })

  test('the words to the agent of a step count for the plan too', async () => {
    await sentBack(prodParameter)
    expect((await world.submitted(repairPlan)).ask).toMatchObject({ barred: [person('ana')] })
  })
})

test('many words at once are all on the row', async () => {
  const asked = await Promise.all([10, 11, 12, 13].map((number) => world.submitted(reserve(number))))
  await Promise.all(asked.map((each) => world.decide(each, 'ana', 'revise', { toAgent })))
  const row = JSON.parse((await world.requests.recall('TOLD#agent:remediator')) ?? '[]')
  expect(row.map(({ request }: { request: string }) => request).sort()).toEqual(asked.map(({ ask }) => ask.id).sort())
  expect(row[0]).toMatchObject({ actions: ['lambda:PutFunctionConcurrency'], by: [person('ana')], at: start })
})

test('a question and a denial in the same second are each shown once', async () => {
  const request = await world.submitted(reserve(10))
  unwrap(await askQuestion({ id: request.ask.id, person: person('ana'), text: 'why ten?' }, world.ports))
  unwrap(await world.decide(request, 'ana', 'revise', { toAgent }))
  const { ask } = await world.submitted(reserve(5), revising(request))
  expect(ask.told?.map(({ text }) => text).toSorted()).toEqual([toAgent, 'why ten?'])
})
