import * as z from 'zod'
import { holdsFor, type SourceKind } from '../kind.ts'

/** Its users are people by their chat account. */
export const chatGroupSource = {
  name: 'slackUserGroup',
  title: 'a user group of Slack',
  config: z.string().regex(/^S[A-Z0-9]{2,20}$/),
  by: 'chat',
  holdsFor,
  key: (group) => `chat ${group}`,
  words: (group) => ['Slack, user group ', { value: group }],
} as const satisfies SourceKind<string>
