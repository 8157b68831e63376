// Rules: test/domain/people/group-source.test.ts
import * as z from 'zod'
import { Alias } from '../../domain/values.ts'
import { holdsFor, type SourceKind } from '../kind.ts'

const Group = z.string().regex(/^S[A-Z0-9]{2,20}$/)
/** A group of a chat. A text names a group of the only chat. */
const GroupOfChat = z.union([Group, z.strictObject({ chat: Alias, id: Group })])
type GroupOfChat = z.infer<typeof GroupOfChat>

/** @param only the chat of a group that names none */
export const groupIn = (group: GroupOfChat, only: string): { chat: string; id: string } =>
  typeof group === 'string' ? { chat: only, id: group } : group

/** A user group of a chat. Its members are people by their chat accounts. */
export const chatGroupSource = {
  name: 'slackUserGroup',
  title: 'a user group of Slack',
  config: GroupOfChat,
  by: 'chat',
  holdsFor,
  key: (group) => (typeof group === 'string' ? `chat ${group}` : `chat ${group.chat} ${group.id}`),
  words: (group) =>
    typeof group === 'string'
      ? ['Slack, user group ', { value: group }]
      : ['Slack, user group ', { value: group.id }, ' of ', { value: group.chat }],
} as const satisfies SourceKind<GroupOfChat>
