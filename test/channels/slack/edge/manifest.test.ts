import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  clientsByOtherNames,
  commandsInCode,
  eventsInCode,
  manifest,
  methodsInCode,
  scopesOfEvent,
  scopesOfMethod,
} from './slack-scopes.ts'

const page = readFileSync(join(__dirname, '../../../../docs/slack.md'), 'utf8')
const { oauth_config, settings, features, display_information } = manifest
const address = 'https://HOTWORK_API/slack/events'

test('every method that the code calls is one whose scopes are known, and none is known that is not called', () => {
  expect(clientsByOtherNames()).toEqual([])
  expect(methodsInCode()).toEqual(Object.keys(scopesOfMethod).sort())
})

test('every event that is listened for is subscribed to, and no other', () => {
  expect(eventsInCode().sort()).toEqual([...settings.event_subscriptions.bot_events].sort())
  expect(eventsInCode().sort()).toEqual(Object.keys(scopesOfEvent).sort())
})

test('every command that is answered is there, and no other', () => {
  expect(features.slash_commands.map(({ command }) => command)).toEqual(commandsInCode())
})

test('the app has exactly the scopes that its methods, events and commands take', () => {
  const used = [
    ...methodsInCode().flatMap((method) => scopesOfMethod[method] ?? []),
    ...eventsInCode().flatMap((event) => scopesOfEvent[event] ?? []),
    ...(commandsInCode().length === 0 ? [] : ['commands']),
  ]
  expect(oauth_config.scopes).toEqual({ bot: [...new Set(used)].sort() })
})

test('nothing reads what people write, and there is no scope for a person’s own token', () => {
  expect(oauth_config.scopes.bot.filter((scope) => /history|email|files|admin|search/.test(scope))).toEqual([])
  expect(settings.event_subscriptions.bot_events.filter((event) => /message|mention/.test(event))).toEqual([])
  // A tab of messages that nobody can write in: it is where the app's own messages to a person are.
  expect(features.app_home).toEqual({
    home_tab_enabled: true,
    messages_tab_enabled: true,
    messages_tab_read_only_enabled: true,
  })
})

test('clicks, commands and events go to the one address that the API has for Slack', () => {
  expect(settings.interactivity).toEqual({ is_enabled: true, request_url: address })
  expect(settings.event_subscriptions.request_url).toBe(address)
  expect(features.slash_commands.map(({ url }) => url)).toEqual([address])
})

test('every scope and every place to fill in is explained', () => {
  for (const name of [...oauth_config.scopes.bot, 'HOTWORK_API']) expect(page).toContain(`| \`${name}\` |`)
  for (const event of settings.event_subscriptions.bot_events) expect(page).toContain(`\`${event}\``)
})

test('it keeps to what Slack takes in a manifest', () => {
  const { name, description, background_color } = display_information
  expect(name.length).toBeLessThanOrEqual(35)
  expect(description.length).toBeLessThanOrEqual(140)
  expect(background_color).toMatch(/^#[0-9a-f]{6}$/)
  for (const { description: does, usage_hint } of features.slash_commands)
    expect([does.length <= 100, usage_hint.length <= 100]).toEqual([true, true])
})
