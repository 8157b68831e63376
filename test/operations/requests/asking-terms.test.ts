import { evaluationAnswer } from '../../../functions/adapters/http/authzen.ts'
import { isJustified, readsMember } from '../../../functions/domain/policy/asking-terms.ts'
import type { Bundle } from '../../../functions/domain/policy/bundle.ts'
import type { Tier } from '../../../functions/domain/policy/ladder.ts'
import { closeIncident } from '../../../functions/operations/break-glass/openings.ts'
import type { TaskLook } from '../../../functions/operations/ports.ts'
import { issuer, prodParameter, sampleBundle, stagingParameter, type What, World } from '../../support/world.ts'

/** Terms of an ask that a tier or a policy may want beside its purpose: a reason in words, and a live parent task. */

const bundle = sampleBundle()
const why = 'checkout refuses payments'

const withTier = (tier: number, terms: Partial<Tier>): Bundle => ({
  ...bundle,
  ladder: {
    ...bundle.ladder,
    tiers: bundle.ladder.tiers.map((each) => (each.tier === tier ? { ...each, ...terms } : each)),
  },
})

/** The sample with one more policy about setting parameters. */
const withPolicy = (id: string, when: string): Bundle => ({
  ...bundle,
  policies: {
    ...bundle.policies,
    [prodParameter.action]: {
      ...bundle.policies[prodParameter.action],
      [id]: `@id("${id}")\nforbid (principal, action, resource) when { ${when} };`,
    },
  },
})

/** A service with this answer, which keeps the questions. */
function service(world: World, answer: TaskLook['answer']) {
  const asked: string[] = []
  const kept = { answer, asked }
  world.tasks = {
    look: async (task) => {
      asked.push(task)
      return { answer: kept.answer }
    },
  }
  return kept
}

const requiredOf = async (world: World, what = prodParameter, justification?: string) => {
  const evaluated = await world.evaluate(what, undefined, justification === undefined ? {} : { justification })
  const { context } = evaluationAnswer(evaluated, issuer) as {
    context: { access_request?: { required?: readonly string[] } }
  }
  return context.access_request?.required
}

test.each([
  [undefined, false],
  ['', false],
  ['INC-4822', false],
  ['   ok  ok  ', false],
  ['checkout is down', true],
  ['结账服务已停止', true],
])('a reason %j is words enough: %s', (text, enough) => {
  expect(isJustified(text)).toBe(enough)
})

test('a reason that the tier wants is named by the evaluation, and its lack refuses the request', async () => {
  const world = new World(withTier(2, { justification: 'required' }))
  expect(await requiredOf(world)).toEqual(['context.justification'])
  expect(await requiredOf(world, prodParameter, why)).toBeUndefined()
  expect(await world.submit(prodParameter)).toMatchObject({ ok: false, code: 'justification_required' })
  expect(await world.submit(prodParameter, { justification: 'ok' })).toMatchObject({ code: 'justification_required' })
  expect(await world.submit(prodParameter, { justification: why })).toMatchObject({ ok: true })
})

test('a reason is wanted at that tier alone, and nowhere where no tier says so', async () => {
  expect(await requiredOf(new World(withTier(2, { justification: 'required' })), stagingParameter)).toBeUndefined()
  expect(await requiredOf(new World())).toBeUndefined()
})

test('a reason that a policy wants is named by the evaluation too: an approval would help once it is given', async () => {
  const world = new World(withPolicy('say-why', '!context.justified'))
  expect(await requiredOf(world)).toEqual(['context.justification'])
  expect(await world.submit(prodParameter)).toMatchObject({ ok: false, code: 'justification_required' })
  const request = await world.submitted(prodParameter, { justification: why })
  expect(request).toMatchObject({ tier: 2, ask: { justified: true } })
})

test('a reason is known to policy at issue and use as well, when its text is a commitment only', async () => {
  const world = new World(withPolicy('say-why', '!context.justified'))
  const request = await world.submitted(prodParameter, { justification: why })
  for (const who of ['ana', 'eve']) await world.decide(await world.state(request.ask.id), who)
  expect(await world.issueToken(request)).toMatchObject({ ok: true })
})

const live = withTier(2, { parentTask: 'live' })

test('a parent task is asked about at the tier that wants it, and nowhere else', async () => {
  const world = new World(live)
  const { asked } = service(world, 'known')
  await world.submitted(stagingParameter)
  expect(asked).toEqual([])
  expect(await world.submitted(prodParameter)).toMatchObject({ ask: { task: 'known' } })
  expect(asked).toEqual(['INC-1042'])
})

test('the sample takes tier 3 for a live incident alone', async () => {
  const stopped: What = {
    action: 'lambda:PutFunctionConcurrency',
    arguments: { FunctionName: 'checkout-worker', ReservedConcurrentExecutions: 0 },
    resource: { type: 'lambda:function', id: 'arn:aws:lambda:us-east-1:000000000000:function:checkout-worker' },
  }
  const world = new World()
  const parentTask = { id: 'REL-314' }
  const forRelease = async (what: What) => {
    const { id: evaluation } = await world.evaluate(what, undefined, { parentTask })
    return world.submit(what, { parentTask, evaluation, justification: why })
  }
  expect(await forRelease(stopped)).toMatchObject({ ok: false, code: 'unknown_parent_task' })
  expect(await forRelease(prodParameter)).toMatchObject({ ok: true })
  expect(await world.submitted(stopped)).toMatchObject({ tier: 3, ask: { task: 'known' } })
})

test('a parent task is not asked about where neither tier nor policy goes by it', async () => {
  const world = new World(bundle)
  const { asked } = service(world, 'unknown')
  const { ask } = await world.submitted(prodParameter)
  expect([asked, 'task' in ask]).toEqual([[], false])
})

test('a parent task that the service does not know is refused', async () => {
  const world = new World(live)
  service(world, 'unknown')
  expect(await world.submit(prodParameter)).toMatchObject({ ok: false, code: 'unknown_parent_task' })
})

test('a service that is down has nothing asked and nothing lost, and the same key may be sent again', async () => {
  const world = new World(live)
  const kept = service(world, 'unreachable')
  const { id: evaluation } = await world.evaluate(prodParameter)
  const same = { evaluation, idempotencyKey: 'one', body: { one: 1 } }
  expect(await world.submit(prodParameter, same)).toMatchObject({ ok: false, code: 'incidents_unreachable' })
  expect((await world.requests.list({}, { limit: 10 })).items).toEqual([])
  kept.answer = 'known'
  const proof = { ...same, once: world.proof() }
  expect(await world.submit(prodParameter, proof)).toMatchObject({ ok: true, value: { created: true } })
})

test('a tier that wants a service which the deployment lacks is refused: it fails closed', async () => {
  const { incidents: _, ...deployment } = live.deployment
  const world = new World({ ...live, deployment })
  expect(await world.submit(prodParameter)).toMatchObject({ code: 'incidents_unreachable' })
})

test.each([
  ['known', { tier: 2 }],
  ['unknown', { tier: 3 }],
  ['unreachable', { tier: 3 }],
] as const)('a parent task that a policy goes by, %s: tier as policy says', async (answer, expected) => {
  const raised = withPolicy('live-task', 'context.task != "known" && context.approval.tier < 3')
  const world = new World({ ...raised, ladder: withTier(3, { parentTask: undefined }).ladder })
  service(world, answer)
  const justification = 'the queue grows without an end'
  expect(await world.submitted(prodParameter, { justification })).toMatchObject(expected)
})

test('a closed parent task ends what waits and lives for it, and nothing that did not go by it', async () => {
  const world = new World(live)
  service(world, 'known')
  const [waiting, granted] = [await world.submitted(prodParameter), await world.submitted(stagingParameter)]
  const other = await world.submitted(prodParameter, { body: { other: 1 }, jkt: 'b'.repeat(43) as never })
  for (const who of ['ana', 'eve']) await world.decide(await world.state(other.ask.id), who)
  const ended = await closeIncident({ id: 'msg_1', incident: 'INC-1042' }, world.ports)
  expect([...ended].sort()).toEqual([waiting.ask.id, other.ask.id].sort())
  expect(await world.state(waiting.ask.id)).toMatchObject({ status: 'denied', deniedBy: 'system' })
  expect(await world.state(other.ask.id)).toMatchObject({ status: 'revoked', reason: 'incident INC-1042 was closed' })
  expect(await world.state(granted.ask.id)).toMatchObject({ status: 'approved' })
  expect(await closeIncident({ id: 'msg_1', incident: 'INC-1042' }, world.ports)).toEqual(ended)
})

test.each([
  ['context.task == "known"', true],
  ['context["task"] == "known"', true],
  ['context.arguments has task', false],
  ['resource.task == "x"', false],
])('a policy that says `%s` reads the member: %s', (when, reads) => {
  expect(readsMember(withPolicy('p', when), prodParameter.action, 'task')).toBe(reads)
})
