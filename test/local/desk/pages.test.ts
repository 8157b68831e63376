import { request } from 'node:http'
import { approve, DeskFixture, plain } from './fixture.ts'

const at = new DeskFixture()
beforeEach(() => at.open())
afterEach(() => at.close())

test('a click on a page is sent as the chosen person, and the page shows the app’s answer', async () => {
  at.answer = () => ({ status: 401, body: 'bad <signature>' })
  const ts = await at.postCard()
  const fields = { as: 'U0DEV', in: 'C0APPR', channel: 'C0APPR', ts, click: 'decide/approve' }
  expect((await at.post(fields)).headers.get('location')).toBe('/?as=U0DEV&in=C0APPR')
  expect(at.received[0]?.payload).toMatchObject({ user: { id: 'U0DEV' }, actions: [{ value: approve.value }] })
  expect(await at.page('as=U0DEV')).toContain(
    'The app answered 401. Slack would show a warning here. bad &lt;signature&gt;',
  )
})

test('a page runs only its own script', async () => {
  expect((await fetch(at.desk.deskUrl)).headers.get('content-security-policy')).toMatch(
    /default-src 'none'; script-src 'sha256-[^']+'; style-src 'sha256-/,
  )
})

test('a page escapes names and posted text', async () => {
  const evil = '<script>alert(1)</script>'
  await at.slack.chat.postMessage({
    channel: 'C0APPR',
    text: evil,
    blocks: [
      { type: 'header', text: plain(evil) },
      { type: 'context', elements: [plain(`${evil} <javascript:alert(1)|go>`)] },
      { type: 'rich_text', elements: [{ type: 'rich_text_preformatted', elements: [{ type: 'text', text: evil }] }] },
      { type: 'actions', elements: [{ ...approve, action_id: '"><img src=x>', text: plain('">') }] },
    ],
  })
  const shown = await at.page('as=U0DEV')
  expect(shown.match(/<script>/g)).toHaveLength(1)
  expect(shown).toContain('Dev &lt;b&gt;Patel&lt;/b&gt;')
  expect(shown).not.toMatch(/<img|href="javascript:/)
})

test('a button with a confirmation asks before the click is sent', async () => {
  const confirm = { title: plain('Sure?'), text: plain('It is prod'), confirm: plain('Yes'), deny: plain('No') }
  await at.slack.chat.postMessage({
    channel: 'C0APPR',
    text: 'x',
    blocks: [{ type: 'actions', elements: [{ ...approve, confirm }] }],
  })
  expect(await at.page('as=U0ANA')).toMatch(
    /<button id="\S+" type="button"[\s\S]*popover [\s\S]*Sure\?[\s\S]*It is prod[\s\S]*name="click"/,
  )
})

test('the number beside a channel counts the open cards alone', async () => {
  const post = (...elements: object[]) =>
    at.slack.chat.postMessage({ channel: 'C0APPR', text: 'x', blocks: [{ type: 'actions', elements }] as never })
  const kept = { type: 'button', action_id: 'allow_more', text: plain('Allow 3 more'), value: 'x' }
  await post(kept)
  await post({ type: 'button', action_id: 'read', text: plain('Read all of it'), url: 'https://hotwork.example/x' })
  expect(await at.page('as=U0ANA')).not.toContain('open cards')
  await post({ ...approve, style: 'primary' }, kept)
  expect(await at.page('as=U0ANA')).toContain('<span class="sr">open cards: </span>1</span>')
})

test('a slash command is a signed form, and its answer is shown to its writer', async () => {
  at.answer = () => ({ body: 'no open requests' })
  await at.post({ as: 'U0DEV', in: 'C0APPR', text: '/hotwork list open' }, 'say')
  expect(Object.fromEntries(at.received[0]?.form ?? [])).toMatchObject({
    command: '/hotwork',
    text: 'list open',
    user_id: 'U0DEV',
  })
  expect((await at.control('ephemerals?user=dev')).json).toMatchObject({ ephemerals: [{ text: 'no open requests' }] })
})

test('a home tab is shown to its person', async () => {
  const home = { type: 'home' as const, blocks: [{ type: 'header' as const, text: plain('Your agents') }] }
  await at.slack.views.publish({ user_id: 'U0DEV', view: home })
  expect(await at.page('as=U0DEV&in=home')).toContain('Your agents')
  expect(await at.page('as=U0ANA&in=home')).not.toContain('Your agents')
})

test('waiting answers as soon as a card is posted or updated', async () => {
  const { seq } = (await at.control('messages')).json
  const waiting = at.control(`wait?channel=C0APPR&after=${seq}`)
  await at.slack.chat.postMessage({ channel: 'C0SEC', text: 'elsewhere' })
  const ts = await at.postCard()
  const { json } = await waiting
  expect(json.changes).toMatchObject([{ type: 'posted', channel: 'C0APPR', ts }])
  const next = at.control(`wait?channel=C0APPR&after=${json.seq}`)
  await at.slack.chat.update({ channel: 'C0APPR', ts, text: 'changed' })
  expect((await next).json.changes).toMatchObject([{ type: 'updated', ts }])
})

test('waiting answers at once with earlier changes', async () => {
  const { seq } = (await at.control('messages')).json
  const ts = await at.postCard()
  expect((await at.control(`wait?after=${seq}`)).json.changes).toMatchObject([{ type: 'posted', ts }])
  expect((await at.control('wait?after=-1')).json.error).toContain('`after` must be a number')
})

test('the feed sends each change as it happens', async () => {
  const { body } = await fetch(`${at.desk.deskUrl}control/events`)
  const reader = body?.pipeThrough(new TextDecoderStream()).getReader()
  await reader?.read()
  const ts = await at.postCard()
  expect((await reader?.read())?.value).toContain(`"type":"posted","channel":"C0APPR","ts":"${ts}"`)
  await reader?.cancel()
})

test('a post of another site is refused', async () => {
  const ts = await at.postCard()
  const body = JSON.stringify({ channel: 'C0APPR', ts, action_id: 'approve', user: 'U0ANA' })
  const foreign = await fetch(`${at.desk.deskUrl}control/click`, {
    method: 'POST',
    body,
    headers: { origin: 'https://evil.example' },
  })
  expect(foreign.status).toBe(403)
  expect(at.received).toEqual([])
})

test('a request under a rebound name is refused', async () => {
  const { port } = new URL(at.desk.deskUrl)
  const headers = { host: `evil.example:${port}` }
  const status = await new Promise((resolve, reject) => {
    request({ port, host: '127.0.0.1', headers }, (response) => resolve(response.resume().statusCode))
      .on('error', reject)
      .end()
  })
  expect(status).toBe(403)
})
