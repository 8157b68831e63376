import { once } from 'node:events'
import { get } from 'node:http'
import { App, AwsLambdaReceiver, LogLevel } from '@slack/bolt'
import { DeskFixture, modal, signingSecret } from './fixture.ts'

const at = new DeskFixture()
const seen: string[] = []

/** A Bolt app that checks signatures itself, behind the fixture's server. */
beforeEach(async () => {
  await at.open()
  seen.length = 0
  const receiver = new AwsLambdaReceiver({ signingSecret, logLevel: LogLevel.ERROR })
  const app = new App({
    receiver,
    logLevel: LogLevel.ERROR,
    authorize: async () => ({ botToken: 'xoxb-1', botId: 'B0BOT', botUserId: 'U0BOT' }),
    clientOptions: { slackApiUrl: at.desk.apiUrl },
    convoStore: false,
  })
  app.action('approve', async ({ ack, body, client, respond }) => {
    await ack()
    seen.push(`action by ${body.user.id}`)
    await respond({ response_type: 'ephemeral', replace_original: false, text: 'noted' })
    if ('trigger_id' in body)
      await client.views.open({ trigger_id: body.trigger_id, view: { ...modal, callback_id: 'narrow' } })
  })
  app.view('narrow', async ({ ack, view }) => {
    seen.push(`view with ${view.state.values['minutes']?.['m']?.value}`)
    await ack({ response_action: 'errors', errors: { minutes: 'too few' } })
  })
  app.command('/hotwork', async ({ ack, command }) => {
    seen.push(`command ${command.text} in ${command.channel_name}`)
    await ack('at your service')
  })
  app.event('app_home_opened', async ({ event, client }) => {
    seen.push(`home of ${event.user}`)
    await client.views.publish({ user_id: event.user, view: { type: 'home', blocks: [{ type: 'divider' }] } })
  })
  const handler = await receiver.start()
  at.answer = async ({ headers, body }) => {
    const event = { body, headers, isBase64Encoded: false, httpMethod: 'POST', path: '/slack/events' }
    const answer = await handler(event as unknown as Parameters<typeof handler>[0], {})
    return { status: answer.statusCode, body: answer.body }
  }
})
afterEach(() => at.close())

test('Bolt takes a click, answers the clicker and opens a modal, whose errors are shown', async () => {
  const ts = await at.postCard()
  const click = await at.control('click', { channel: 'C0APPR', ts, action_id: 'approve', user: 'U0ANA' })
  expect(click.json).toMatchObject({ status: 200 })
  expect((await at.control('ephemerals?user=U0ANA')).json).toMatchObject({ ephemerals: [{ text: 'noted' }] })
  const view_id = (await at.control('views?user=U0ANA')).json.views[0].id
  await at.control('submit', { view_id, user: 'U0ANA', values: { minutes: '2' } })
  expect((await at.control('views?user=U0ANA')).json).toMatchObject({ views: [{ errors: { minutes: 'too few' } }] })
  expect(seen).toEqual(['action by U0ANA', 'view with 2'])
})

test('Bolt takes a slash command and an event', async () => {
  await at.control('command', { command: '/hotwork', text: 'status', user: 'U0DEV', channel: 'hotwork-security' })
  expect((await at.control('ephemerals?user=U0DEV')).json).toMatchObject({ ephemerals: [{ text: 'at your service' }] })
  const event = { type: 'app_home_opened', user: 'U0DEV', channel: 'D0DEV', tab: 'home' }
  expect((await at.control('event', event)).json).toMatchObject({ status: 200 })
  expect((await at.control('views?user=U0DEV')).json).toMatchObject({ home: { blocks: [{ type: 'divider' }] } })
  expect(seen).toEqual(['command status in hotwork-security', 'home of U0DEV'])
})

test('the home tab is opened by a person’s navigation, and not by a page that refreshes', async () => {
  const opened = `${at.desk.deskUrl}?as=U0DEV&in=home`
  // `fetch` sends another `sec-fetch-mode` than a navigation.
  await fetch(opened)
  expect(seen).toEqual([])
  const [answer] = await once(get(opened, { headers: { 'sec-fetch-mode': 'navigate' } }), 'response')
  answer.resume()
  expect(seen).toEqual(['home of U0DEV'])
})
