// Rules: test/policies/chats.test.ts
import * as z from 'zod'
import { chatKind } from '../kind.ts'

const Settings = z.strictObject({
  teamId: z.string().regex(/^[TE][A-Z0-9]+$/),
  /** The Enterprise Grid organisation: only its accounts can be linked. */
  enterpriseId: z
    .string()
    .regex(/^E[A-Z0-9]+$/)
    .optional(),
  appId: z.string().regex(/^A[A-Z0-9]+$/),
  botUserId: z.string().regex(/^[UW][A-Z0-9]+$/),
  apiUrl: z.url(),
})
export type SlackSettings = z.infer<typeof Settings>

/** A workspace or Enterprise Grid organisation that has our app. */
export const slack = chatKind({
  id: 'slack',
  title: 'Slack',
  settings: Settings,
  example: { teamId: 'T0MADEUP', appId: 'A0MADEUP', botUserId: 'U0MADEUP', apiUrl: 'https://slack.com/api/' },
  apart: ['teamId', 'appId'],
  channelId: /^[CG][A-Z0-9]{2,20}$/,
  accountId: /^[UW][A-Z0-9]{2,20}$/,
  workspaceOf: ({ teamId, enterpriseId }) => ({ teamId, enterpriseId }),
})
