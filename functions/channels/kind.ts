import type * as z from 'zod'

/**
 * A kind of chat, as far as it is data. `words.ts` beside it draws, `door.ts` reaches out, and a Lambda of its own takes what people
 * do there.
 *
 * @template Settings of one chat in the deployment file
 */
export interface ChatKind<Id extends string = string, Settings extends z.ZodRawShape = z.ZodRawShape> {
  id: Id
  /** For people. */
  title: string
  settings: z.ZodObject<Settings>
  /** Settings for a policy folder that is read without a deployment. */
  example: z.infer<z.ZodObject<Settings>>
  /** Settings in which two chats differ: by them it is known where something came from. */
  apart: readonly (keyof Settings & string)[]
  /** The form of ids there. */
  channelId: RegExp
  accountId: RegExp
  workspaceOf(settings: z.infer<z.ZodObject<Settings>>): Workspace
}

/** Whose accounts people may link: ids, as the chat itself says them of an account. */
export type Workspace = { teamId: string; enterpriseId?: string | undefined }

/** A row with its own types. */
export const chatKind = <const Id extends string, Settings extends z.ZodRawShape>(
  kind: ChatKind<Id, Settings>,
): ChatKind<Id, Settings> => kind
