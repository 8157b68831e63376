import { channelOf, chatMethods, contentOf, type MethodTable, paged, personOf, SlackError, unwrap } from './api-chat.ts'
import { checkView, isObject, type Json, textOf } from './blocks.ts'
import { type Answer, type Incoming, json } from './http.ts'
import type { DeskChannel, DeskPerson, DeskState, ResponseTarget } from './state.ts'
import { describeView, type View } from './surfaces.ts'

const emailOf = ({ name }: DeskPerson) => `${name}@example.com`

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
  profile: { real_name: person.realName, display_name: person.name, email: emailOf(person), team: teamId },
})

const describeChannel = ({ id, name, directTo }: DeskChannel): Json =>
  directTo
    ? { id, is_im: true, is_channel: false, user: directTo, is_archived: false }
    : { id, name, name_normalized: name, is_channel: true, is_im: false, is_member: true, is_archived: false }

const describeGroup = (
  { id, handle, members }: DeskState['roster']['groups'][number],
  { teamId }: DeskState,
): Json => ({
  id,
  team_id: teamId,
  is_usergroup: true,
  handle,
  name: handle,
  date_delete: 0,
  user_count: members.length,
  users: members,
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
    if (args['channel']) return { channel: describeChannel(channelOf(args, state)) }
    const users = Array.isArray(args['users']) ? args['users'] : textOf(args['users']).split(',')
    if (users.length !== 1 || !users[0]) throw new SlackError('users_list_not_supplied')
    const person = personOf(users[0], state)
    const already_open = state.roster.directOf(person.slackUserId) !== undefined
    return { already_open, no_op: already_open, channel: describeChannel(state.roster.openDirect(person.slackUserId)) }
  },
  'conversations.list': (args, { roster }) => {
    const types = textOf(args['types'] ?? 'public_channel').split(',')
    const wanted = roster.conversations.filter(({ directTo }) => types.includes(directTo ? 'im' : 'public_channel'))
    const { page, response_metadata } = paged(wanted, args)
    return { channels: page.map(describeChannel), response_metadata }
  },
  'users.info': (args, state) => ({ user: describePerson(personOf(args['user'], state), state) }),
  'users.lookupByEmail': (args, state) => {
    const person = state.roster.people.find((each) => emailOf(each) === textOf(args['email']).toLowerCase())
    if (!person) throw new SlackError('users_not_found')
    return { user: describePerson(person, state) }
  },
  'users.list': (args, state) => {
    const { page, response_metadata } = paged(state.roster.people, args)
    return { members: page.map((person) => describePerson(person, state)), response_metadata }
  },
  'usergroups.list': (_args, state) => ({
    usergroups: state.roster.groups.map((group) => describeGroup(group, state)),
  }),
  'usergroups.users.list': (args, { roster }) => {
    const group = roster.groups.find(({ id }) => id === args['usergroup'])
    if (!group) throw new SlackError('no_such_subteam')
    return { users: group.members }
  },
}

const shown = (view: View, { teamId, appId, botUserId }: DeskState): Json => ({
  view: describeView(view, teamId, appId, botUserId),
})

function personByTrigger(args: Json, { tickets }: DeskState): string {
  const used = tickets.useTrigger(textOf(args['trigger_id']))
  if ('refusal' in used) throw new SlackError(used.refusal)
  return used.user
}

const viewMethods: MethodTable = {
  'views.open': (args, state) => {
    const content = unwrap(checkView(args['view'], 'modal'))
    return shown(state.views.open(personByTrigger(args, state), content), state)
  },
  'views.push': (args, state) => {
    const content = unwrap(checkView(args['view'], 'modal'))
    const view = state.views.push(personByTrigger(args, state), content)
    if (!view) throw new SlackError('push_limit_reached')
    return shown(view, state)
  },
  'views.update': (args, state) => {
    const externalId = textOf(args['external_id'])
    const view = externalId ? state.views.findByExternalId(externalId) : state.views.find(textOf(args['view_id']))
    if (!view) throw new SlackError('not_found')
    if (args['hash'] && args['hash'] !== view.hash) throw new SlackError('hash_conflict')
    const type = view.content['type'] === 'home' ? 'home' : 'modal'
    state.views.update(view, unwrap(checkView(args['view'], type)))
    return shown(view, state)
  },
  'views.publish': (args, state) => {
    const person = personOf(args['user_id'], state)
    const known = state.views.homeOf(person.slackUserId)
    if (args['hash'] && known && args['hash'] !== known.hash) throw new SlackError('hash_conflict')
    return shown(state.views.publish(person.slackUserId, unwrap(checkView(args['view'], 'home'))), state)
  },
}

const methods: MethodTable = { ...chatMethods, ...peopleMethods, ...viewMethods }

/** Members that a form body carries as JSON text. */
const structured = ['blocks', 'view', 'metadata', 'attachments']

function parse(name: string, value: unknown): unknown {
  if (typeof value !== 'string' || !structured.includes(name)) return value
  try {
    return JSON.parse(value)
  } catch {
    throw new SlackError(name === 'blocks' ? 'invalid_blocks_format' : 'invalid_arguments')
  }
}

function argumentsOf({ url, headers, body }: Incoming): Json {
  const type = headers['content-type'] ?? ''
  let sent: Json
  if (type.startsWith('application/json')) {
    let parsed: unknown
    try {
      parsed = JSON.parse(body || '{}')
    } catch {
      throw new SlackError('invalid_json')
    }
    if (!isObject(parsed)) throw new SlackError('json_not_object')
    sent = parsed
  } else if (body === '' || type.startsWith('application/x-www-form-urlencoded')) {
    sent = Object.fromEntries(new URLSearchParams(body))
  } else {
    throw new SlackError('invalid_post_type')
  }
  const all = { ...Object.fromEntries(url.searchParams), ...sent }
  return Object.fromEntries(Object.entries(all).map(([name, value]) => [name, parse(name, value)]))
}

function tokenOf({ headers }: Incoming, args: Json): string {
  const bearer = /^Bearer (.+)$/i.exec(headers.authorization ?? '')?.[1]
  const token = bearer ?? args['token']
  if (typeof token !== 'string' || token === '') throw new SlackError('not_authed')
  return token
}

/** `onToken` is told each token that was used, so that the caller can notice a wrong one; any is accepted. */
export function serveWebApi(state: DeskState, onToken: (token: string, method: string) => void) {
  return (incoming: Incoming): Answer => {
    const { status, retryAfterSeconds, error } = state.fault
    if (status === 429) {
      return json(429, { ok: false, error: 'ratelimited' }, { 'retry-after': String(retryAfterSeconds) })
    }
    if (status !== 0) return json(status, { ok: false, error: error ?? 'internal_error' })

    const name = incoming.url.pathname.slice('/api/'.length)
    try {
      const args = argumentsOf(incoming)
      const method = Object.hasOwn(methods, name) ? methods[name] : undefined
      if (!method) throw new SlackError('unknown_method')
      onToken(tokenOf(incoming, args), name)
      return json(200, { ok: true, ...method(args, state) })
    } catch (cause) {
      if (!(cause instanceof SlackError)) throw cause
      const details = cause.messages.length > 0 ? { response_metadata: { messages: cause.messages } } : {}
      return json(200, { ok: false, error: cause.message, ...details })
    }
  }
}

const refuse = (status: number, error: string): Answer => json(status, { ok: false, error })

function parseSaid(body: string): Json | undefined {
  try {
    const parsed: unknown = JSON.parse(body)
    return isObject(parsed) ? parsed : undefined
  } catch {
    return undefined
  }
}

function respond(state: DeskState, target: ResponseTarget, said: Json): void {
  const { messages, botUserId } = state
  const message = target.messageTs ? messages.find(target.channel, target.messageTs) : undefined
  const ephemeral = target.ephemeralTs ? messages.findEphemeral(target.user, target.ephemeralTs) : undefined
  if (said['delete_original'] === true) {
    if (message) messages.delete(message)
    if (ephemeral) messages.changeEphemeral(ephemeral)
    return
  }
  const content = contentOf(said)
  if (said['replace_original'] === true && message) messages.update(message, content)
  else if (said['replace_original'] === true && ephemeral) messages.changeEphemeral(ephemeral, content)
  else if (said['response_type'] === 'in_channel') {
    messages.post({ channel: target.channel, user: botUserId, ...content })
  } else messages.whisper({ channel: target.channel, user: target.user, ...content })
}

/** What an app posts to a `response_url`: a message to the person who acted, or to the channel, or over the original. */
export function serveResponseUrl(state: DeskState) {
  return ({ url, body }: Incoming): Answer => {
    const said = parseSaid(body)
    if (!said) return refuse(400, 'invalid_payload')
    const target = state.tickets.useResponse(url.pathname.slice('/response/'.length))
    if ('refusal' in target) return refuse(404, target.refusal)
    try {
      respond(state, target, said)
      return json(200, { ok: true })
    } catch (cause) {
      if (!(cause instanceof SlackError)) throw cause
      return refuse(400, cause.message)
    }
  }
}
