import { createHmac } from 'node:crypto'
import { approve, card, DeskFixture, modal, plain, type Received, refusal, signingSecret } from './fixture.ts'

const at = new DeskFixture()
beforeEach(() => at.open())
afterEach(() => at.close())

test('a click is signed over the raw body, and has its person and button', async () => {
  const ts = await at.postCard()
  const answer = await at.click(ts, { channel: 'hotwork-approvals' })
  expect(answer).toMatchObject({ status: 200, json: { status: 200, body: '' } })
  const { headers, body, payload } = at.received[0] as Received
  const stamp = headers['x-slack-request-timestamp']
  const hmac = createHmac('sha256', signingSecret).update(`v0:${stamp}:${body}`).digest('hex')
  expect(headers['x-slack-signature']).toBe(`v0=${hmac}`)
  expect(stamp).toBe(String(Math.floor(at.now / 1_000)))
  expect(payload).toMatchObject({
    type: 'block_actions',
    team: { id: 'T0HOT' },
    user: { id: 'U0ANA', username: 'ana', team_id: 'T0HOT' },
    api_app_id: 'A0HOT',
    container: { type: 'message', message_ts: ts, channel_id: 'C0APPR', is_ephemeral: false },
    channel: { id: 'C0APPR', name: 'hotwork-approvals' },
    message: { ts, blocks: card },
    actions: [
      { action_id: 'approve', block_id: 'decide', value: approve.value, type: 'button', text: plain('Approve') },
    ],
  })
  expect(await at.control('interactions')).toMatchObject({
    json: { interactions: [{ body, answer: { status: 200 } }] },
  })
})

test('a click on a button that is gone is sent as from a screen that lags behind', async () => {
  const ts = await at.postCard()
  await at.slack.chat.update({ channel: 'C0APPR', ts, text: 'settled', blocks: [{ type: 'divider' }] })
  const late = await at.click(ts, { user: 'ana' })
  expect(late.json).toMatchObject({ status: 200, stale: true })
  expect(at.received[0]?.payload.message.blocks).toEqual(card)
})

test.each<[fix: string, change: object]>([
  ['`user`: unknown `U0NONE`', { user: 'U0NONE' }],
  ['`channel`: there is no `nowhere`', { channel: 'nowhere' }],
  ['`ts`: no message `1.000000`', { ts: '1.000000' }],
  ['it has `approve`', { action_id: 'aprove' }],
  ['`ts`: Invalid input', { ts: 5 }],
  ['Unrecognized key: "actionId"', { actionId: 'approve' }],
])('an impossible click is a 400 that says: %s', async (fix, change) => {
  const ts = await at.postCard()
  const { status, json } = await at.click(ts, change)
  expect({ status, error: json.error }).toEqual({ status: 400, error: expect.stringContaining(fix) })
  expect(at.received).toEqual([])
})

test('a click at an unreachable app is a 502', async () => {
  const ts = await at.postCard()
  await at.closeApp()
  const { status, json } = await at.click(ts)
  expect({ status, error: json.error }).toEqual({ status: 502, error: expect.stringContaining('did not answer') })
})

test('an answer through response_url is shown to the clicker alone', async () => {
  at.answer = async ({ payload }) => {
    await fetch(payload.response_url, { method: 'POST', body: JSON.stringify({ text: 'not &lt;eligible&gt;' }) })
    return {}
  }
  await at.click(await at.postCard())
  expect((await at.control('ephemerals?user=U0ANA')).json).toMatchObject({
    ephemerals: [{ channel: 'C0APPR', text: 'not &lt;eligible&gt;' }],
  })
  expect((await at.control('ephemerals?user=U0DEV')).json).toEqual({ ephemerals: [] })
  expect(await at.page('as=U0ANA')).toContain('not &lt;eligible&gt;')
  expect(await at.page('as=U0DEV')).not.toContain('eligible')
})

test('a click hands out a response_url for five uses and half an hour', async () => {
  const ts = await at.postCard()
  const urlOfClick = async () => {
    await at.click(ts)
    return at.received.at(-1)?.payload.response_url as string
  }
  const respond = async (url: string, body: object) => {
    const response = await fetch(url, { method: 'POST', body: JSON.stringify(body) })
    return { status: response.status, error: ((await response.json()) as { error?: string }).error }
  }
  const [used, expired] = [await urlOfClick(), await urlOfClick()]
  for (const text of ['one', 'two', 'three']) await respond(used, { text })
  expect(await respond(used, { text: '' })).toEqual({ status: 400, error: 'no_text' })
  expect((await respond(used, { text: 'five' })).status).toBe(200)
  expect(await respond(used, { text: 'six' })).toEqual({ status: 404, error: 'used_url' })
  at.now += 30 * 60_000
  expect(await respond(expired, { text: 'late' })).toEqual({ status: 404, error: 'expired_url' })
})

describe('a modal', () => {
  const open = async () => {
    at.answer = async ({ payload }) => {
      await at.slack.views.open({ trigger_id: payload.trigger_id, view: modal })
      return {}
    }
    await at.click(await at.postCard())
    const { json } = await at.control('views?user=U0ANA')
    return json.views[0].id as string
  }

  test('a modal opens once per trigger, within three seconds', async () => {
    await open()
    const trigger_id = at.received[0]?.payload.trigger_id
    await expect(at.slack.views.open({ trigger_id, view: modal })).rejects.toEqual(refusal('exchanged_trigger_id'))
    at.answer = () => ({})
    await at.click(await at.postCard())
    at.now += 3_000
    const late = at.received.at(-1)?.payload.trigger_id
    await expect(at.slack.views.open({ trigger_id: late, view: modal })).rejects.toEqual(refusal('expired_trigger_id'))
  })

  test.each<[named: string, values: object]>([
    ['by block', { minutes: '3' }],
    ['by action', { m: 3 }],
    ['by both', { minutes: { m: '3' } }],
    ['as Slack has them', { minutes: { m: { type: 'number_input', value: '3' } } }],
  ])('a modal is submitted with values named %s', async (_named, values) => {
    const view_id = await open()
    at.answer = () => ({})
    await at.control('submit', { view_id, user: 'U0ANA', values })
    expect(at.received.at(-1)?.payload).toMatchObject({
      type: 'view_submission',
      user: { id: 'U0ANA' },
      view: { id: view_id, state: { values: { minutes: { m: { type: 'number_input', value: '3' } } } } },
    })
    expect((await at.control('views?user=U0ANA')).json).toEqual({ views: [] })
  })

  test.each<[fix: string, values: object]>([
    ['fill in `Minutes`', {}],
    ['takes a whole number of at most 5', { minutes: '6' }],
    ['no input is named `hours`', { minutes: '1', hours: '2' }],
  ])('an invalid form is not sent: %s', async (fix, values) => {
    const view_id = await open()
    const { status, json } = await at.control('submit', { view_id, user: 'U0ANA', values })
    expect({ status, error: json.error }).toEqual({ status: 400, error: expect.stringContaining(fix) })
    expect(at.received).toHaveLength(1)
  })

  test('a modal belongs to one person', async () => {
    const view_id = await open()
    expect((await at.control('submit', { view_id, user: 'U0DEV', values: { minutes: '1' } })).status).toBe(400)
  })

  test.each<[action: string, body: object, views: object[]]>([
    ['errors', { errors: { minutes: 'too <many>' } }, [{ title: plain('Narrow'), errors: { minutes: 'too <many>' } }]],
    ['update', { view: { ...modal, title: plain('Next') } }, [{ title: plain('Next') }]],
  ])('a modal follows response_action %s', async (response_action, body, views) => {
    const view_id = await open()
    at.answer = () => ({ body: JSON.stringify({ response_action, ...body }) })
    await at.control('submit', { view_id, user: 'U0ANA', values: { minutes: '1' } })
    expect((await at.control('views?user=U0ANA')).json.views).toMatchObject(views)
    const shown = await at.page('as=U0ANA')
    if (response_action === 'errors') expect(shown).toMatch(/value="1"[\s\S]*too &lt;many&gt;/)
  })

  test('a modal is filled in and submitted by a page without a script', async () => {
    const view = await open()
    at.answer = () => ({})
    await at.post({ as: 'U0ANA', in: 'C0APPR', view, 'minutes/m': '2' }, 'submit')
    expect(at.received.at(-1)?.payload.view.state.values).toEqual({
      minutes: { m: { type: 'number_input', value: '2' } },
    })
  })
})
