// Rules: test/local/desk/web-api.test.ts
import { type Checked, checkMessageBlocks, type Json, textOf } from './blocks.ts'
import type { DeskChannel, DeskPerson, DeskState } from './state.ts'
import type { Message } from './surfaces.ts'

export class SlackError extends Error {
  override readonly name = 'SlackError'
  readonly messages: string[]
  constructor(code: string, messages: string[] = []) {
    super(code)
    this.messages = messages
  }
}

/** More messages than Slack takes in a channel. */
export class TooFast extends Error {
  override readonly name = 'TooFast'
  readonly retryAfterSeconds: number
  constructor(retryAfterSeconds: number) {
    super('ratelimited')
    this.retryAfterSeconds = retryAfterSeconds
  }
}

/** Methods by name: each takes arguments and returns the members beside `ok`, or throws `SlackError`. */
export type MethodTable = { readonly [name: string]: (args: Json, state: DeskState) => Json }

/** The longest text. Slack cuts longer ones; the desk refuses them, so that a loss is noticed. */
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

/** A channel that takes posts of the app. */
function openChannelOf(args: Json, state: DeskState): DeskChannel {
  const channel = channelOf(args, state)
  const closed = state.closed.get(channel.id)
  if (closed !== undefined) throw new SlackError(closed)
  return channel
}

export function personOf(userId: unknown, { roster }: DeskState): DeskPerson {
  const person = roster.people.find(({ slackUserId }) => slackUserId === userId)
  if (!person) throw new SlackError('user_not_found')
  return person
}

export function contentOf(args: Json): { text: string; blocks: Json[] } {
  const text = textOf(args['text'])
  const blocks = args['blocks'] === undefined ? [] : unwrap(checkMessageBlocks(args['blocks']))
  if (text.length > longestText) throw new SlackError('msg_too_long')
  if (text === '' && blocks.length === 0) throw new SlackError('no_text')
  return { text, blocks }
}

function paged<T>(all: readonly T[], args: Json): { page: T[]; response_metadata: { next_cursor: string } } {
  const limit = Math.min(Math.max(Number(args['limit']) || 100, 1), 1_000)
  const from = args['cursor'] ? Number(Buffer.from(textOf(args['cursor']), 'base64url').toString()) : 0
  if (!Number.isSafeInteger(from) || from < 0) throw new SlackError('invalid_cursor')
  const next = from + limit < all.length ? Buffer.from(String(from + limit)).toString('base64url') : ''
  return { page: all.slice(from, from + limit), response_metadata: { next_cursor: next } }
}

/** `blocks` are the present ones by default, or those of an earlier version. */
export function describeMessage(message: Message, state: DeskState, blocks: Json[] = message.blocks): Json {
  const byApp = message.user === state.botUserId
  return {
    type: 'message',
    user: message.user,
    ...(byApp && { bot_id: `B${state.botUserId.slice(1)}`, app_id: state.appId }),
    ts: message.ts,
    team: state.teamId,
    text: message.text,
    ...(blocks.length > 0 && { blocks }),
    thread_ts: message.threadTs,
    ...(message.editedAt && { edited: { user: message.user, ts: `${Math.floor(message.editedAt / 1_000)}.000000` } }),
  }
}

function ownMessageOf(args: Json, state: DeskState, refusal: string): Message {
  const message = state.messages.find(openChannelOf(args, state).id, textOf(args['ts']))
  if (!message) throw new SlackError('message_not_found')
  if (message.user !== state.botUserId) throw new SlackError(refusal)
  return message
}

const listed = (all: Message[], args: Json, state: DeskState): Json => {
  const { page, response_metadata } = paged(all, args)
  return {
    messages: page.map((message) => describeMessage(message, state)),
    has_more: response_metadata.next_cursor !== '',
    response_metadata,
  }
}

export const chatMethods: MethodTable = {
  'chat.postMessage': (args, state) => {
    const channel = openChannelOf(args, state)
    const wait = state.pace?.wait(channel.id) ?? 0
    if (wait > 0) throw new TooFast(wait)
    const threadTs = textOf(args['thread_ts'])
    if (threadTs && !state.messages.find(channel.id, threadTs)) throw new SlackError('thread_not_found')
    const message = state.messages.post({
      channel: channel.id,
      user: state.botUserId,
      ...contentOf(args),
      ...(threadTs && { threadTs }),
    })
    return { channel: channel.id, ts: message.ts, message: describeMessage(message, state) }
  },
  'chat.update': (args, state) => {
    const message = ownMessageOf(args, state, 'cant_update_message')
    // Slack keeps the blocks if only a text is sent.
    const content = contentOf(args['blocks'] === undefined ? { ...args, blocks: message.blocks } : args)
    state.messages.update(message, content)
    return { channel: message.channel, ts: message.ts, text: message.text, message: describeMessage(message, state) }
  },
  'chat.delete': (args, state) => {
    const message = ownMessageOf(args, state, 'cant_delete_message')
    state.messages.delete(message)
    return { channel: message.channel, ts: message.ts }
  },
  'conversations.history': (args, state) => {
    const channel = channelOf(args, state)
    const top = state.messages.in(channel.id).filter(({ threadTs }) => threadTs === undefined)
    return listed(top.reverse(), args, state)
  },
  'conversations.replies': (args, state) => {
    const channel = channelOf(args, state)
    const root = state.messages.find(channel.id, textOf(args['ts']))
    if (!root) throw new SlackError('thread_not_found')
    const replies = state.messages.in(channel.id).filter(({ threadTs }) => threadTs === root.ts)
    return listed([root, ...replies], args, state)
  },
}
