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

test('the known methods are exactly the called ones', () => {
  expect(clientsByOtherNames()).toEqual([])
  expect(methodsInCode()).toEqual(Object.keys(scopesOfMethod).sort())
})

test('the subscribed events are exactly the ones listened for', () => {
  expect(eventsInCode().sort()).toEqual([...settings.event_subscriptions.bot_events].sort())
  expect(eventsInCode().sort()).toEqual(Object.keys(scopesOfEvent).sort())
})

test('the listed commands are exactly the answered ones', () => {
  expect(features.slash_commands.map(({ command }) => command)).toEqual(commandsInCode())
})

test('the app has exactly the scopes of its methods, events and commands', () => {
  const used = [
    ...methodsInCode().flatMap((method) => scopesOfMethod[method] ?? []),
    ...eventsInCode().flatMap((event) => scopesOfEvent[event] ?? []),
    ...(commandsInCode().length === 0 ? [] : ['commands']),
  ]
  expect(oauth_config.scopes).toEqual({ bot: [...new Set(used)].sort() })
})

test('the app reads no messages of people, and takes no personal token', () => {
  expect(oauth_config.scopes.bot.filter((scope) => /history|email|files|admin|search/.test(scope))).toEqual([])
  expect(settings.event_subscriptions.bot_events.filter((event) => /message|mention/.test(event))).toEqual([])
  // A read-only tab of messages holds the app's own messages to a person.
  expect(features.app_home).toEqual({
    home_tab_enabled: true,
    messages_tab_enabled: true,
    messages_tab_read_only_enabled: true,
  })
})

test("the app's clicks, commands and events go to the one address of the API", () => {
  expect(settings.interactivity).toEqual({ is_enabled: true, request_url: address })
  expect(settings.event_subscriptions.request_url).toBe(address)
  expect(features.slash_commands.map(({ url }) => url)).toEqual([address])
})

test('a scope and a place to fill in is explained in the docs', () => {
  for (const name of [...oauth_config.scopes.bot, 'HOTWORK_API']) expect(page).toContain(`| \`${name}\` |`)
  for (const event of settings.event_subscriptions.bot_events) expect(page).toContain(`\`${event}\``)
})

test("the manifest keeps to Slack's limits", () => {
  const { name, description, background_color } = display_information
  expect(name.length).toBeLessThanOrEqual(35)
  expect(description.length).toBeLessThanOrEqual(140)
  expect(background_color).toMatch(/^#[0-9a-f]{6}$/)
  for (const { description: does, usage_hint } of features.slash_commands)
    expect([does.length <= 100, usage_hint.length <= 100]).toEqual([true, true])
})
