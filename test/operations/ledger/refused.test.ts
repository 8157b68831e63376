import { argumentsDigest } from '../../../functions/domain/digest.ts'
import { facetsOf } from '../../../functions/domain/ledger/facets.ts'
import { type Entry, verifyActor } from '../../../functions/domain/ledger/ledger.ts'
import { refusedKinds, refusedWindow } from '../../../functions/domain/ledger/refused.ts'
import { revokeToken } from '../../../functions/operations/credentials/tokens.ts'
import { completeRequest } from '../../../functions/operations/requests/end-request.ts'
import { evaluateAccess } from '../../../functions/operations/requests/evaluate-access.ts'
import { agent, prodParameter, sampleBundle, type What, World } from '../../support/world.ts'
import { Night } from '../break-glass/night.ts'
import { claimedFlag, flagService } from '../uses/claimed-flag.ts'

/** Refused attempts without a request's record are on the chain of the actor, one entry an hour for each kind. */

const sample = sampleBundle()
let world: World
beforeEach(() => {
  world = new World(sample)
})
const remediator = 'agent:remediator'
const entries = (chain = remediator) => world.ledger.entries(chain)
const unknownAction = (n: number): What => ({ ...prodParameter, action: `no:Such${n}` })
const forbidden: What = {
  ...prodParameter,
  arguments: { Name: '/prod/hotwork/x', Value: '1', Overwrite: true },
  resource: { type: 'ssm:parameter', id: 'arn:aws:ssm:us-east-1:000000000000:parameter/prod/hotwork/x' },
}

test("a policy's no at an evaluation is on the agent's own record, with all that was asked for", async () => {
  expect(await world.evaluate(forbidden)).toMatchObject({ decision: false, reason: 'policy_denied' })
  const [entry, ...more] = await entries()
  expect(more).toEqual([])
  expect(entry).toMatchObject({
    id: `${remediator}/1`,
    type: 'Refused',
    actor: { type: 'agent', id: remediator },
    parent_task: { id: 'INC-1042' },
    resource: forbidden.resource,
    digest: argumentsDigest(forbidden.action, forbidden.arguments, forbidden.resource),
    policies: [expect.any(String)],
    facts: { attempted: 'evaluate', code: 'policy_denied', action: forbidden.action, count: 1 },
  })
})

test('an evaluation that approval would help is no refusal', async () => {
  await world.evaluate(prodParameter)
  expect(await entries()).toEqual([])
})

test('the same no again is counted, and the entry of the next hour says how often', async () => {
  for (let n = 0; n < 60; n++) await world.evaluate(forbidden)
  expect(await entries()).toHaveLength(1)
  world.clock.advance(refusedWindow)
  await world.evaluate(forbidden)
  const written = await entries()
  expect(written.map(({ facts }) => facts['count'])).toEqual([1, 60])
  expect(verifyActor(agent('remediator'), written)).toEqual({ state: { refused: 2 } })
})

test('refusals at once are counted to the last one', async () => {
  await Promise.all(Array.from({ length: 20 }, () => world.evaluate(forbidden)))
  expect(await entries()).toHaveLength(1)
  world.clock.advance(refusedWindow)
  await world.evaluate(forbidden)
  expect((await entries()).at(-1)?.facts['count']).toBe(20)
})

test('another action, resource or reason is an entry of its own', async () => {
  await world.evaluate(forbidden)
  await world.evaluate(unknownAction(1))
  await world.evaluate({ ...unknownAction(1), resource: forbidden.resource })
  await world.evaluate({ ...forbidden, arguments: {} })
  expect((await entries()).map(({ facts }) => facts['code'])).toEqual([
    'policy_denied',
    'unknown_action',
    'unknown_action',
    'invalid_arguments',
  ])
})

test('past so many kinds an hour all others share one entry, and are counted there', async () => {
  const { burst } = refusedKinds
  for (let n = 0; n < burst + 200; n++) await world.evaluate(unknownAction(n))
  const written = await entries()
  expect(written).toHaveLength(burst + 1)
  expect(written.at(-1)?.facts).toMatchObject({ others: true, count: 1 })
  world.clock.advance(refusedWindow)
  for (let n = 0; n < burst + 1; n++) await world.evaluate(unknownAction(1000 + n))
  expect((await entries()).at(-1)?.facts).toMatchObject({ others: true, count: 200 })
})

const tool = { type: 'tool', id: flagService } as Parameters<typeof evaluateAccess>[0]['caller']
const askAbout = (id: string, action = 'no:Such') =>
  evaluateAccess(
    {
      caller: tool,
      subject: { type: 'agent', id },
      action: { name: action, properties: {} },
      resource: prodParameter.resource,
    },
    world.ports,
  )

test("a tool's refusal is on the tool's own chain, and names the agent that it asked about", async () => {
  await askAbout(remediator)
  await askAbout('agent:builder')
  await askAbout('no agent')
  expect([await entries(), await entries('agent:builder')]).toEqual([[], []])
  const written = await entries(tool.id)
  expect(written).toMatchObject([
    { actor: tool, parent_task: null, facts: { action: 'no:Such', agent: remediator, count: 1 } },
    { actor: tool, facts: { agent: 'agent:builder', count: 1 } },
    { actor: tool, facts: { action: 'no:Such', count: 1 } },
  ])
  expect(written[2]?.facts).not.toHaveProperty('agent')
  expect(facetsOf(written[0] as Entry).who).toEqual([tool.id, remediator])
  expect(verifyActor(flagService, written)).toEqual({ state: { refused: 3 } })
})

test("an agent's own refusals keep their entries where a tool is refused sixty kinds about it", async () => {
  for (let n = 0; n <= refusedKinds.burst; n++) await askAbout(remediator, `no:Such${n}`)
  await world.evaluate(forbidden)
  const [entry, ...more] = await entries()
  expect(more).toEqual([])
  expect(entry).toMatchObject({ actor: { id: remediator }, facts: { code: 'policy_denied', action: forbidden.action } })
  expect(entry?.facts).not.toHaveProperty('others')
})

test('an agent that asks about another has it on its own record', async () => {
  await evaluateAccess(
    {
      caller: { type: 'agent', id: agent('builder') },
      subject: { type: 'agent', id: remediator },
      action: { name: prodParameter.action, properties: prodParameter.arguments },
      resource: prodParameter.resource,
    },
    world.ports,
  )
  expect(await entries()).toEqual([])
  expect(await entries('agent:builder')).toMatchObject([{ facts: { code: 'policy_denied', agent: remediator } }])
})

test('an attempt on the request of another names that request, its task and its resource', async () => {
  const { ask } = await world.approved()
  const attempt = () => completeRequest({ id: ask.id, agent: agent('builder'), outcome: 'succeeded' }, world.ports)
  for (let n = 0; n < 30; n++) expect(await attempt()).toMatchObject({ code: 'unknown_request' })
  expect(await entries('agent:builder')).toMatchObject([
    {
      parent_task: ask.parentTask,
      resource: ask.resource,
      digest: ask.digest,
      facts: { attempted: 'complete', code: 'unknown_request', request: ask.id, count: 1 },
    },
  ])
})

test('a refused submission names its task and resource', async () => {
  const once = world.proof()
  await world.submitted(prodParameter, { once })
  await world.submit({ ...prodParameter, arguments: { ...prodParameter.arguments, Value: '9' } }, { once })
  expect(await entries()).toMatchObject([
    {
      parent_task: { id: 'INC-1042' },
      resource: prodParameter.resource,
      facts: { attempted: 'submit', code: 'replayed', action: prodParameter.action },
    },
  ])
})

test('a refused submission says why nothing could be asked for, by the word of an evaluation, and by which policies', async () => {
  const evaluated = await world.evaluate(prodParameter)
  await world.submit(forbidden, { evaluation: (await world.evaluate(forbidden)).id })
  const ofEvaluation = (await entries()).find(({ facts }) => facts['attempted'] === 'submit')
  expect(ofEvaluation).toMatchObject({
    resource: forbidden.resource,
    facts: { code: 'not_requestable', reason: 'policy_denied', action: forbidden.action },
  })
  // Policy became stricter since the evaluation.
  const { bundle } = world.policy
  world.policy = { bundle, ask: () => ({ permit: false, policies: ['freeze'], error: false }) }
  const { arguments: properties, resource, action } = prodParameter
  await world.submit(prodParameter, { evaluation: evaluated.id })
  expect((await entries()).at(-1)).toMatchObject({
    parent_task: { id: 'INC-1042' },
    resource,
    digest: argumentsDigest(action, properties, resource),
    facts: { attempted: 'submit', code: 'not_requestable', reason: 'policy_denied', action },
  })
})

test('other reasons to refuse a submission are entries of their own', async () => {
  const evaluate = async (what: What) => (await world.evaluate(what)).id
  await world.submit(forbidden, { evaluation: await evaluate(forbidden) })
  await world.submit(forbidden, { evaluation: await evaluate({ ...forbidden, arguments: {} }) })
  const submitted = (await entries()).filter(({ facts }) => facts['attempted'] === 'submit')
  expect(submitted.map(({ facts }) => facts['reason'])).toEqual(['policy_denied', 'invalid_arguments'])
})

test('a tool’s differing act is on the tool’s record, with the request’s task, resource and digest', async () => {
  const { request, begin } = await claimedFlag(world)
  await begin('k', { environment: 'prod', flag: 'other', value: true })
  const { ask } = request
  expect(await entries(flagService)).toMatchObject([
    {
      ...{ parent_task: ask.parentTask, resource: ask.resource, digest: ask.digest },
      facts: { attempted: 'begin_use', action: 'flags:set', request: ask.id },
    },
  ])
})

test('a token of another, given back, is refused with what it was for', async () => {
  const { request, token } = await claimedFlag(world)
  await revokeToken(token, { type: 'agent', id: agent('remediator') }, world.ports)
  const { ask } = request
  expect(await entries()).toMatchObject([
    {
      ...{ parent_task: ask.parentTask, resource: ask.resource, digest: ask.digest },
      facts: { attempted: 'revoke_credential', action: 'flags:set', request: ask.id },
    },
  ])
})

test('a refused opening names what was to be opened, and for which incident', async () => {
  const night = new Night(sample)
  const { action, resource, arguments: args } = prodParameter
  const what = { action, arguments: args, resource }
  await night.open('ana', { what })
  await night.open('ana', { what: { profile: 'checkout-recovery' } })
  expect(await night.ledger.entries('person:ana')).toMatchObject([
    {
      ...{ parent_task: { id: 'INC-2041' }, resource, digest: argumentsDigest(action, args, resource) },
      facts: { attempted: 'open_break_glass', action },
    },
    { parent_task: { id: 'INC-2041' }, facts: { action: 'break-glass:checkout-recovery' } },
  ])
})
