import { channelOf, type MethodTable, paged, personOf, SlackError } from './api-method.ts'
import { type Json, textOf } from './json.ts'
import type { DeskChannel, DeskPerson } from './roster.ts'
import type { DeskState } from './state.ts'

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

export const peopleMethods: MethodTable = {
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
