import { modalNames } from '../../../../functions/channels/slack/forms/card-forms.ts'
import type { Modal } from '../../../../functions/channels/slack/forms/modal-blocks.ts'
import { digestOf } from '../../../../functions/domain/digest.ts'
import { type ApprovalRequest, openStage, type PendingRequest } from '../../../../functions/domain/record/request.ts'
import { refusals } from '../../../../functions/domain/refusals.ts'
import { checkView } from '../../../../local/desk/blocks.ts'
import { repairPlan } from '../../../support/plan.ts'
import { prodParameter, sampleBundle, World } from '../../../support/world.ts'
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
/** What a form says that can do nothing more. */
const truthIn = (answer: unknown): string => {
  const { response_action, view } = answer as { response_action: string; view: Modal }
  expect(response_action).toBe('update')
  expect(view.submit).toBeUndefined()
  expect(checkView(view, 'modal')).toMatchObject({ ok: true })
  return JSON.stringify(view.blocks)
}

describe('saying no', () => {
  test('is recorded at once; only then is asked why, by the trigger of the click', async () => {
    await door.click(request, 'U0EVE', 'deny')
    expect(await now()).toMatchObject({ status: 'denied', deniedBy: 'person:eve' })
    expect(door.opened).toMatchObject([{ trigger: '1', modal: { callback_id: modalNames.why } }])
    expect(checkView(door.opened[0]?.modal, 'modal')).toMatchObject({ ok: true })
    expect(door.told).toEqual([])
  })

  test('needs no reason: a form that is sent empty, or closed, changes nothing', async () => {
    const form = await door.open(request, 'U0EVE', 'deny')
    const before = await story()
    expect(await door.submit(form, 'U0EVE', { comment: '  ' })).toBeUndefined()
    expect(await story()).toEqual(before)
  })

  test('takes its reason afterwards, which then is why it was denied', async () => {
    const form = await door.open(request, 'U0EVE', 'deny')
    expect(await door.submit(form, 'U0EVE', { comment: 'the value is wrong' })).toBeUndefined()
    expect(await now()).toMatchObject({ status: 'denied', reason: 'the value is wrong' })
    expect((await story()).at(-1)).toBe('Commented')
  })

  test('takes one reason, within the hour, and only one’s own: the form says so otherwise', async () => {
    const form = await door.open(request, 'U0EVE', 'deny')
    expect(truthIn(await door.submit(form, 'U0BEN', { comment: 'mine' }))).toMatch(refusals.not_decided.so)
    await door.submit(form, 'U0EVE', { comment: 'first' })
    expect(truthIn(await door.submit(form, 'U0EVE', { comment: 'second' }))).toMatch(refusals.already_commented.so)
    expect(await now()).toMatchObject({ reason: 'first' })
  })

  test.each([
    ['is down', () => Promise.reject(new Error('ECONNREFUSED'))],
    ['answers nothing', () => new Promise<void>(() => {})],
  ])('is not lost where Slack %s when the form should open', async (_how, opens) => {
    door.isTimed = true
    door.opens = opens
    expect(await door.click(request, 'U0EVE', 'deny')).toMatchObject({ statusCode: 200 })
    expect(await now()).toMatchObject({ status: 'denied', deniedBy: 'person:eve' })
    expect(door.told).toEqual([])
  })

  test('that is refused opens no form, and is told', async () => {
    await door.click(request, 'U0GUS', 'deny')
    expect(door.opened).toEqual([])
    expect(door.told.map(({ text }) => text)).toEqual([expect.stringMatching(refusals.not_eligible.so)])
  })
})

describe('approving with a comment', () => {
  test('decides when the form is sent, and not before', async () => {
    const form = await door.open(request, 'U0BEN', 'approve_comment')
    expect(await story()).toEqual(['Submitted', 'StageOpened'])
    expect(await door.submit(form, 'U0BEN', { comment: ' I looked at INC-1042 ' })).toBeUndefined()
    expect((await now()).stages[0]?.decisions).toMatchObject([
      { person: 'person:ben', comment: 'I looked at INC-1042' },
    ])
  })

  test('is what Approve is where the stage wants a reason, and no refusal is recorded for having asked', async () => {
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

  test('is asked for by an old card too, that does not know that its stage wants a reason', async () => {
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
  ])('opens no form for %s, who could not send it, and records nothing', async (user, sentence) => {
    await door.click(request, user, 'approve_comment')
    expect(door.opened).toEqual([])
    expect(door.told.map(({ text }) => text)).toEqual([expect.stringMatching(sentence)])
    expect(await story()).toEqual(['Submitted', 'StageOpened'])
  })

  test.each([
    ['is down', () => Promise.reject(new Error('ECONNREFUSED'))],
    ['answers nothing', () => new Promise<void>(() => {})],
  ])('is told where Slack %s when the form should open', async (_how, opens) => {
    door.isTimed = true
    door.opens = opens
    await door.click(request, 'U0BEN', 'approve_comment')
    expect(door.told.map(({ text }) => text)).toEqual([
      expect.stringMatching(/^The form could not be opened in time, and nothing has changed/),
    ])
    expect(await story()).toEqual(['Submitted', 'StageOpened'])
  })
})

describe('approving less of a plan', () => {
  beforeEach(async () => {
    request = await world.submitted(repairPlan)
  })

  test('strikes out steps and lowers numbers, and counts', async () => {
    const form = await door.open(request, 'U0ANA', 'narrow')
    expect(checkView(form, 'modal')).toMatchObject({ ok: true })
    expect(fieldsOf(form)).toEqual(['strike:1', 'step:2:MemorySize', 'step:2:Timeout', 'comment'])
    expect(await door.submit(form, 'U0ANA', { 'strike:1': '1,3', 'step:2:MemorySize': '1024' })).toBeUndefined()
    const { round, ask } = await now()
    expect([round, ask.steps?.map(({ struck = false }) => struck)]).toEqual([2, [true, false, true]])
    expect(ask.steps?.[1]?.arguments).toMatchObject({ MemorySize: 1024, Timeout: 120 })
  })

  test('leaves at least one step: a form that strikes out all, or none, stays open and says so', async () => {
    const form = await door.open(request, 'U0ANA', 'narrow')
    expect(await door.submit(form, 'U0ANA', { 'strike:1': '1,2,3' })).toMatchObject({ response_action: 'errors' })
    expect(await door.submit(form, 'U0ANA', {})).toMatchObject({ response_action: 'errors' })
    expect((await now()).round).toBe(1)
  })
})

describe('approving less', () => {
  beforeEach(async () => {
    request = await world.submitted(resizeWorker)
  })

  test('is a form of what the catalogue lets be less, each with what it is as its most', async () => {
    const form = await door.open(request, 'U0BEN', 'narrow')
    expect(checkView(form, 'modal')).toMatchObject({ ok: true })
    expect(fieldsOf(form)).toEqual(['argument:MemorySize', 'argument:Timeout', 'minutes', 'comment'])
    const memory = form.blocks.find(({ block_id }) => block_id === 'argument:MemorySize')
    expect(memory).toMatchObject({ element: { initial_value: '2048', min_value: '128', max_value: '2048' } })
  })

  test('says which deadline moves and which does not, as it then is', async () => {
    const before = await now()
    world.clock.advance(60)
    const form = await door.open(request, 'U0BEN', 'narrow')
    expect(JSON.stringify(form.blocks)).toContain(
      'each stage with a new deadline. The end of the request does not move.',
    )
    await world.decide(request, 'ana', 'approve', { narrow: { minutes: 5 } })
    const after = (await now()) as PendingRequest
    expect(openStage(after)).toMatchObject({ opensAt: world.clock.now(), deadline: world.clock.now() + 30 * 60 })
    expect(after.decideBy).toBe((before as PendingRequest).decideBy)
  })

  test('makes the request less, and counts', async () => {
    const form = await door.open(request, 'U0BEN', 'narrow')
    const values = { 'argument:MemorySize': '1024', minutes: '5', comment: 'half is plenty' }
    expect(await door.submit(form, 'U0BEN', values)).toBeUndefined()
    const after = await now()
    expect(after).toMatchObject({ round: 2, ask: { lifetime: 300, arguments: { MemorySize: 1024, Timeout: 120 } } })
    expect(after.stages[0]?.decisions).toMatchObject([{ person: 'person:ben', comment: 'half is plenty' }])
  })

  test.each<[what: string, values: { [field: string]: string }, errors: { [field: string]: unknown }]>([
    ['that is not less', {}, { 'argument:MemorySize': expect.stringMatching(/^You changed no number/) }],
    [
      'with more than was asked',
      { 'argument:MemorySize': '4096' },
      { 'argument:MemorySize': 'a whole number from 128 to 2048' },
    ],
    [
      'with less than there can be',
      { 'argument:Timeout': '0' },
      { 'argument:Timeout': 'a whole number from 1 to 120' },
    ],
    ['with what is no whole number', { minutes: '1.5' }, { minutes: 'a whole number from 1 to 15' }],
    ['with a number in disguise', { minutes: '1e1' }, { minutes: 'a whole number from 1 to 15' }],
  ])(
    'in a form %s stays open, with what is wrong beside the field, and nothing recorded',
    async (_what, values, errors) => {
      const form = await door.open(request, 'U0BEN', 'narrow')
      expect(await door.submit(form, 'U0BEN', values)).toEqual({ response_action: 'errors', errors })
      expect(await story()).toEqual(['Submitted', 'StageOpened'])
    },
  )

  test('with bounds that somebody has forged is refused by the rule, beside the field', async () => {
    const form = await door.open(request, 'U0BEN', 'narrow')
    const blocks = JSON.parse(JSON.stringify(form.blocks).replaceAll('"2048"', '"9999"'))
    const answer = await door.submit({ ...form, blocks }, 'U0BEN', { 'argument:MemorySize': '4096' })
    expect(answer).toMatchObject({
      response_action: 'errors',
      errors: { 'argument:MemorySize': expect.stringMatching(/MemorySize should be less/) },
    })
    expect(await now()).toMatchObject({ round: 1 })
  })
})

describe('D14: a form that is stale', () => {
  const stale: [why: string, change: (world: World, request: ApprovalRequest) => Promise<unknown>, truth: string][] = [
    [
      'since the request was narrowed meanwhile',
      (world, request) => world.decide(request, 'ana', 'approve', { narrow: { minutes: 5 } }),
      refusals.stale_round.so,
    ],
    [
      'since it was denied meanwhile',
      (world, request) => world.decide(request, 'eve', 'deny'),
      'It was denied by Eve Evans',
    ],
    ['since its time was up', async (world) => world.clock.advance(86_400), 'It ended when its time was up'],
  ]
  test.each(stale)(
    '%s is refused with the truth, in the form, which keeps what was written',
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

  test('of another digest is refused', async () => {
    const form = await door.open(request, 'U0BEN', 'approve_comment')
    const private_metadata = JSON.stringify({ r: request.ask.id, n: 1, d: 'sha-256:AAAAAAAA' })
    expect(truthIn(await door.submit({ ...form, private_metadata }, 'U0BEN', {}))).toMatch(refusals.stale_digest.so)
  })

  test.each(['', '{}', '[]', 'x', '{"r":"req_1","n":1,"d":"sha-256:AAAAAAAA"}'])(
    'that says %j of itself is none of ours',
    async (private_metadata) => {
      const form = await door.open(request, 'U0BEN', 'approve_comment')
      expect(truthIn(await door.submit({ ...form, private_metadata }, 'U0BEN', {}))).toMatch(/not Hotwork’s/)
      expect(await story()).toEqual(['Submitted', 'StageOpened'])
    },
  )
})

test('D4: a form that arrives three times, also out of order, is one decision', async () => {
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
  ['nobody in the directory', by({ id: 'U0NOBODY' }), /not linked to a person/],
])('D10: a form sent from %s decides nothing, and says why', async (_who, changes, sentence) => {
  const form = await door.open(request, 'U0BEN', 'approve_comment')
  const sent = submissionOf('U0BEN', form, { comment: 'x' }, changes)
  const { body } = await door.send(signed(formOf(sent), world.clock.now()))
  expect(truthIn(JSON.parse(body))).toMatch(sentence)
  expect(await story()).toEqual(['Submitted', 'StageOpened'])
})

test('a form that is sent while a clock is off decides nothing, and says why', async () => {
  const form = await door.open(request, 'U0BEN', 'approve_comment')
  door.clockAhead = 3_600
  expect(truthIn(await door.submit(form, 'U0BEN', { comment: 'x' }))).toMatch(refusals.clock_out_of_range.so)
  expect(await story()).toEqual(['Submitted', 'StageOpened'])
})

describe('when something breaks, a form', () => {
  test.each([
    ['the store did not answer after the commit', 'answer_lost', 1],
    ['the store never heard of it', 'unheard', 0],
  ] as const)('stays open, with the truth: %s', async (_what, fault, decisions) => {
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

  test('is not closed as if it had been taken when the door itself hangs', async () => {
    const form = await door.open(request, 'U0BEN', 'approve_comment')
    door.isTimed = true
    door.ports = (ports) => ({ ...ports, requests: { ...ports.requests, load: () => new Promise(() => {}) } as never })
    expect(await door.submit(form, 'U0BEN', { comment: 'x' })).toMatchObject({
      errors: { comment: expect.stringMatching(/^The store has not answered yet/) },
    })
  })
})

describe('a stage that wants a stronger login', () => {
  beforeEach(async () => {
    request = await world.submitted(stopCheckout)
    await world.decide(request, 'ana')
    request = await now()
  })

  test('tells whoever follows its button where to log in, and counts nothing against them', async () => {
    const before = await story()
    await door.click(request, 'U0GUS', 'approve')
    expect(door.told.map(({ text }) => text)).toEqual([
      expect.stringContaining(`Log in and approve at ${page(request.ask.id)}`),
    ])
    expect(await story()).toEqual(before)
  })

  test('tells whoever may not decide it that they may not', async () => {
    await door.click(request, 'U0EVE', 'approve')
    expect(door.told.map(({ text }) => text)).toEqual([expect.stringMatching(refusals.not_eligible.so)])
  })

  test('is denied by a click all the same', async () => {
    await door.click(request, 'U0GUS', 'deny')
    expect(await now()).toMatchObject({ status: 'denied' })
  })
})

describe('what was seen', () => {
  const rendered = digestOf('hotwork.card.v1', { any: 'card' })

  test('is on record beside the decision, as the digest of that card', async () => {
    const asked: unknown[] = []
    door.seen = async (place) => {
      asked.push(place)
      return rendered
    }
    await door.click(request, 'U0BEN')
    expect(await door.seenBy(request.ask.id)).toBe(rendered)
    expect(asked).toEqual([{ request: request.ask.id, chat: 'slack', channel: 'C0APPROVALS', ts: '1800000000.000001' }])
  })

  test('is on record where a form was opened from the card', async () => {
    door.seen = async () => rendered
    const form = await door.open(request, 'U0BEN', 'approve_comment')
    await door.submit(form, 'U0BEN', { comment: 'x' })
    expect(await door.seenBy(request.ask.id)).toBe(rendered)
  })

  test.each([
    ['not known', async () => undefined],
    ['not to be read', () => Promise.reject(new Error('no answer'))],
    ['not read in time', () => new Promise<undefined>(() => {})],
  ])('that is %s takes nothing from the decision, nor its time', async (_how, seen) => {
    door.isTimed = true
    door.seen = seen
    await door.click(request, 'U0BEN')
    expect((await now()).stages[0]?.decisions).toHaveLength(1)
    expect(await door.seenBy(request.ask.id)).toBeUndefined()
  })
})

test('nothing that somebody types, and no argument, is in a log or in what Slack keeps beside a form', async () => {
  request = await world.submitted(resizeWorker)
  const form = await door.open(request, 'U0BEN', 'narrow')
  const typed = 'a secret that nobody should have typed'
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
