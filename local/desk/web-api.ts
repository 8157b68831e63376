import { chatMethods, contentOf, type MethodTable, personOf, SlackError, TooFast, unwrap } from './api-chat.ts'
import { checkView, isObject, type Json, textOf } from './blocks.ts'
import { type Answer, type Incoming, json } from './http.ts'
import type { DeskPerson, DeskState } from './state.ts'
import { describeView, type View } from './surfaces.ts'

const describePerson = (person: DeskPerson, { teamId }: DeskState): Json => ({
  id: person.slackUserId,
  team_id: teamId,
  name: person.name,
  real_name: person.realName,
  deleted: false,
  is_bot: false,
  is_app_user: false,
  is_restricted: false,
  is_ultra_restricted: false,
  tz: 'Etc/UTC',
  profile: { real_name: person.realName, display_name: person.name, email: `${person.name}@example.com`, team: teamId },
})

const peopleMethods: MethodTable = {
  'auth.test': (_args, { teamId, botUserId }) => ({
    url: 'https://hotwork.slack.com/',
    team: 'Hotwork desk',
    user: 'hotwork',
    team_id: teamId,
    user_id: botUserId,
    bot_id: `B${botUserId.slice(1)}`,
    is_enterprise_install: false,
  }),
  'conversations.open': (args, state) => {
    const { roster } = state
    const [userId, ...others] = Array.isArray(args['users']) ? args['users'] : textOf(args['users']).split(',')
    if (!userId || others.length > 0) throw new SlackError('users_list_not_supplied')
    const { slackUserId } = personOf(userId, state)
    const already_open = roster.directOf(slackUserId) !== undefined
    const { id } = roster.openDirect(slackUserId)
    return { already_open, no_op: already_open, channel: { id, is_im: true, user: slackUserId, is_archived: false } }
  },
  'users.info': (args, state) => ({ user: describePerson(personOf(args['user'], state), state) }),
  'usergroups.users.list': (args, { roster }) => {
    const group = roster.groups.find(({ id }) => id === args['usergroup'])
    if (!group) throw new SlackError('no_such_subteam')
    return { users: group.members }
  },
}

const shown = (view: View, state: DeskState): Json => ({ view: describeView(view, state) })

const viewMethods: MethodTable = {
  'views.open': (args, state) => {
    const content = unwrap(checkView(args['view'], 'modal'))
    const used = state.triggers.use(textOf(args['trigger_id']))
    if ('refusal' in used) throw new SlackError(used.refusal)
    return shown(state.views.open(used.for, content), state)
  },
  'views.publish': (args, state) => {
    const { slackUserId } = personOf(args['user_id'], state)
    return shown(state.views.publish(slackUserId, unwrap(checkView(args['view'], 'home'))), state)
  },
}

const methods: MethodTable = { ...chatMethods, ...peopleMethods, ...viewMethods }

const structured = ['blocks', 'view']

function parsed(text: string, error: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new SlackError(error)
  }
}

function argumentsOf({ url, headers, body }: Incoming): Json {
  const type = headers['content-type'] ?? ''
  const isJson = type.startsWith('application/json')
  if (!isJson && body !== '' && !type.startsWith('application/x-www-form-urlencoded')) {
    throw new SlackError('invalid_post_type')
  }
  const sent = isJson ? parsed(body || '{}', 'invalid_json') : Object.fromEntries(new URLSearchParams(body))
  if (!isObject(sent)) throw new SlackError('json_not_object')
  const args: Json = { ...Object.fromEntries(url.searchParams), ...sent }
  for (const name of structured) {
    const value = args[name]
    const error = name === 'blocks' ? 'invalid_blocks_format' : 'invalid_arguments'
    if (typeof value === 'string') args[name] = parsed(value, error)
  }
  return args
}

function tokenOf({ headers }: Incoming, args: Json): string {
  const bearer = /^Bearer (.+)$/i.exec(headers.authorization ?? '')?.[1]
  const token = bearer ?? args['token']
  if (typeof token !== 'string' || token === '') throw new SlackError('not_authed')
  return token
}

const rateLimited = (seconds: number): Answer =>
  json(429, { ok: false, error: 'ratelimited' }, { 'retry-after': String(seconds) })

/** Serves the Web API. It accepts any token; `onToken` is called with each. */
export function serveWebApi(state: DeskState, onToken: (token: string, method: string) => void) {
  return (incoming: Incoming): Answer => {
    const { status, retryAfterSeconds, error } = state.fault
    if (status === 429) return rateLimited(retryAfterSeconds)
    if (status !== 0) return json(status, { ok: false, error: error ?? 'internal_error' })

    const name = incoming.url.pathname.slice('/api/'.length)
    try {
      const args = argumentsOf(incoming)
      const method = Object.hasOwn(methods, name) ? methods[name] : undefined
      if (!method) throw new SlackError('unknown_method')
      onToken(tokenOf(incoming, args), name)
      return json(200, { ok: true, ...method(args, state) })
    } catch (cause) {
      if (cause instanceof TooFast) return rateLimited(cause.retryAfterSeconds)
      if (!(cause instanceof SlackError)) throw cause
      const { message: error, messages } = cause
      return json(200, { ok: false, error, response_metadata: messages.length > 0 ? { messages } : undefined })
    }
  }
}

/** Serves a `response_url`: an ephemeral message to the person who acted, which is all that Hotwork sends by it. */
export function serveResponseUrl(state: DeskState) {
  return ({ url, body }: Incoming): Answer => {
    try {
      const said = parsed(body, 'invalid_payload')
      if (!isObject(said)) throw new SlackError('invalid_payload')
      const used = state.responses.use(url.pathname.slice('/response/'.length))
      if ('refusal' in used) return json(404, { ok: false, error: used.refusal })
      state.messages.postEphemeral({ ...used.for, ...contentOf(said) })
      return json(200, { ok: true })
    } catch (cause) {
      if (!(cause instanceof SlackError)) throw cause
      return json(400, { ok: false, error: cause.message })
    }
  }
}
