import { modalNames } from '../../../../functions/channels/slack/forms/card-forms.ts'
import type { Modal } from '../../../../functions/channels/slack/forms/modal-blocks.ts'
import { digestOf } from '../../../../functions/domain/digest.ts'
import { type ApprovalRequest, openStage, type PendingRequest } from '../../../../functions/domain/record/request.ts'
import { refusals } from '../../../../functions/domain/refusals.ts'
import { checkView } from '../../../../local/desk/blocks.ts'
import { repairPlan } from '../../../support/plan.ts'
import { layered, withLayers } from '../../../support/policies/list-argument.ts'
import { prodParameter, sampleBundle, World, withTerms } from '../../../support/world.ts'
import { resizeWorker, stopCheckout, wantingReasons } from '../cards/states.ts'
import { formOf, signed, submissionOf } from '../edge/clicks.ts'
import { Door, page } from '../edge/door.ts'

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
const fieldsOf = ({ blocks }: Modal) => blocks.flatMap((block) => (block.type === 'input' ? [block.block_id] : []))
/** The text of a form that can do no more. */
const truthIn = (answer: unknown): string => {
  const { response_action, view } = answer as { response_action: string; view: Modal }
  expect(response_action).toBe('update')
  expect(view.submit).toBeUndefined()
  expect(checkView(view, 'modal')).toMatchObject({ ok: true })
  return JSON.stringify(view.blocks)
}

test('a denial is recorded at once, and a form then asks for the reason', async () => {
  await door.click(request, 'U0EVE', 'deny')
  expect(await now()).toMatchObject({ status: 'denied', deniedBy: 'person:eve' })
  expect(door.opened).toMatchObject([{ trigger: '1', modal: { callback_id: modalNames.why } }])
  expect(checkView(door.opened[0]?.modal, 'modal')).toMatchObject({ ok: true })
  expect(door.told).toEqual([])
})

test('a denial needs no reason: an empty or closed form changes nothing', async () => {
  const form = await door.open(request, 'U0EVE', 'deny')
  const before = await story()
  expect(await door.submit(form, 'U0EVE', { comment: '  ' })).toBeUndefined()
  expect(await story()).toEqual(before)
})

test('a denial takes its reason afterwards', async () => {
  const form = await door.open(request, 'U0EVE', 'deny')
  expect(await door.submit(form, 'U0EVE', { comment: 'the value is wrong' })).toBeUndefined()
  expect(await now()).toMatchObject({ status: 'denied', reason: 'the value is wrong' })
  expect((await story()).at(-1)).toBe('Commented')
})

test('a denial takes one reason, within the hour, from the same person', async () => {
  const form = await door.open(request, 'U0EVE', 'deny')
  expect(truthIn(await door.submit(form, 'U0BEN', { comment: 'mine' }))).toMatch(refusals.not_decided.so)
  await door.submit(form, 'U0EVE', { comment: 'first' })
  expect(truthIn(await door.submit(form, 'U0EVE', { comment: 'second' }))).toMatch(refusals.already_commented.so)
  expect(await now()).toMatchObject({ reason: 'first' })
})

test.each([
  ['is down', () => Promise.reject(new Error('ECONNREFUSED'))],
  ['answers nothing', () => new Promise<void>(() => {})],
])('a denial stands if Slack %s when its form should open', async (_how, opens) => {
  door.isTimed = true
  door.opens = opens
  expect(await door.click(request, 'U0EVE', 'deny')).toMatchObject({ statusCode: 200 })
  expect(await now()).toMatchObject({ status: 'denied', deniedBy: 'person:eve' })
  expect(door.told).toEqual([])
})

test('a refused denial opens no form, and is told', async () => {
  await door.click(request, 'U0GUS', 'deny')
  expect(door.opened).toEqual([])
  expect(door.told.map(({ text }) => text)).toEqual([expect.stringMatching(refusals.not_eligible.so)])
})

test('an approval with a comment decides when the form is submitted', async () => {
  const form = await door.open(request, 'U0BEN', 'approve_comment')
  expect(await story()).toEqual(['Submitted', 'StageOpened'])
  expect(await door.submit(form, 'U0BEN', { comment: ' I looked at INC-1042 ' })).toBeUndefined()
  expect((await now()).stages[0]?.decisions).toMatchObject([{ person: 'person:ben', comment: 'I looked at INC-1042' }])
})

test('an approval at a stage that needs a reason opens the form, without a recorded refusal', async () => {
  world = new World(wantingReasons(bundle))
  door = new Door(world)
  request = await world.submitted(prodParameter)
  const form = await door.open(request, 'U0BEN', 'approve')
  expect(form.callback_id).toBe(modalNames.approve)
  expect(await story()).toEqual(['Submitted', 'StageOpened'])
  expect(await door.submit(form, 'U0BEN', {})).toEqual({
    response_action: 'errors',
    errors: { comment: expect.stringMatching(refusals.comment_required.so) },
  })
  expect(await door.submit(form, 'U0BEN', { comment: 'checked' })).toBeUndefined()
  expect((await now()).stages[0]?.decisions).toMatchObject([{ comment: 'checked' }])
})

test('an approval at a tier that asks for the name of the resource has a form for it, which stays open until it fits', async () => {
  world = new World(withTerms(bundle, 'owner', { typeTheName: true }))
  door = new Door(world)
  request = await world.submitted(prodParameter)
  const form = await door.open(request, 'U0BEN', 'approve')
  expect(form).toMatchObject({
    callback_id: modalNames.approve,
    blocks: expect.arrayContaining([
      expect.objectContaining({
        block_id: 'typed',
        optional: false,
        hint: expect.objectContaining({ text: 'payment-timeout-ms' }),
      }),
    ]),
  })
  expect(checkView(form, 'modal')).toMatchObject({ ok: true })
  expect(await story()).toEqual(['Submitted', 'StageOpened'])
  for (const typed of ['', 'Payment-timeout-ms', 'payment-timeout-ms '])
    expect(await door.submit(form, 'U0BEN', { typed })).toEqual({
      response_action: 'errors',
      errors: { typed: expect.stringMatching(refusals.name_mismatch.so) },
    })
  expect(await door.submit(form, 'U0BEN', { typed: 'payment-timeout-ms' })).toBeUndefined()
  expect((await now()).stages[0]?.decisions).toMatchObject([{ person: 'person:ben', typed: true }])
})

test('a narrowing at a tier that asks for the name of the resource has the field too, and a denial has none', async () => {
  world = new World(withTerms(bundle, 'owner', { typeTheName: true }))
  door = new Door(world)
  request = await world.submitted(prodParameter)
  const form = await door.open(request, 'U0BEN', 'narrow')
  expect(form.blocks.map(({ block_id: field }) => field)).toContain('typed')
  await door.click(request, 'U0EVE', 'deny')
  expect(await now()).toMatchObject({ status: 'denied' })
})

test('an approval on an old card opens the form too, if its stage now needs a reason', async () => {
  world = new World(wantingReasons(bundle))
  door = new Door(world)
  request = await world.submitted(prodParameter)
  const { id, digest } = request.ask
  const value = JSON.stringify({ r: id, n: 1, d: digest.slice(0, 16) })
  const actions = [{ type: 'button', action_id: 'approve', block_id: 'decide', value }]
  await door.click(request, 'U0BEN', 'approve', { actions })
  expect(door.opened).toMatchObject([{ modal: { callback_id: modalNames.approve } }])
})

test.each([
  ['U0GUS', refusals.not_eligible.so],
  ['U0EVE', refusals.stage_not_open.so],
])('an approval by %s, who may not decide, opens no form and records nothing', async (user, sentence) => {
  await door.click(request, user, 'approve_comment')
  expect(door.opened).toEqual([])
  expect(door.told.map(({ text }) => text)).toEqual([expect.stringMatching(sentence)])
  expect(await story()).toEqual(['Submitted', 'StageOpened'])
})

test.each([
  ['is down', () => Promise.reject(new Error('ECONNREFUSED'))],
  ['answers nothing', () => new Promise<void>(() => {})],
])('an approval whose form fails because Slack %s is answered, and changes nothing', async (_how, opens) => {
  door.isTimed = true
  door.opens = opens
  await door.click(request, 'U0BEN', 'approve_comment')
  expect(door.told.map(({ text }) => text)).toEqual([
    expect.stringMatching(/^The form could not be opened in time, and nothing has changed/),
  ])
  expect(await story()).toEqual(['Submitted', 'StageOpened'])
})

describe('a narrowing of a plan', () => {
  beforeEach(async () => {
    request = await world.submitted(repairPlan)
  })

  test('a narrowing of a plan strikes out steps, lowers numbers, and counts as an approval', async () => {
    const form = await door.open(request, 'U0ANA', 'narrow')
    expect(checkView(form, 'modal')).toMatchObject({ ok: true })
    expect(fieldsOf(form)).toEqual(['strike:1', 'step:2:MemorySize', 'step:2:Timeout', 'comment'])
    expect(await door.submit(form, 'U0ANA', { 'strike:1': '1,3', 'step:2:MemorySize': '1024' })).toBeUndefined()
    const { round, ask } = await now()
    expect([round, ask.steps?.map(({ struck = false }) => struck)]).toEqual([2, [true, false, true]])
    expect(ask.steps?.[1]?.arguments).toMatchObject({ MemorySize: 1024, Timeout: 120 })
  })

  test('a narrowing of a plan leaves at least one step, and changes something', async () => {
    const form = await door.open(request, 'U0ANA', 'narrow')
    expect(await door.submit(form, 'U0ANA', { 'strike:1': '1,2,3' })).toMatchObject({ response_action: 'errors' })
    expect(await door.submit(form, 'U0ANA', {})).toMatchObject({ response_action: 'errors' })
    expect((await now()).round).toBe(1)
  })
})

describe('a narrowing of a list and a decimal', () => {
  beforeEach(async () => {
    world = new World(withLayers(bundle))
    door = new Door(world)
    request = await world.submitted(layered)
  })

  test('a narrowing has boxes for the items of a list, ten a field', async () => {
    const form = await door.open(request, 'U0BEN', 'narrow')
    expect(checkView(form, 'modal')).toMatchObject({ ok: true })
    const fields = ['argument:Ratio', 'without:Layers:1', 'without:Layers:2', 'minutes', 'comment']
    expect(fieldsOf(form)).toEqual(fields)
  })

  test('a narrowing takes items out of a list, and lowers a decimal', async () => {
    const form = await door.open(request, 'U0BEN', 'narrow')
    const values = { 'argument:Ratio': '0.25', 'without:Layers:1': '0,2', 'without:Layers:2': '11' }
    expect(await door.submit(form, 'U0BEN', values)).toBeUndefined()
    const { ask } = await now()
    const left = ['layer-1', ...Array.from({ length: 8 }, (_, at) => `layer-${at + 3}`)]
    expect(ask.arguments).toMatchObject({ Ratio: 0.25, Layers: left })
  })

  test.each([
    ['a finer decimal', { 'argument:Ratio': '0.00001' }, 'argument:Ratio'],
    ['a decimal above the requested one', { 'argument:Ratio': '0.75' }, 'argument:Ratio'],
    ['nothing', {}, 'argument:Ratio'],
  ])('a narrowing by %s is an error beside its field', async (_what, values, field) => {
    const form = await door.open(request, 'U0BEN', 'narrow')
    const answer = await door.submit(form, 'U0BEN', values)
    expect(answer).toMatchObject({ response_action: 'errors', errors: { [field]: expect.any(String) } })
  })
})

describe('a narrowing', () => {
  beforeEach(async () => {
    request = await world.submitted(resizeWorker)
  })

  test('a narrowing has a form with each number that may be less, up to its present value', async () => {
    const form = await door.open(request, 'U0BEN', 'narrow')
    expect(checkView(form, 'modal')).toMatchObject({ ok: true })
    expect(fieldsOf(form)).toEqual(['argument:MemorySize', 'argument:Timeout', 'minutes', 'comment'])
    const memory = form.blocks.find(({ block_id }) => block_id === 'argument:MemorySize')
    expect(memory).toMatchObject({ element: { initial_value: '2048', min_value: '128', max_value: '2048' } })
  })

  test('a narrowing says which deadline moves and which does not', async () => {
    const before = await now()
    world.clock.advance(60)
    expect(JSON.stringify((await door.open(request, 'U0BEN', 'narrow')).blocks)).toContain(
      'each stage with a new deadline. The end of the request does not move.',
    )
    await world.decide(request, 'ana', 'approve', { narrow: { minutes: 5 } })
    const after = (await now()) as PendingRequest
    expect(openStage(after)).toMatchObject({ opensAt: world.clock.now(), deadline: world.clock.now() + 30 * 60 })
    expect(after.decideBy).toBe((before as PendingRequest).decideBy)
  })

  test('a narrowing lessens the request, and counts as an approval', async () => {
    const form = await door.open(request, 'U0BEN', 'narrow')
    const values = { 'argument:MemorySize': '1024', minutes: '5', comment: 'half is plenty' }
    expect(await door.submit(form, 'U0BEN', values)).toBeUndefined()
    const after = await now()
    expect(after).toMatchObject({ round: 2, ask: { lifetime: 300, arguments: { MemorySize: 1024, Timeout: 120 } } })
    expect(after.stages[0]?.decisions).toMatchObject([{ person: 'person:ben', comment: 'half is plenty' }])
  })

  test.each<[what: string, values: { [field: string]: string }, errors: { [field: string]: unknown }]>([
    ['without a change', {}, { 'argument:MemorySize': expect.stringMatching(/^You changed nothing/) }],
    [
      'above the requested value',
      { 'argument:MemorySize': '4096' },
      { 'argument:MemorySize': 'a whole number from 128 to 2048' },
    ],
    ['below the least', { 'argument:Timeout': '0' }, { 'argument:Timeout': 'a whole number from 1 to 120' }],
    ['with a fraction', { minutes: '1.5' }, { minutes: 'a whole number from 1 to 15' }],
    ['with a number in disguise', { minutes: '1e1' }, { minutes: 'a whole number from 1 to 15' }],
  ])('a narrowing %s is an error beside its field, and nothing is recorded', async (_what, values, errors) => {
    const form = await door.open(request, 'U0BEN', 'narrow')
    expect(await door.submit(form, 'U0BEN', values)).toEqual({ response_action: 'errors', errors })
    expect(await story()).toEqual(['Submitted', 'StageOpened'])
  })

  test('a narrowing with forged bounds is refused by the rule, beside the field', async () => {
    const form = await door.open(request, 'U0BEN', 'narrow')
    const blocks = JSON.parse(JSON.stringify(form.blocks).replaceAll('"2048"', '"9999"'))
    expect(await door.submit({ ...form, blocks }, 'U0BEN', { 'argument:MemorySize': '4096' })).toMatchObject({
      response_action: 'errors',
      errors: { 'argument:MemorySize': expect.stringMatching(/MemorySize should be less/) },
    })
    expect(await now()).toMatchObject({ round: 1 })
  })
})

const stale: [why: string, change: (world: World, request: ApprovalRequest) => Promise<unknown>, truth: string][] = [
  [
    'because of a narrowing',
    (world, request) => world.decide(request, 'ana', 'approve', { narrow: { minutes: 5 } }),
    refusals.stale_round.so,
  ],
  ['because of a denial', (world, request) => world.decide(request, 'eve', 'deny'), 'It was denied by Eve Evans'],
  ['because of its deadline', async (world) => world.clock.advance(86_400), 'It ended when its time was up'],
]
test.each(stale)(
  'D14: a form that is stale %s is refused with the present state, and keeps the typed text',
  async (_why, change, truth) => {
    const form = await door.open(request, 'U0BEN', 'approve_comment')
    await change(world, request)
    const said = truthIn(await door.submit(form, 'U0BEN', { comment: 'I have looked' }))
    expect(said).toMatch(truth)
    expect(said).toContain('I have looked')
    expect((await now()).stages.flatMap(({ decisions }) => decisions).map(({ person }) => person)).not.toContain(
      'person:ben',
    )
  },
)

test('a form of another digest is refused', async () => {
  const form = await door.open(request, 'U0BEN', 'approve_comment')
  const private_metadata = JSON.stringify({ r: request.ask.id, n: 1, d: 'sha-256:AAAAAAAA' })
  expect(truthIn(await door.submit({ ...form, private_metadata }, 'U0BEN', {}))).toMatch(refusals.stale_digest.so)
})

test.each(['', '{}', '[]', 'x', '{"r":"req_1","n":1,"d":"sha-256:AAAAAAAA"}'])(
  'a form with the metadata %j is refused as foreign',
  async (private_metadata) => {
    const form = await door.open(request, 'U0BEN', 'approve_comment')
    expect(truthIn(await door.submit({ ...form, private_metadata }, 'U0BEN', {}))).toMatch(/not Hotwork’s/)
    expect(await story()).toEqual(['Submitted', 'StageOpened'])
  },
)

test('D4: a form delivered three times, out of order, is one decision', async () => {
  const form = await door.open(request, 'U0BEN', 'approve_comment')
  const sent = door.formFrom(form, 'U0BEN', { comment: 'once' })
  const answers = await Promise.all([door.send(sent), door.send(sent), door.send(sent)])
  expect(answers.map(({ statusCode }) => statusCode)).toEqual([200, 200, 200])
  expect(answers.filter(({ body }) => body === '')).toHaveLength(1)
  expect(answers.filter(({ body }) => body.includes(refusals.replayed.so))).toHaveLength(2)
  expect((await now()).stages[0]?.decisions).toHaveLength(1)
})

const by = (user: object) => ({ user: { id: 'U0BEN', team_id: 'T0HOTWORK', ...user } })
test.each([
  ['another workspace', by({ team_id: 'T0OTHER' }), /Only people of the workspace/],
  ['no workspace', { user: { id: 'U0BEN' } }, /Only people of the workspace/],
  ['a person outside the directory', by({ id: 'U0UNKNOWN' }), /not linked to a person/],
])('D10: a form sent from %s decides nothing, and says why', async (_who, changes, sentence) => {
  const form = await door.open(request, 'U0BEN', 'approve_comment')
  const sent = submissionOf('U0BEN', form, { comment: 'x' }, changes)
  const { body } = await door.send(signed(formOf(sent), world.clock.now()))
  expect(truthIn(JSON.parse(body))).toMatch(sentence)
  expect(await story()).toEqual(['Submitted', 'StageOpened'])
})

test('a form submitted while a clock is off decides nothing, and says why', async () => {
  const form = await door.open(request, 'U0BEN', 'approve_comment')
  door.clockAhead = 3_600
  expect(truthIn(await door.submit(form, 'U0BEN', { comment: 'x' }))).toMatch(refusals.clock_out_of_range.so)
  expect(await story()).toEqual(['Submitted', 'StageOpened'])
})

test.each([
  ['the answer is lost after the commit', 'answer_lost', 1],
  ['the store never received it', 'unheard', 0],
] as const)('a form stays open during an outage, with the truth: %s', async (_what, fault, decisions) => {
  const form = await door.open(request, 'U0BEN', 'approve_comment')
  world.requests.failNextCommit(fault)
  expect(await door.submit(form, 'U0BEN', { comment: 'x' })).toEqual({
    response_action: 'errors',
    errors: { comment: expect.stringMatching(/^The store has not answered yet/) },
  })
  expect((await now()).stages[0]?.decisions).toHaveLength(decisions)
  if (decisions === 1)
    expect(truthIn(await door.submit(form, 'U0BEN', { comment: 'x' }))).toMatch(refusals.already_decided.so)
})

test('a form stays open when the door itself hangs', async () => {
  const form = await door.open(request, 'U0BEN', 'approve_comment')
  door.isTimed = true
  door.ports = (ports) => ({ ...ports, requests: { ...ports.requests, load: () => new Promise(() => {}) } as never })
  expect(await door.submit(form, 'U0BEN', { comment: 'x' })).toMatchObject({
    errors: { comment: expect.stringMatching(/^The store has not answered yet/) },
  })
})

describe('a stage that wants a stronger login', () => {
  beforeEach(async () => {
    request = await world.submitted(stopCheckout)
    await world.decide(request, 'ana')
    request = await now()
  })

  test('a stage with a stronger login leads an approver to the login, and records no refusal', async () => {
    const before = await story()
    await door.click(request, 'U0GUS', 'approve')
    expect(door.told.map(({ text }) => text)).toEqual([
      expect.stringContaining(`Log in and approve at ${page(request.ask.id)}`),
    ])
    expect(await story()).toEqual(before)
  })

  test('a stage with a stronger login refuses a person who may not decide', async () => {
    await door.click(request, 'U0EVE', 'approve')
    expect(door.told.map(({ text }) => text)).toEqual([expect.stringMatching(refusals.not_eligible.so)])
  })

  test('a stage with a stronger login is denied by a click', async () => {
    await door.click(request, 'U0GUS', 'deny')
    expect(await now()).toMatchObject({ status: 'denied' })
  })
})

const rendered = digestOf('hotwork.card.v1', { any: 'card' })

test('the digest of the seen card is recorded with the decision', async () => {
  const asked: unknown[] = []
  door.seen = async (place) => {
    asked.push(place)
    return rendered
  }
  await door.click(request, 'U0BEN')
  expect(await door.seenBy(request.ask.id)).toBe(rendered)
  expect(asked).toEqual([{ request: request.ask.id, chat: 'slack', channel: 'C0APPROVALS', ts: '1800000000.000001' }])
})

test('the digest of the seen card is recorded for a form opened from it', async () => {
  door.seen = async () => rendered
  await door.submit(await door.open(request, 'U0BEN', 'approve_comment'), 'U0BEN', { comment: 'x' })
  expect(await door.seenBy(request.ask.id)).toBe(rendered)
})

test.each([
  ['not known', async () => undefined],
  ['unreadable', () => Promise.reject(new Error('no answer'))],
  ['not read in time', () => new Promise<undefined>(() => {})],
])('a seen card that is %s delays no decision', async (_how, seen) => {
  door.isTimed = true
  door.seen = seen
  await door.click(request, 'U0BEN')
  expect((await now()).stages[0]?.decisions).toHaveLength(1)
  expect(await door.seenBy(request.ask.id)).toBeUndefined()
})

test("a typed text or an argument is kept out of the log, and out of Slack's metadata", async () => {
  request = await world.submitted(resizeWorker)
  const form = await door.open(request, 'U0BEN', 'narrow')
  const typed = 'a secret typed by mistake'
  await door.submit(form, 'U0EVE', { 'argument:MemorySize': '1024', comment: typed })
  world.requests.failNextCommit('unheard')
  await door.submit(form, 'U0BEN', { 'argument:MemorySize': '1024', comment: typed })
  expect(JSON.stringify(world.log.lines)).not.toContain(typed)
  expect(JSON.parse(form.private_metadata ?? '')).toEqual({
    r: request.ask.id,
    n: 1,
    d: request.ask.digest.slice(0, 16),
    c: 'C0APPROVALS',
    t: '1800000000.000001',
  })
})
