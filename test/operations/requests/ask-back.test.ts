import { taskAnswer } from '../../../functions/adapters/http/authzen.ts'
import { personView } from '../../../functions/adapters/http/views.ts'
import { eventsOfRequest } from '../../../functions/domain/events/decision-events.ts'
import type { ApprovalRequest } from '../../../functions/domain/record/request.ts'
import type { PersonId, RequestId, Thumbprint } from '../../../functions/domain/values.ts'
import { eraseTexts } from '../../../functions/operations/ledger/erase-texts.ts'
import { erasedText, joinWritten } from '../../../functions/operations/ledger/texts.ts'
import { answerQuestion, askColleague, askQuestion } from '../../../functions/operations/requests/ask-back.ts'
import { readTask } from '../../../functions/operations/requests/read-requests.ts'
import { askedOnBehalf } from '../../support/asked-on-behalf.ts'
import { withGroups } from '../../support/bundles.ts'
import { unwrap } from '../../support/unwrap.ts'
import { agent, agentKey, issuer, parameter, person, prodParameter, sampleBundle, World } from '../../support/world.ts'

const bundle = sampleBundle()
const words = 'Which customers see the checkout now?'
const reply = 'Only those of the new checkout'

/** The sample, whose owners are ana and chloe: ben may only stand in. */
const ofTwoOwners = withGroups({
  'payments-owners': [person('ana'), person('chloe')],
  rota: [person('ana'), person('ben'), person('chloe'), person('dan')],
})

let world: World
let request: ApprovalRequest
beforeEach(async () => {
  world = new World(bundle)
  request = await world.submitted(prodParameter)
})

const ask = (who: string, changes: Partial<Parameters<typeof askQuestion>[0]> = {}) =>
  askQuestion({ id: request.ask.id, person: person(who), text: words, ...changes }, world.ports)
const answer = async (changes: Partial<Parameters<typeof answerQuestion>[0]> = {}) =>
  answerQuestion(
    {
      ...{ id: request.ask.id, agent: agent('remediator'), jkt: agentKey, text: reply, once: world.proof() },
      question: (await world.stored(request.ask.id)).questions?.[0]?.id ?? 'none',
      ...changes,
    },
    world.ports,
  )
const call = (who: string, to: string, changes = {}) =>
  askColleague({ id: request.ask.id, person: person(who), to: person(to), ...changes }, world.ports)
const shown = async () => personView(await world.state(request.ask.id), world.policy.bundle)

test('a person asks, the agent answers, the person reads it, and another decides', async () => {
  unwrap(await ask('ana'))
  unwrap(await answer())
  expect(await shown()).toMatchObject({
    questions: [{ by: 'person:ana', stage: 'owner', text: words, answer: { text: reply, decisions_before: 0 } }],
  })
  unwrap(await world.decide(request, 'ben'))
  unwrap(await world.decide(request, 'eve'))
  expect(await world.story(request.ask.id)).toEqual([
    ...['Submitted', 'StageOpened', 'Asked', 'Answered', 'Decided', 'StageOpened', 'Decided', 'Approved'],
  ])
  await world.expectReplay(request.ask.id)
})

test("the agent's task has the text, and names no person", async () => {
  unwrap(await ask('ana'))
  const task = async () => {
    const state = await joinWritten(await world.stored(request.ask.id), world.ledger.texts)
    const { task } = taskAnswer(state, issuer)
    return task.display[`${issuer}/ns/hotwork`] as { questions: object[] }
  }
  const [question] = (await world.stored(request.ask.id)).questions ?? []
  expect((await task()).questions).toEqual([{ id: question?.id, text: words, answered: false }])
  expect(JSON.stringify(await task())).not.toContain('person:')
  unwrap(await answer())
  expect((await task()).questions).toEqual([{ id: question?.id, text: words, answered: true }])
})

test('a held read of the task comes back with the question', async () => {
  const { requests, policy, clock } = world
  const pause = async () => {
    clock.advance(1)
    unwrap(await ask('ana'))
  }
  const before = clock.now()
  const read = await readTask(
    { id: request.ask.id, agent: agent('remediator'), wait: 25 },
    { requests, policy, clock, pause },
  )
  expect(read?.state.questions).toHaveLength(1)
  expect(clock.now() - before).toBe(1)
})

test('texts are in no entry, no state, no log and no event for programs outside', async () => {
  const before = await world.stored(request.ask.id)
  unwrap(await ask('ana'))
  unwrap(await answer())
  const kept = JSON.stringify([
    await world.stored(request.ask.id),
    await world.ledger.entries(request.ask.id),
    world.log,
  ])
  for (const text of [words, reply]) expect(kept).not.toContain(text)
  expect(eventsOfRequest(before, await world.stored(request.ask.id))).toEqual([])
})

test("erasure counts a question as its author's and an answer as the owner's", async () => {
  unwrap(await ask('ana'))
  unwrap(await answer())
  await world.decide(request, 'ben', 'deny')
  const erase = (of: PersonId) => eraseTexts({ of, by: person('gus') }, { ...world.ports, eraser: world.ledger.texts })
  expect(await erase(person('ana'))).toMatchObject({ value: { erased: 1 } })
  expect(await shown()).toMatchObject({ questions: [{ text: erasedText, answer: { text: reply } }] })
  expect(await erase(request.ask.owner)).toMatchObject({ value: { erased: 1 } })
  expect(await shown()).toMatchObject({ questions: [{ text: erasedText, answer: { text: erasedText } }] })
})

test.each([
  ['eve', 'stage_not_open'],
  ['gus', 'not_eligible'],
  ['dan', 'self_approval'],
] as const)('a question of %s, who may not decide now, is refused: %s', async (who, code) => {
  expect(await ask(who)).toMatchObject({ ok: false, code })
  expect(await call(who, 'ben')).toMatchObject({ ok: false, code })
  expect((await world.stored(request.ask.id)).questions).toBeUndefined()
})

test('a question on no request is on the record of its author', async () => {
  const id = `req_${'0'.repeat(26)}` as RequestId
  expect(await ask('ana', { id })).toMatchObject({ code: 'unknown_request' })
  expect((await world.ledger.entries(person('ana'))).at(-1)).toMatchObject({ facts: { attempted: 'ask_question' } })
})

test('a stand-in asks by the right of the absent person, and the question names both', async () => {
  world = new World(ofTwoOwners)
  request = await world.submitted(prodParameter)
  expect(await ask('ben')).toMatchObject({ code: 'not_eligible' })
  unwrap(await world.giveStandIn('chloe', 'ben'))
  unwrap(await ask('ben'))
  expect(await shown()).toMatchObject({ questions: [{ by: 'person:ben', for: 'person:chloe' }] })
})

test('a halted person asks nothing', async () => {
  world.putHalt({ kind: 'person', value: person('ana') })
  expect(await ask('ana')).toMatchObject({ ok: false, code: 'not_eligible' })
})

test('a click that comes twice asks once', async () => {
  const once = world.proof()
  unwrap(await ask('ana', { once }))
  expect(await ask('ana', { once })).toMatchObject({ code: 'replayed' })
  expect((await world.stored(request.ask.id)).questions).toHaveLength(1)
})

test('a repeated call under one key asks once, and another question under it is refused', async () => {
  const idempotencyKey = 'one'
  const first = unwrap(await ask('ana', { idempotencyKey }))
  const again = unwrap(await ask('ana', { idempotencyKey }))
  expect(again.state.questions).toEqual(first.state.questions)
  expect(await ask('ana', { idempotencyKey, text: 'why?' })).toMatchObject({ code: 'duplicate_request' })
})

test('a refused question leaves its key unused', async () => {
  const idempotencyKey = 'one'
  world.putHalt({ kind: 'person', value: person('ana') })
  await ask('ana', { idempotencyKey })
  expect((await world.requests.recall(`IDEM#${person('ana')}`)) ?? '').toBe('')
  expect(await ask('ben', { idempotencyKey })).toMatchObject({ ok: true })
})

test('a different agent, a different key and a used proof answer nothing, and nothing is lost', async () => {
  unwrap(await ask('ana'))
  expect(await answer({ agent: agent('builder') })).toMatchObject({ code: 'unknown_request' })
  expect(await answer({ jkt: 'b'.repeat(43) as Thumbprint })).toMatchObject({ code: 'key_mismatch' })
  expect(await answer({ question: `qst_${'0'.repeat(26)}` })).toMatchObject({ code: 'unknown_question' })
  const once = world.proof()
  unwrap(await answer({ once }))
  expect(await answer({ once })).toMatchObject({ ok: false })
  expect(await shown()).toMatchObject({ questions: [{ answer: { text: reply } }] })
})

test("an answer to another request's question is refused", async () => {
  unwrap(await ask('ana'))
  const other = await world.submitted({ ...prodParameter, arguments: { ...prodParameter.arguments, Value: '1' } })
  expect(await answer({ id: other.ask.id })).toMatchObject({ code: 'unknown_question' })
})

test('a second answer is refused, also of the same words; a repeated call under one key is the first answer', async () => {
  unwrap(await ask('ana'))
  const idempotencyKey = 'one'
  unwrap(await answer({ idempotencyKey }))
  expect(await answer()).toMatchObject({ code: 'already_answered' })
  expect(unwrap(await answer({ idempotencyKey })).state.questions?.[0]?.answer).toBeDefined()
  expect(await answer({ idempotencyKey, text: 'others' })).toMatchObject({ code: 'duplicate_request' })
  expect(await answer({ idempotencyKey, jkt: 'b'.repeat(43) as Thumbprint })).toMatchObject({ code: 'key_mismatch' })
  expect((await world.story(request.ask.id)).filter((type) => type === 'Answered')).toHaveLength(1)
})

test('a halt of the agent ends the request in place of an answer', async () => {
  unwrap(await ask('ana'))
  world.putHalt({ kind: 'agent', value: agent('remediator') })
  expect(await answer()).toMatchObject({ code: 'halted' })
  expect(await world.stored(request.ask.id)).toMatchObject({ status: 'denied', deniedBy: 'system' })
})

test('a request that a person asked for on behalf is bound to the key of the first answer', async () => {
  request = await world.stored(await askedOnBehalf(world, prodParameter))
  expect(request.ask.jkt).toBeUndefined()
  unwrap(await ask('ana'))
  unwrap(await answer())
  expect(await world.stored(request.ask.id)).toMatchObject({ boundKey: agentKey })
})

test('a colleague is asked once, on record, and it changes no right', async () => {
  unwrap(await call('ana', 'ben'))
  expect(await shown()).toMatchObject({ colleagues: [{ stage: 'owner', by: 'person:ana', to: 'person:ben' }] })
  expect(await call('chloe', 'ben')).toMatchObject({ code: 'already_asked' })
  expect(await call('ana', 'ana')).toMatchObject({ code: 'asked_themselves' })
  for (const to of ['eve', 'dan', 'gus', 'unknown'])
    expect(await call('ana', to)).toMatchObject({ code: 'colleague_not_eligible' })
  expect(await world.decide(request, 'gus')).toMatchObject({ code: 'not_eligible' })
})

test('a colleague may be the stand-in of a person who may decide', async () => {
  world = new World(ofTwoOwners)
  request = await world.submitted(prodParameter)
  expect(await call('ana', 'ben')).toMatchObject({ code: 'colleague_not_eligible' })
  unwrap(await world.giveStandIn('chloe', 'ben'))
  expect(await call('ana', 'ben')).toMatchObject({ ok: true })
})

test('an inactive colleague is not asked', async () => {
  const people = bundle.directory.people.map((each) =>
    each.id === person('ben') ? { ...each, status: 'inactive' as const } : each,
  )
  world = new World({ ...bundle, directory: { ...bundle.directory, people } })
  request = await world.submitted(prodParameter)
  expect(await call('ana', 'ben')).toMatchObject({ code: 'colleague_not_eligible' })
})

test('a click that asks a colleague twice counts once', async () => {
  const once = world.proof()
  unwrap(await call('ana', 'ben', { once }))
  expect(await call('ana', 'ben', { once })).toMatchObject({ ok: false })
  expect((await world.stored(request.ask.id)).colleagues).toHaveLength(1)
})

const next = () => world.submitted(parameter('/prod/checkout/payment-timeout-ms', '9999'))

test('a person whose question stood on a request that expired does not decide the next one', async () => {
  unwrap(await ask('ana'))
  world.clock.advance(86_400)
  const again = await next()
  expect(again.ask).toMatchObject({ suggestedBy: ['person:ana'], barred: ['person:ana'] })
  expect(await world.decide(again, 'ana')).toMatchObject({ code: 'self_approval' })
  expect(await world.decide(again, 'ben')).toMatchObject({ ok: true })
})

test('the question is shown on each ask of the agent within the hour', async () => {
  unwrap(await ask('ana'))
  await world.decide(request, 'ben', 'deny')
  const again = await next()
  expect(again.ask.told).toMatchObject([{ request: request.ask.id, by: 'person:ana', text: words }])
})

test('a person whose question stood on a request that was approved decides the next one', async () => {
  unwrap(await ask('ana'))
  await world.decide(request, 'ben')
  await world.decide(request, 'eve')
  const again = await next()
  expect(again.ask.barred).toBeUndefined()
  expect(await world.decide(again, 'ana')).toMatchObject({ ok: true })
})
