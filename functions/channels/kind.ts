// Rules: test/policies/chats.test.ts
import type * as z from 'zod'

/**
 * The data of a kind of chat. `words.ts` beside it draws, `door.ts` reaches the chat, and a Lambda of its own receives
 * people's acts.
 * @template Settings of one chat in the deployment file
 */
export interface ChatKind<Id extends string = string, Settings extends z.ZodRawShape = z.ZodRawShape> {
  id: Id
  /** The kind's name for people. */
  title: string
  settings: z.ZodObject<Settings>
  /** The settings for a policy folder that is read without a deployment file. */
  example: z.infer<z.ZodObject<Settings>>
  /** The settings that identify the chat of an event. */
  apart: readonly (keyof Settings & string)[]
  /** The form of the chat's ids. */
  channelId: RegExp
  accountId: RegExp
  workspaceOf(settings: z.infer<z.ZodObject<Settings>>): Workspace
}

/** The workspace of the accounts that people may link, by the chat's own ids. */
export type Workspace = { teamId: string; enterpriseId?: string | undefined }

/** Infers the types of a row. */
export const chatKind = <const Id extends string, Settings extends z.ZodRawShape>(
  kind: ChatKind<Id, Settings>,
): ChatKind<Id, Settings> => kind
