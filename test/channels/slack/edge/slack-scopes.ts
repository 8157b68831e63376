import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { read, root } from '../../../support/repository.ts'

/** Slack's required scopes for each method and event in use. https://docs.slack.dev/reference/methods */
export const scopesOfMethod: { readonly [method: string]: readonly string[] } = {
  'chat.postMessage': ['chat:write'],
  'chat.update': ['chat:write'],
  'conversations.open': ['im:write'],
  'usergroups.users.list': ['usergroups:read'],
  'users.info': ['users:read'],
  'views.open': [],
  'views.publish': [],
}
export const scopesOfEvent: { readonly [event: string]: readonly string[] } = {
  app_home_opened: [],
  app_uninstalled: [],
  subteam_members_changed: ['usergroups:read'],
  tokens_revoked: [],
}

const sources = readdirSync(join(root, 'functions'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => read(join('functions', file)))
const found = (pattern: RegExp): string[] =>
  [...new Set(sources.flatMap((source) => [...source.matchAll(pattern)].map(([, name = '']) => name)))].sort()

/** The methods that the code calls. Each client is named `client`, so that this can find them. */
export const methodsInCode = (): string[] =>
  found(
    /\bclient\s*\.((?:admin|apps|auth|bookmarks|chat|conversations|files|reactions|team|usergroups|users|views)(?:\s*\.\w+)+)\(/g,
  )

/** Web API clients of another name, whose calls would stay unfound. */
export const clientsByOtherNames = (): string[] =>
  found(/\b(\w+)\s*=\s*new WebClient\(/g).filter((name) => name !== 'client')

export const eventsInCode = (): string[] => [
  ...found(/\bapp\.event\(\s*'([a-z_]+)'/g),
  ...found(/for \(const event of \[([^\]]+)\]/g).flatMap((list) =>
    [...list.matchAll(/'([a-z_]+)'/g)].map(([, name = '']) => name),
  ),
]

export const commandsInCode = (): string[] => found(/\bconst command = '(\/\w+)'/g)

export const manifest = JSON.parse(read('infra/slack-manifest.json')) as {
  display_information: { name: string; description: string; background_color: string }
  features: {
    app_home: { [tab: string]: boolean }
    slash_commands: { command: string; url: string; usage_hint: string; description: string; should_escape: boolean }[]
  }
  oauth_config: { scopes: { bot: string[] } }
  settings: {
    event_subscriptions: { request_url: string; bot_events: string[] }
    interactivity: { is_enabled: boolean; request_url: string }
    [setting: string]: unknown
  }
}
