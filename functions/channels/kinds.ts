// Rules: test/policies/chats.test.ts
import type { ChatKind, Workspace } from './kind.ts'
import { slack } from './slack/kind.ts'

export const kinds = {
  slack,
} satisfies { readonly [id: string]: ChatKind }

type Kinds = typeof kinds
export type ChatId = keyof Kinds
export const chatIds = Object.keys(kinds) as ChatId[]

/** The kind and alias of the chat that is `chat` in a bundle; a person's account in it is `chatUser`. */
export const shortForm = kinds.slack

const byId: { readonly [kind in ChatId]: ChatKind } = kinds

export const workspaceOf = ({ kind, ...settings }: { kind: ChatId }): Workspace => byId[kind].workspaceOf(settings)
