// Rules: test/channels/slack/cards/several-chats.test.ts
import type { BurstKind, BurstOutcome, Member } from '../../domain/cards/burst.ts'
import type { Digest, JsonObject, NumericDate, PersonId, RequestId } from '../../domain/values.ts'
import { BoardUnavailable, CardUndeliverable } from '../faults.ts'
import type { Fifo } from '../ports.ts'

export interface BurstStore {
  /** The newest first. */
  load(key: Digest): Promise<readonly PostedBurst[]>
  save(burst: PostedBurst): Promise<void>
}
export type PostedBurst = {
  key: Digest
  /** The first is 1. */
  generation: number
  kind: BurstKind
  /** The chat's alias, if the channel is the fallback of the kind's. */
  fallbackIn?: string
  channel: string
  ts: string
  rendered: Digest
  /** The oldest first. */
  members: readonly RequestId[]
  shown: readonly Member[]
  list: Digest
  /** True if the request did not fit on the card, which then lacks Approve. */
  cut?: true
  outcome?: BurstOutcome
}
/** The burst to draw, and why: one of its requests changed, or a click was decided. */
export type BurstMessage = Fifo & {
  burst: BurstKind
  request?: RequestId
  outcome?: BurstOutcome & { generation: number }
}
export type ClickMessage = { click: string }

export interface CardStore {
  load(request: RequestId): Promise<readonly PostedCard[]>
  save(card: PostedCard): Promise<void>
}
/** `told`: the lines posted beneath it; `at`: when it was first posted. */
export type PostedCard = {
  request: RequestId
  /** By the chat's alias. */
  chat: string
  channel: string
  ts: string
  rendered: string
  at?: NumericDate
  person?: PersonId
  told?: readonly string[]
  /** The aliases of channels in which posting failed. */
  inPlaceOf?: readonly string[]
}

/** A connection to one chat. */
export interface CardBoard<Card extends RenderedCard = RenderedCard> {
  post(channel: string, card: Card): Promise<{ ts: string }>
  /** False when the message no longer exists. */
  update(channel: string, ts: string, card: Card): Promise<boolean>
  /** The channel for direct messages to a person, by their id in the chat. */
  open(user: string): Promise<string>
  reply(channel: string, ts: string, line: Card): Promise<boolean>
}
/** A drawn card. Only the kind of chat that drew it reads it. */
export type RenderedCard = JsonObject
/** By the alias of the chat. */
export type Boards = { readonly [chat: string]: CardBoard }

/** Whether the fault stops the whole batch. With several chats the batch goes on with the others. */
export const isForAll = (fault: unknown, boards: Boards): fault is BoardUnavailable =>
  fault instanceof BoardUnavailable && fault.forAll && Object.keys(boards).length === 1

/** Chats with a circuit breaker for one batch: a chat that throttles or times out gets no further call in the batch. */
export const sparing = (boards: Boards): Boards =>
  Object.fromEntries(Object.entries(boards).map(([chat, board]) => [chat, sparingOne(board)]))

function sparingOne(board: CardBoard): CardBoard {
  let trouble: BoardUnavailable | undefined
  const asked = async <T>(call: () => Promise<T>): Promise<T> => {
    if (trouble) throw trouble
    try {
      return await call()
    } catch (fault) {
      if (fault instanceof BoardUnavailable && fault.forAll) trouble = fault
      throw fault
    }
  }
  return {
    post: (...message) => asked(() => board.post(...message)),
    update: (...message) => asked(() => board.update(...message)),
    open: (user) => asked(() => board.open(user)),
    reply: (...message) => asked(() => board.reply(...message)),
  }
}

/** @throws CardUndeliverable when the deployment has no such chat */
export function boardOf(chat: string, boards: Boards): CardBoard {
  const board = Object.hasOwn(boards, chat) ? boards[chat] : undefined
  if (!board) throw new CardUndeliverable(`unknown chat \`${chat}\`: the deployment file does not list it`)
  return board
}
