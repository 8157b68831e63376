import type { Json } from './json.ts'
import { textOf } from './json.ts'
import type { DeskChannel, DeskPerson } from './roster.ts'
import type { DeskState } from './state.ts'
import { type Checked, checkMessageBlocks } from './validate-blocks.ts'

/** What Slack answers with 200 and `{ ok: false, error }`. */
export class SlackError extends Error {
  override readonly name = 'SlackError'
  readonly messages: string[]
  constructor(code: string, messages: string[] = []) {
    super(code)
    this.messages = messages
  }
}

/** One Web API method: arguments in, the members beside `ok` out. Throws `SlackError`. */
export type Method = (args: Json, state: DeskState) => Json
export type MethodTable = { readonly [name: string]: Method }

/** Slack cuts a text beyond this; the desk refuses it, so that nothing is ever lost unseen. */
const longestText = 40_000

export function unwrap<T>(checked: Checked<T>): T {
  if (!checked.ok) throw new SlackError(checked.refusal.error, checked.refusal.messages)
  return checked.value
}

export function channelOf(args: Json, { roster }: DeskState): DeskChannel {
  const channel = roster.channel(textOf(args['channel']))
  if (!channel) throw new SlackError('channel_not_found')
  return channel
}

export function personOf(userId: unknown, { roster }: DeskState): DeskPerson {
  const person = roster.people.find(({ slackUserId }) => slackUserId === userId)
  if (!person) throw new SlackError('user_not_found')
  return person
}

/** The text and blocks of a message to be posted, checked as Slack would. */
export function contentOf(args: Json): { text: string; blocks: Json[] } {
  const text = textOf(args['text'])
  const blocks = args['blocks'] === undefined ? [] : unwrap(checkMessageBlocks(args['blocks']))
  if (text.length > longestText) throw new SlackError('msg_too_long')
  if (text === '' && blocks.length === 0) throw new SlackError('no_text')
  return { text, blocks }
}

/** One page of a list, with the cursor of the next as Slack gives it. */
export function paged<T>(all: readonly T[], args: Json): { page: T[]; response_metadata: { next_cursor: string } } {
  const limit = Math.min(Math.max(Number(args['limit']) || 100, 1), 1_000)
  const from = args['cursor'] ? Number(Buffer.from(textOf(args['cursor']), 'base64url').toString()) : 0
  if (!Number.isSafeInteger(from) || from < 0) throw new SlackError('invalid_cursor')
  const next = from + limit < all.length ? Buffer.from(String(from + limit)).toString('base64url') : ''
  return { page: all.slice(from, from + limit), response_metadata: { next_cursor: next } }
}
