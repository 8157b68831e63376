import { WebClient } from '@slack/web-api'
import { Pace } from '../../../local/desk/state.ts'
import { card, DeskFixture, modal, plain, refusal } from './fixture.ts'

const at = new DeskFixture()
beforeEach(() => at.open())
afterEach(() => at.close())

test('history returns the cards with their blocks, newest first, with ids filled in', async () => {
  const first = await at.postCard()
  await at.slack.chat.postMessage({ channel: '#hotwork-approvals', text: 'second', blocks: [{ type: 'divider' }] })
  const { messages = [] } = await at.slack.conversations.history({ channel: 'C0APPR' })
  expect(messages.map(({ text }) => text)).toEqual(['second', 'a card'])
  expect(messages[1]).toMatchObject({ ts: first, user: 'U0BOT', app_id: 'A0HOT', blocks: card })
  expect(messages[0]?.blocks?.[0]?.block_id).toMatch(/^\S{5}$/)
})

test('history pages with a cursor', async () => {
  for (const text of ['one', 'two', 'three']) await at.slack.chat.postMessage({ channel: 'C0APPR', text })
  const texts: (string | undefined)[] = []
  for await (const part of at.slack.paginate('conversations.history', { channel: 'C0APPR', limit: 2 })) {
    texts.push(...((part as { messages?: { text: string }[] }).messages ?? []).map(({ text }) => text))
  }
  expect(texts).toEqual(['three', 'two', 'one'])
})

test('timestamps are unique and rise while the clock stands still', async () => {
  const stamps = [await at.postCard(), await at.postCard(), await at.postCard()]
  expect([...new Set(stamps)].sort()).toEqual(stamps)
})

test('an update replaces a card in place, and a deletion removes it', async () => {
  const ts = await at.postCard()
  const blocks = [{ type: 'header' as const, text: plain('Done') }]
  await at.slack.chat.update({ channel: 'C0APPR', ts, text: 'approved', blocks })
  const { messages } = await at.slack.conversations.history({ channel: 'C0APPR' })
  expect(messages).toMatchObject([{ ts, text: 'approved', blocks: [{ type: 'header' }], edited: { user: 'U0BOT' } }])
  await at.slack.chat.delete({ channel: 'C0APPR', ts })
  const gone = at.slack.chat.update({ channel: 'C0APPR', ts, text: 'x' })
  await expect(gone).rejects.toEqual(refusal('message_not_found'))
})

test.each<[error: string, call: () => Promise<unknown>]>([
  ['channel_not_found', () => at.slack.chat.postMessage({ channel: 'C0NONE', text: 'x' })],
  ['no_text', () => at.slack.chat.postMessage({ channel: 'C0APPR', text: '' })],
  ['msg_too_long', () => at.slack.chat.postMessage({ channel: 'C0APPR', text: 'x'.repeat(40_001) })],
  ['invalid_trigger_id', () => at.slack.views.open({ trigger_id: 'guess', view: modal })],
  ['user_not_found', () => at.slack.users.info({ user: 'U0NONE' })],
  ['unknown_method', () => at.slack.apiCall('chat.postmessage')],
  ['not_authed', () => new WebClient(undefined, { slackApiUrl: at.desk.apiUrl }).auth.test()],
])('the error %s has Slack’s form', async (error, call) => {
  await expect(call()).rejects.toEqual(refusal(error))
})

test('an empty token counts as no token', async () => {
  const body = new URLSearchParams({ token: '' })
  const response = await fetch(`${at.desk.apiUrl}auth.test`, { method: 'POST', body })
  expect(await response.json()).toEqual({ ok: false, error: 'not_authed' })
})

test('a JSON body is read like a form', async () => {
  const response = await fetch(`${at.desk.apiUrl}chat.postMessage`, {
    method: 'POST',
    headers: { 'content-type': 'application/json; charset=utf-8', authorization: 'Bearer xoxb-1' },
    body: JSON.stringify({ channel: 'C0APPR', blocks: card }),
  })
  expect(await response.json()).toMatchObject({ ok: true, message: { blocks: card } })
})

test('people, their groups and a direct message are found', async () => {
  expect(await at.slack.users.info({ user: 'U0ANA' })).toMatchObject({ user: { name: 'ana' } })
  expect(await at.slack.usergroups.users.list({ usergroup: 'SSRE' })).toMatchObject({ users: ['U0ANA', 'U0DEV'] })
  const { channel } = await at.slack.conversations.open({ users: 'U0ANA' })
  await at.slack.chat.postMessage({ channel: channel?.id as string, text: 'between us' })
  expect(await at.page(`as=U0ANA&in=${channel?.id}`)).toContain('between us')
  expect(await at.page(`as=U0DEV&in=${channel?.id}`)).not.toContain('between us')
})

test.each(['is_archived', 'not_in_channel'])(
  'a channel that is closed with `%s` refuses posts and updates until it is open',
  async (error) => {
    const ts = await at.postCard()
    const send = () => at.slack.chat.postMessage({ channel: 'C0APPR', text: 'x' })
    await at.control('channel', { channel: 'hotwork-approvals', error })
    await expect(send()).rejects.toEqual(refusal(error))
    await expect(at.slack.chat.update({ channel: 'C0APPR', ts, text: 'x' })).rejects.toEqual(refusal(error))
    expect(await at.slack.chat.postMessage({ channel: 'C0SEC', text: 'x' })).toMatchObject({ ok: true })
    await at.control('channel', { channel: 'C0APPR' })
    expect(await send()).toMatchObject({ ok: true })
  },
)

test.each([500, 503])('a fault makes every call answer %d until it ends', async (status) => {
  await at.control('fault', { status })
  await expect(at.slack.auth.test()).rejects.toMatchObject({ statusCode: status })
  await at.control('fault', { status: 0 })
  expect(await at.slack.auth.test()).toMatchObject({ ok: true, team_id: 'T0HOT' })
})

test('a desk that keeps the pace of Slack takes one message a second in a channel', () => {
  let now = 0
  const pace = new Pace(() => now)
  expect([pace.wait('C0ONE'), pace.wait('C0ONE'), pace.wait('C0TWO')]).toEqual([0, 1, 0])
  now = 1_000
  expect(pace.wait('C0ONE')).toBe(0)
})

test('a rate limit says when to retry', async () => {
  await at.control('fault', { status: 429, retry_after: 7 })
  await expect(at.slack.auth.test()).rejects.toMatchObject({ retryAfter: 7 })
})
