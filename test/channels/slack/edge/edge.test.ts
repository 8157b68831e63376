import type { APIGatewayProxyEventV2 } from 'aws-lambda'
import { malformedClick, notAnswered, operatorMustLook } from '../../../../functions/channels/slack/edge/sentences.ts'
import { slackRequestOf } from '../../../../functions/channels/slack/receive-slack.ts'
import type { ApprovalRequest } from '../../../../functions/domain/record/request.ts'
import { refusals, sentencesOf } from '../../../../functions/domain/refusals.ts'
import type { JsonObject } from '../../../../functions/domain/values.ts'
import { RightMissing, StoreUnavailable } from '../../../../functions/operations/faults.ts'
import { prodParameter, sampleBundle, World } from '../../../support/world.ts'
import { stopCheckout } from '../cards/states.ts'
import { choiceOf, clickOf, formOf, responseUrl, signed } from './clicks.ts'
import { Door, page } from './door.ts'

const bundle = sampleBundle()
let door: Door
let world: World
let request: ApprovalRequest
beforeEach(async () => {
  world = new World(bundle)
  door = new Door(world)
  request = await world.submitted(prodParameter)
})
const now = () => world.state(request.ask.id)

test('a click decides without a message, because the card will show it', async () => {
  expect(await door.click(request, 'U0BEN')).toMatchObject({ statusCode: 200, body: '' })
  expect((await now()).stages[0]?.decisions).toMatchObject([{ person: 'person:ben', verdict: 'approve', as: 'owner' }])
  expect(door.told).toEqual([])
})

test('a click each by two people in two stages approves', async () => {
  await door.click(request, 'U0BEN')
  await door.click(await now(), 'U0EVE')
  expect(await now()).toMatchObject({ status: 'approved' })
})

test('a click that denies is open to an approver of any stage', async () => {
  await door.click(request, 'U0EVE', 'deny')
  expect(await now()).toMatchObject({ status: 'denied', deniedBy: 'person:eve' })
  expect(door.told).toEqual([])
})

test('a click is recorded as through the chat', async () => {
  await door.click(request, 'U0BEN')
  const entries = await world.ledger.entries(request.ask.id)
  expect(entries.at(-2)).toMatchObject({ type: 'Decided', actor: { id: 'person:ben' }, facts: { through: 'chat' } })
})

test('a click counts once, for deliveries in any number and order', async () => {
  const click = door.clickOn(request, 'U0BEN', 'approve')
  const again = {
    ...click,
    headers: { ...click.headers, 'x-slack-retry-num': '1', 'x-slack-retry-reason': 'http_timeout' },
  }
  const answers = await Promise.all([door.send(again), door.send(click), door.send(click)])
  expect(answers.map(({ statusCode }) => statusCode)).toEqual([200, 200, 200])
  expect((await now()).stages[0]?.decisions).toHaveLength(1)
  expect(door.told.map(({ text }) => text)).toEqual(Array(2).fill(expect.stringMatching(refusals.replayed.so)))
})

describe('a refused click', () => {
  const told = async (
    user: string,
    changes: JsonObject = {},
    verdict: 'approve' | 'deny' = 'approve',
    of = request,
  ) => {
    const { statusCode } = await door.click(of, user, verdict, changes)
    expect(statusCode).toBe(200)
    expect(door.told).toHaveLength(1)
    const [message] = door.told
    expect(message).toMatchObject({ url: responseUrl, response_type: 'ephemeral', replace_original: false })
    return message?.text
  }

  test('a click by a person who may not decide is refused privately', async () => {
    expect(await told('U0GUS')).toBe(`${sentencesOf('not_eligible')} It waits for 1 more of owner.`)
  })

  test('a click by the owner of the agent is refused privately', async () => {
    const owner = bundle.directory.people.find(({ id }) => id === request.ask.owner)
    expect(await told(owner?.chatUser ?? '')).toMatch(refusals.self_approval.so)
  })

  test('a click by an approver of a later stage is refused privately', async () => {
    expect(await told('U0EVE')).toBe(`${sentencesOf('stage_not_open')} It waits for 1 more of owner.`)
  })

  test('a second click by one person is refused privately', async () => {
    await world.decide(request, 'ana')
    expect(await told('U0ANA', {}, 'approve', await now())).toBe(
      `${sentencesOf('already_decided')} It waits for 1 more of sre.`,
    )
  })

  test('a click on a settled request is refused privately, with its end', async () => {
    await world.decide(request, 'eve', 'deny')
    expect(await told('U0BEN')).toBe(`${sentencesOf('already_settled')} It was denied by Eve Evans (person:eve).`)
  })

  test('a click after the deadline is refused privately', async () => {
    const click = door.clickOn(request, 'U0BEN', 'approve')
    world.clock.advance(290)
    await door.send(click)
    expect(await now()).toMatchObject({ status: 'pending' })
    world.clock.advance(86_400)
    await door.click(request, 'U0BEN')
    expect(await now()).toMatchObject({ status: 'expired' })
    expect(door.told.at(-1)?.text).toBe(`${sentencesOf('already_settled')} It ended when its time was up.`)
  })

  test('a click on a card of another round or digest is refused privately', async () => {
    const { id, digest } = request.ask
    const value = (n: number, d: string) => ({
      actions: [{ type: 'button', action_id: 'approve', block_id: 'decide', value: JSON.stringify({ r: id, n, d }) }],
    })
    await door.click(request, 'U0BEN', 'approve', value(2, digest.slice(0, 16)))
    await door.click(request, 'U0BEN', 'approve', value(1, 'sha-256:AAAAAAAA'))
    expect(door.told.map(({ text }) => text)).toEqual([
      expect.stringMatching(refusals.stale_round.so),
      expect.stringMatching(refusals.stale_digest.so),
    ])
    expect((await now()).stages[0]?.decisions).toEqual([])
  })

  test('a click with too weak a login is refused privately, with the page to log in', async () => {
    const strong = await world.submitted(stopCheckout)
    await world.decide(strong, 'ana')
    const open = await world.state(strong.ask.id)
    expect(await told('U0GUS', {}, 'approve', open)).toBe(
      `Approving here needs a stronger login (strong) than Slack's. Log in and approve at ${page(strong.ask.id)}. Denying needs none.`,
    )
  })

  test('a click on an unknown request is refused privately', async () => {
    const unknown = { ...request, ask: { ...request.ask, id: `req_${'0'.repeat(26)}` } } as ApprovalRequest
    expect(await told('U0BEN', {}, 'approve', unknown)).toMatch(refusals.unknown_request.so)
    expect(await world.story('person:ben')).toEqual(['Refused'])
  })

  const by = (user: JsonObject) => ({ user: { id: 'U0BEN', team_id: 'T0HOTWORK', ...user } })
  test.each<[string, JsonObject, RegExp]>([
    ['a stranger from a shared channel', by({ is_stranger: true }), /another workspace/],
    ['the same id in another workspace', by({ team_id: 'T0OTHER' }), /another workspace/],
    ['the same id in no workspace', { user: { id: 'U0BEN' } }, /another workspace/],
    ['a guest', by({ is_restricted: true }), /guests may not decide/],
    ['a guest of one channel', by({ is_ultra_restricted: true }), /guests may not decide/],
    ['a person outside the directory', by({ id: 'U0UNKNOWN' }), /not linked to a person/],
    ['a bot', by({ is_bot: true }), /not linked to a person/],
    ['a person with a deleted account', by({ deleted: true }), /not active/],
  ])('a click by %s is refused privately', async (_who, changes, sentence) => {
    expect(await told('U0BEN', changes)).toMatch(sentence)
    expect((await now()).stages[0]?.decisions).toEqual([])
    expect(await world.story(request.ask.id)).toEqual(['Submitted', 'StageOpened'])
  })

  test('a click by an inactive person is refused privately', async () => {
    const people = bundle.directory.people.map((one) =>
      one.chatUser === 'U0BEN' ? { ...one, status: 'inactive' as const } : one,
    )
    world = new World({ ...bundle, directory: { ...bundle.directory, people } })
    door = new Door(world)
    expect(await told('U0BEN')).toMatch(/not active/)
  })

  test.each([
    '',
    '{}',
    'x',
    '[]',
    '{"r":"req_1","n":1,"d":"sha-256:AAAAAAAA"}',
    `{"r":"req_${'0'.repeat(26)}","n":1,"d":"sha-256:AAAAAAAA","admin":true}`,
  ])('a click with the foreign value %j is refused privately', async (value) => {
    const actions = [{ type: 'button', action_id: 'approve', block_id: 'decide', value }]
    expect(await told('U0BEN', { actions })).toMatch(/^That button is not Hotwork’s/)
  })
})

test('a forged click is refused without a record', async () => {
  const click = door.clickOn(request, 'U0BEN', 'approve')
  const forged = { ...click, headers: { ...click.headers, 'x-slack-signature': `v0=${'0'.repeat(64)}` } }
  expect(await door.send(forged)).toMatchObject({ statusCode: 401 })
  expect(await world.story(request.ask.id)).toEqual(['Submitted', 'StageOpened'])
  expect(door.told).toEqual([])
})

test('a click is 503 while the signing secret cannot be read', async () => {
  door.isTimed = true
  door.secrets = () => Promise.reject(new Error('Secrets Manager does not answer'))
  expect(await door.click(request, 'U0BEN')).toMatchObject({ statusCode: 503 })
  expect((await now()).stages[0]?.decisions).toEqual([])
})

test('a click of an unknown action is 404', async () => {
  const click = clickOf('U0BEN', { action_id: 'approve_unseen', value: '{}' })
  expect((await door.send(signed(formOf(click), world.clock.now()))).statusCode).toBe(404)
})

test('a click with a foreign response address calls no address', async () => {
  for (const response_url of [
    'https://hooks.slack.com.evil.example/x',
    'http://hooks.slack.com/x',
    'file:///etc/passwd',
    'http://169.254.169.254/',
    7,
  ])
    await door.click(request, 'U0GUS', 'approve', { response_url })
  expect(door.told).toEqual([])
})

test('the address check is answered with its challenge', async () => {
  const body = JSON.stringify({ type: 'url_verification', token: 'x', challenge: 'abc' })
  const answer = await door.send(signed(body, world.clock.now(), { headers: { 'content-type': 'application/json' } }))
  expect(answer.statusCode).toBe(200)
  expect(JSON.parse(answer.body)).toEqual({ challenge: 'abc' })
})

test('a forged click of Approve on a card that is too long is refused, with the page', async () => {
  const value = 'v'.repeat(4_000)
  const long = await world.submitted({ ...prodParameter, arguments: { ...prodParameter.arguments, Value: value } })
  const { id, digest } = long.ask
  expect(() => door.clickOn(long, 'U0BEN', 'approve')).toThrow('the card has no `approve`')
  const button = { value: JSON.stringify({ r: id, n: 1, d: digest.slice(0, 16) }), block_id: 'decide' }
  for (const action_id of ['approve', 'approve_comment', 'narrow']) {
    const forged = clickOf('U0BEN', { ...button, action_id }, { trigger_id: action_id })
    await door.send(signed(formOf(forged), world.clock.now()))
    expect(door.told.at(-1)?.text).toContain(`${sentencesOf('not_shown_in_full')} Its page is ${page(id)}.`)
  }
  expect((await world.state(id)).stages[0]?.decisions).toEqual([])
  expect(await world.story(id)).toContain('Refused')
  await door.click(long, 'U0BEN', 'deny')
  expect(await world.state(id)).toMatchObject({ status: 'denied' })
})

test.each([
  ['another act', (value: string) => value.replace(/^\w+/, 'approve')],
  ['no round', (value: string) => value.replace(/ 1 /, ' ')],
  ['a round that is no number', (value: string) => value.replace(/ 1 /, ' x ')],
  ['more than that', (value: string) => `${value} x`],
])('a forged choice of the menu with %s opens no form, and its person is told', async (_what, forge) => {
  const value = `revise ${request.ask.id} 1 ${request.ask.digest.slice(0, 16)}`
  const send = (said: string) =>
    door.send(signed(formOf(choiceOf('U0BEN', { action_id: 'more', value: said })), world.clock.now()))
  await send(forge(value))
  expect(door.opened).toEqual([])
  expect(door.told.at(-1)?.text).toBe(malformedClick)
  await send(value)
  expect(door.opened).toHaveLength(1)
})

test('a button of a card from an earlier release opens the form that its menu has now', async () => {
  const { id, digest } = request.ask
  const value = JSON.stringify({ r: id, n: 1, d: digest.slice(0, 16) })
  for (const action_id of ['approve_comment', 'deny_words', 'revise', 'ask_agent', 'ask_colleague'])
    await door.send(
      signed(formOf(clickOf('U0BEN', { action_id, value }, { trigger_id: action_id })), world.clock.now()),
    )
  expect(door.opened).toHaveLength(5)
})

test('a person whose stage has all its approvals is told so', async () => {
  await door.click(request, 'U0BEN')
  await door.click(await now(), 'U0CHLOE')
  expect(door.told.at(-1)?.text).toMatch(/^Your stage has all its approvals already.*It waits for 1 more of sre/)
})

test('a certificate check is answered and does nothing', async () => {
  expect(await door.send({ ...signed('ssl_check=1&token=x', 1) })).toMatchObject({ statusCode: 200, body: '' })
})

test.each([
  ['no user', undefined],
  ['a user that is null', null],
  ['a user without an id', {}],
])('a signed click with %s is a 400 by name, and no fault', async (_what, user) => {
  const { body } = door.clickOn(request, 'U0BEN', 'approve')
  const payload = JSON.parse(new URLSearchParams(body).get('payload') ?? '')
  const answer = await door.send(signed(formOf({ ...payload, user }), world.clock.now()))
  expect(answer).toMatchObject({ statusCode: 400, body: expect.stringMatching(/^`payload` is malformed at `user/) })
  expect((await now()).stages[0]?.decisions).toEqual([])
})

const eventOf = (headers: { [name: string]: string }) =>
  ({
    headers,
    body: 'a=b',
    isBase64Encoded: false,
    requestContext: { requestId: 'ours', timeEpoch: 1_800_000_000_999, http: { method: 'POST' } },
  }) as unknown as APIGatewayProxyEventV2

test.each([
  ['sent', { 'X-Request-Id': 'theirs' }, 'theirs'],
  ['not sent', {}, 'ours'],
  ['not fit to print', { 'x-request-id': 'a\tb' }, 'ours'],
])('an `X-Request-ID` that is %s is echoed or replaced', (_what, headers, requestId) => {
  expect(slackRequestOf(eventOf(headers))).toMatchObject({ requestId, arrivedAt: 1_800_000_000, method: 'POST' })
})

test('an `X-Request-ID` is on the refusal of a request without body or headers', async () => {
  const event = { ...eventOf({}), headers: null, body: null } as unknown as APIGatewayProxyEventV2
  const { statusCode, headers } = await door.send(slackRequestOf(event))
  expect([statusCode, headers['x-request-id']]).toEqual([401, 'one-delivery'])
})

test('an `X-Request-ID` is on every kind of answer', async () => {
  const click = door.clickOn(request, 'U0BEN', 'approve')
  const unsigned = { ...click, headers: {} }
  const [clicked, refused] = [await door.send(click, { requestId: 'a' }), await door.send(unsigned, { requestId: 'b' })]
  door.isTimed = true
  door.secrets = () => Promise.reject(new Error('Secrets Manager does not answer'))
  const unknown = await door.send(click, { requestId: 'c' })
  expect([clicked, refused, unknown].map(({ statusCode, headers }) => [statusCode, headers['x-request-id']])).toEqual([
    [200, 'a'],
    [401, 'b'],
    [503, 'c'],
  ])
})

test.each([-30, 30])('a clock that is off by %d s decides', async (ahead) => {
  door.clockAhead = ahead
  await door.click(request, 'U0BEN')
  expect((await now()).stages[0]?.decisions).toHaveLength(1)
})

// An hour exceeds the freshness of Slack's signature; the person who clicked is not to blame.
test.each([-3600, -31, 31, 3600])(
  'a clock that is off by %d s decides nothing, says so, and raises an alarm',
  async (ahead) => {
    door.clockAhead = ahead
    expect(await door.click(request, 'U0BEN')).toMatchObject({ statusCode: 200 })
    expect((await now()).stages[0]?.decisions).toEqual([])
    expect(await world.story(request.ask.id)).toEqual(['Submitted', 'StageOpened'])
    expect(door.told.map(({ text }) => text)).toEqual([expect.stringMatching(refusals.clock_out_of_range.so)])
    expect(world.log.lines).toContainEqual({
      level: 'error',
      message: 'clock_out_of_range',
      fields: { route: 'POST /slack/events' },
    })
  },
)

test('a clock that is off admits only fresh signatures', async () => {
  const click = door.clickOn(request, 'U0BEN', 'approve')
  door.clockAhead = 3600
  const forged = { ...click, headers: { ...click.headers, 'x-slack-signature': `v0=${'0'.repeat(64)}` } }
  expect(await door.send(forged)).toMatchObject({ statusCode: 401 })
  world.clock.advance(301)
  expect(await door.send(click)).toMatchObject({ statusCode: 401 })
  expect(door.told).toEqual([])
})

test('a clock that is off is not hidden by an arrival without a time', async () => {
  expect(await door.send(door.clickOn(request, 'U0BEN', 'approve'), { arrivedAt: Number.NaN })).toMatchObject({
    statusCode: 401,
  })
  expect((await now()).stages[0]?.decisions).toEqual([])
})

test.each([
  ['the answer is lost after the commit', 'answer_lost', 'approved 1'],
  ['the store never received it', 'unheard', 'approved 0'],
] as const)('a click during an outage is answered truthfully: %s', async (_what, fault, after) => {
  world.requests.failNextCommit(fault)
  expect(await door.click(request, 'U0BEN')).toMatchObject({ statusCode: 200 })
  expect(door.told.map(({ text }) => text)).toEqual([notAnswered])
  expect(`approved ${(await now()).stages[0]?.decisions.length}`).toBe(after)
})

test('a click whose request cannot be read is answered the same', async () => {
  door.ports = (ports) => ({ ...ports, requests: unreadable(ports.requests) })
  await door.click(request, 'U0BEN')
  expect(door.told[0]?.text).toMatch(/^The store has not answered yet/)
})

test('a click under a right denied after the commit names the card, and the operator', async () => {
  world.requests.failNextCommit('answer_lost', { cause: new RightMissing('denied') })
  await door.click(request, 'U0BEN')
  expect((await now()).stages[0]?.decisions).toHaveLength(1)
  expect(door.told[0]?.text).toBe(`The card shows what was recorded. ${operatorMustLook}`)
})

test("a click that meets a defect is answered without blame, and the log has the fault's name alone", async () => {
  const broken = () => {
    throw new TypeError('secret detail')
  }
  door.ports = (ports) => ({ ...ports, requests: { ...unreadable(ports.requests), load: broken } })
  expect(await door.click(request, 'U0BEN')).toMatchObject({ statusCode: 200 })
  expect(door.told[0]?.text).toMatch(/^Something failed/)
  expect(world.log.lines.at(-1)).toEqual({
    level: 'error',
    message: 'click_not_decided',
    fields: { request: request.ask.id, fault: 'TypeError' },
  })
})

const unreadable = <T extends object>(store: T): T =>
  new Proxy(store, {
    get: (target, name) =>
      name === 'load' ? () => Promise.reject(new StoreUnavailable('no answer')) : Reflect.get(target, name),
  })
