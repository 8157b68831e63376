import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const manifest = JSON.parse(readFileSync(join(__dirname, '../../infra/slack-manifest.json'), 'utf8'))
const page = readFileSync(join(__dirname, '../../docs/slack.md'), 'utf8')

test('the app may post and change its own cards, and nothing else', () => {
  expect(manifest.oauth_config.scopes).toEqual({ bot: ['chat:write'] })
  expect(manifest.settings).not.toHaveProperty('event_subscriptions')
  expect(manifest.features).not.toHaveProperty('slash_commands')
})

test('presses go to the one address that the API has for Slack', () => {
  expect(manifest.settings.interactivity).toEqual({ is_enabled: true, request_url: 'https://HOTWORK_API/slack/events' })
})

test('every scope and every place to fill in is explained', () => {
  for (const name of [...manifest.oauth_config.scopes.bot, 'HOTWORK_API']) expect(page).toContain(`| \`${name}\` |`)
})

test('it keeps to what Slack takes in a manifest', () => {
  const { name, description } = manifest.display_information
  expect(name.length).toBeLessThanOrEqual(35)
  expect(description.length).toBeLessThanOrEqual(140)
  expect(manifest.display_information.background_color).toMatch(/^#[0-9a-f]{6}$/)
})
