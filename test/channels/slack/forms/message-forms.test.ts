import { askAgent, askColleague, denyWords, revise } from '../../../../functions/channels/slack/cards/card-decide.ts'
import type { Modal } from '../../../../functions/channels/slack/forms/modal-blocks.ts'
import { suggestField } from '../../../../functions/domain/cards/suggestible.ts'
import type { ApprovalRequest } from '../../../../functions/domain/record/request.ts'
import { refusals } from '../../../../functions/domain/refusals.ts'
import { checkView } from '../../../../local/desk/blocks.ts'
import { repairPlan } from '../../../support/plan.ts'
import { layered, withLayers } from '../../../support/policies/list-argument.ts'
import { RegistryWorld, reporter } from '../../../support/registry-world.ts'
import { prodParameter, sampleBundle, World } from '../../../support/world.ts'
import { resizeWorker, stopCheckout } from '../cards/states.ts'
import { type CardButton, Door } from '../edge/door.ts'

/** The forms that write to the agent or ask a colleague. Ana, Ben and Chloe are owners of checkout; Eve is of sre. */

const bundle = sampleBundle()
let door: Door
let world: World
let request: ApprovalRequest
beforeEach(async () => {
  world = new World(bundle)
  door = new Door(world)
  request = await world.submitted(prodParameter)
})
const now = ({ ask } = request) => world.state(ask.id)
const story = ({ ask } = request) => world.story(ask.id)
const told = () => door.told.map(({ text }) => text)
const fieldsOf = ({ blocks }: Modal) => blocks.flatMap((block) => (block.type === 'input' ? [block.block_id] : []))
const truthIn = (answer: unknown): string => {
  const { response_action, view } = answer as { response_action: string; view: Modal }
  expect(response_action).toBe('update')
  expect(view.submit).toBeUndefined()
  return JSON.stringify(view.blocks)
}
const memory = suggestField({}, 'MemorySize')
const value = suggestField({}, 'Value')

const buttons: [button: CardButton, filled: { [field: string]: string }, event: string][] = [
  [denyWords, { to_agent: 'ask on Monday', comment: 'a freeze begins' }, 'Decided'],
  [revise, { to_agent: '2400 is plenty' }, 'Decided'],
  [askAgent, { question: 'is 2400 enough?' }, 'Asked'],
  [askColleague, { colleague: 'person:ana' }, 'ColleagueAsked'],
]

describe.each(buttons)('the form of `%s`', (button, filled, event) => {
  test('the form is one that Slack takes, and nothing is recorded before it is sent', async () => {
    const form = await door.open(request, 'U0BEN', button)
    expect(checkView(form, 'modal')).toMatchObject({ ok: true })
    expect(await story()).toEqual(['Submitted', 'StageOpened'])
    expect(await door.submit(form, 'U0BEN', filled)).toBeUndefined()
    expect(await story()).toContain(event)
  })

  test('the form is refused to a person who may not decide, and nothing is recorded', async () => {
    await door.click(request, 'U0GUS', button)
    expect(door.opened).toEqual([])
    expect(told()).toEqual([expect.stringMatching(refusals.not_eligible.so)])
    expect(await story()).toEqual(['Submitted', 'StageOpened'])
  })

  test('the form of another person’s screen counts as the sender’s own, and is refused if they may not decide', async () => {
    const form = await door.open(request, 'U0BEN', button)
    expect(truthIn(await door.submit(form, 'U0GUS', filled))).toMatch(refusals.not_eligible.so)
    expect(await story()).not.toContain(event)
  })

  test('the form that is sent twice counts once', async () => {
    const form = await door.open(request, 'U0BEN', button)
    const sent = door.formFrom(form, 'U0BEN', filled)
    await Promise.all([door.send(sent), door.send(sent)])
    expect((await story()).filter((each) => each === event)).toHaveLength(1)
  })

  test('the form of another digest than the record’s is refused', async () => {
    const form = await door.open(request, 'U0BEN', button)
    const private_metadata = JSON.stringify({ r: request.ask.id, n: 1, d: 'sha-256:AAAAAAAA' })
    expect(truthIn(await door.submit({ ...form, private_metadata }, 'U0BEN', filled))).toMatch(refusals.stale_digest.so)
    expect(await story()).not.toContain(event)
  })

  test('the form about a request that was narrowed meanwhile is refused, and keeps the words', async () => {
    request = await world.submitted(resizeWorker)
    const form = await door.open(request, 'U0BEN', button)
    await world.decide(request, 'ana', 'approve', { narrow: { minutes: 5 } })
    const said = truthIn(await door.submit(form, 'U0BEN', filled))
    expect(said).toMatch(new RegExp(`${refusals.stale_round.so}|${refusals.stage_over.so}`))
    for (const text of [filled['to_agent'], filled['question']]) if (text !== undefined) expect(said).toContain(text)
    expect((await story()).filter((each) => each === event)).toHaveLength(event === 'Decided' ? 1 : 0)
  })
})

test('words with a denial are for the agent, and its comment for people', async () => {
  const form = await door.open(request, 'U0EVE', denyWords)
  await door.submit(form, 'U0EVE', { to_agent: 'ask on Monday', comment: 'a freeze begins' })
  const { stages, ...after } = await now()
  expect(after).toMatchObject({ status: 'denied', reason: 'a freeze begins' })
  expect(stages.flatMap(({ decisions }) => decisions)).toMatchObject([
    { verdict: 'deny', toAgent: 'ask on Monday', comment: 'a freeze begins' },
  ])
})

test('words may go with an approval', async () => {
  const form = await door.open(request, 'U0BEN', 'approve_comment')
  expect(fieldsOf(form)).toEqual(['comment', 'to_agent'])
  await door.submit(form, 'U0BEN', { to_agent: 'watch the queue' })
  expect((await now()).stages[0]?.decisions).toMatchObject([{ verdict: 'approve', toAgent: 'watch the queue' }])
})

test('a change of the registry is approved with a comment, and with no words to an agent', async () => {
  const registry = new RegistryWorld(bundle)
  door = new Door(registry)
  const change = await registry.asked('eve', 'RegisterAgent', reporter)
  const form = await door.open(change, 'U0GUS', 'approve_comment')
  expect(fieldsOf(form)).toEqual(['comment'])
  await door.submit(form, 'U0GUS', { comment: 'the team needs it' })
  expect(await registry.state(change.ask.id)).toMatchObject({ status: 'approved' })
})

test.each([
  ['of 501 characters', 'x'.repeat(501)],
  ['with a direction mark', 'half \u202e of it'],
])('words to the agent %s are an error beside their field, and decide nothing', async (_what, to_agent) => {
  const form = await door.open(request, 'U0BEN', 'approve_comment')
  expect(await door.submit(form, 'U0BEN', { to_agent, comment: 'checked' })).toEqual({
    response_action: 'errors',
    errors: { to_agent: expect.stringMatching(refusals.invalid_to_agent.so) },
  })
  expect(await now()).toMatchObject({ status: 'pending' })
  expect((await now()).stages[0]?.decisions).toEqual([])
})

describe('a request that is sent back', () => {
  beforeEach(async () => {
    request = await world.submitted(resizeWorker)
  })

  test('its form has the arguments that do not name the resource, with their present values', async () => {
    const form = await door.open(request, 'U0BEN', revise)
    expect(fieldsOf(form)).toContain(memory)
    expect(fieldsOf(form)).not.toContain(suggestField({}, 'FunctionName'))
    const field = form.blocks.find(({ block_id }) => block_id === memory)
    expect(field).toMatchObject({ element: { type: 'number_input', initial_value: '2048' } })
  })

  test('a suggestion is the whole arguments with the changed value', async () => {
    const form = await door.open(request, 'U0BEN', revise)
    await door.submit(form, 'U0BEN', { to_agent: 'half is plenty', [memory]: '1024' })
    const { stages, ...after } = await now()
    expect(after).toMatchObject({ status: 'denied', outcome: 'revise' })
    expect(stages[0]?.decisions).toMatchObject([
      { verdict: 'revise', toAgent: 'half is plenty', suggest: { ...resizeWorker.arguments, MemorySize: 1024 } },
    ])
  })

  test('an untouched form suggests nothing', async () => {
    const form = await door.open(request, 'U0BEN', revise)
    await door.submit(form, 'U0BEN', { to_agent: 'say why' })
    expect((await now()).stages[0]?.decisions[0]).not.toHaveProperty('suggest')
  })

  test('a suggestion outside of the schema is an error beside its field, and nothing is recorded', async () => {
    const form = await door.open(request, 'U0BEN', revise)
    expect(await door.submit(form, 'U0BEN', { to_agent: 'more', [memory]: '99999999' })).toMatchObject({
      response_action: 'errors',
      errors: { [memory]: expect.stringMatching(/^It should be: 128 to/) },
    })
    expect(await now()).toMatchObject({ status: 'pending' })
  })

  test('a request without words is not sent back', async () => {
    const form = await door.open(request, 'U0BEN', revise)
    expect(await door.submit(form, 'U0BEN', {})).toMatchObject({
      response_action: 'errors',
      errors: { to_agent: expect.stringMatching(refusals.to_agent_required.so) },
    })
  })

  test('a request at a stage of a stronger login is sent back by a click, as it is denied', async () => {
    request = await world.submitted(stopCheckout, { justification: 'checkout is down' })
    await world.decide(request, 'ana')
    request = await now()
    const form = await door.open(request, 'U0GUS', revise)
    await door.submit(form, 'U0GUS', { to_agent: 'not at night' })
    expect(await now()).toMatchObject({ status: 'denied', outcome: 'revise' })
  })

  test('a plan has fields for each step, and the suggestion those of the changed step', async () => {
    request = await world.submitted(repairPlan)
    const form = await door.open(request, 'U0ANA', revise)
    expect(checkView(form, 'modal')).toMatchObject({ ok: true })
    const field = suggestField({ step: 2 }, 'Timeout')
    await door.submit(form, 'U0ANA', { to_agent: 'a minute', [field]: '60' })
    expect((await now()).stages[0]?.decisions[0]?.suggest).toMatchObject({
      steps: [{ step: 2, arguments: { Timeout: 60 } }],
    })
  })

  test('a list is suggested one item a line', async () => {
    world = new World(withLayers(bundle))
    door = new Door(world)
    request = await world.submitted(layered)
    const form = await door.open(request, 'U0BEN', revise)
    expect(checkView(form, 'modal')).toMatchObject({ ok: true })
    await door.submit(form, 'U0BEN', { to_agent: 'two', [suggestField({}, 'Layers')]: 'layer-1\nlayer-3' })
    expect((await now()).stages[0]?.decisions[0]?.suggest).toMatchObject({ Layers: ['layer-1', 'layer-3'] })
  })

  test('an argument that is too long for a field keeps its value, and the form says so', async () => {
    const long = { ...prodParameter, arguments: { ...prodParameter.arguments, Value: 'x'.repeat(3_001) } }
    request = await world.submitted(long)
    const form = await door.open(request, 'U0BEN', revise)
    expect(fieldsOf(form)).not.toContain(value)
    expect(JSON.stringify(form.blocks)).toContain('too long for this form')
  })
})

describe('a question', () => {
  test('a question is on record with its text, and decides nothing', async () => {
    const form = await door.open(request, 'U0BEN', askAgent)
    await door.submit(form, 'U0BEN', { question: ' is 2400 enough? ' })
    expect(await now()).toMatchObject({
      status: 'pending',
      questions: [{ by: 'person:ben', text: 'is 2400 enough?', stage: 'owner' }],
    })
  })

  test('a question at a stage of a stronger login needs none', async () => {
    request = await world.submitted(stopCheckout, { justification: 'checkout is down' })
    await world.decide(request, 'ana')
    request = await now()
    const form = await door.open(request, 'U0GUS', askAgent)
    expect(await door.submit(form, 'U0GUS', { question: 'why now?' })).toBeUndefined()
    expect((await now()).questions).toMatchObject([{ by: 'person:gus' }])
  })

  test.each([
    ['without text', '  '],
    ['with a direction mark', 'is \u202eevil\u202c enough?'],
  ])('a question %s is an error beside its field', async (_what, question) => {
    const form = await door.open(request, 'U0BEN', askAgent)
    expect(await door.submit(form, 'U0BEN', { question })).toMatchObject({
      response_action: 'errors',
      errors: { question: expect.any(String) },
    })
    expect(await story()).not.toContain('Asked')
  })

  test('the sixth question is refused, with what was written', async () => {
    for (const question of ['1', '2', '3', '4', '5'])
      await door.submit(await door.open(request, 'U0BEN', askAgent), 'U0BEN', { question })
    const said = truthIn(await door.submit(await door.open(request, 'U0BEN', askAgent), 'U0BEN', { question: 'six?' }))
    expect(said).toMatch(refusals.too_many_questions.so)
    expect(said).toContain('six?')
  })
})

describe('a colleague', () => {
  const offered = ({ blocks }: Modal) => {
    const { element } = blocks.find(({ block_id }) => block_id === 'colleague') as unknown as {
      element: { options: { value: string }[] }
    }
    return element.options.map((each) => each.value)
  }

  test('the form offers the people whose approval would count now, without the asker and those who were asked', async () => {
    const form = await door.open(request, 'U0BEN', askColleague)
    const people = offered(form)
    expect(people).toContain('person:ana')
    for (const person of ['person:ben', 'person:dan', 'person:eve']) expect(people).not.toContain(person)
    await door.submit(form, 'U0BEN', { colleague: 'person:ana' })
    expect(await now()).toMatchObject({ colleagues: [{ stage: 'owner', by: 'person:ben', to: 'person:ana' }] })
    expect(offered(await door.open(request, 'U0BEN', askColleague))).not.toContain('person:ana')
  })

  test('the form says so if no other person may decide', async () => {
    const [, ...others] = bundle.directory.people.filter(({ id }) => id !== 'person:ben').map(({ id }) => id)
    expect(others.length).toBeGreaterThan(0)
    const people = await door.open(request, 'U0BEN', askColleague)
    for (const colleague of offered(people))
      await door.submit(await door.open(request, 'U0BEN', askColleague), 'U0BEN', { colleague })
    const said = await door.open(request, 'U0BEN', askColleague)
    expect(said.submit).toBeUndefined()
    expect(JSON.stringify(said.blocks)).toContain('No other person may decide this stage now')
  })
})
