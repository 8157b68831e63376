import type { BurstKind, BurstOutcome, Member } from '../../domain/cards/burst.ts'
import type { Digest, JsonObject, NumericDate, PersonId, RequestId } from '../../domain/values.ts'
import type { Fifo } from '../ports.ts'

/** The messages that show several requests alike, in place of a card for each. */
export interface BurstStore {
  /** The last few of a burst, newest first. */
  load(key: Digest): Promise<readonly PostedBurst[]>
  save(burst: PostedBurst): Promise<void>
}
export type PostedBurst = {
  key: Digest
  /** Which card of the burst it is, counted from 1. */
  generation: number
  kind: BurstKind
  channel: string
  ts: string
  rendered: Digest
  /** All that it has shown, the oldest first. */
  members: readonly RequestId[]
  /** Those of them that it shows as waiting, just as they are there, and the digest of that list. */
  shown: readonly Member[]
  list: Digest
  /** That not all of it could be shown, so that Approve is withheld. */
  cut?: true
  /** What came of the last click on it. */
  outcome?: BurstOutcome
}
/** A burst whose card is to be looked at: because of a request of it, or with what came of a click. */
export type BurstMessage = Fifo & {
  burst: BurstKind
  request?: RequestId
  outcome?: BurstOutcome & { generation: number }
}
/** A click on a list that is on record under this key, and is to be carried out. */
export type ClickMessage = { click: string }

/** What has been posted of a request, by channel. */
export interface CardStore {
  load(request: RequestId): Promise<readonly PostedCard[]>
  save(card: PostedCard): Promise<void>
}
/**
 * A message of ours about a request: a card in a channel, or what one person was sent directly. `told` names the lines
 * that have been said beneath it, so that each is said once; `at`, when it was there for the first time.
 */
export type PostedCard = {
  request: RequestId
  channel: string
  ts: string
  rendered: string
  at?: NumericDate
  person?: PersonId
  told?: readonly string[]
}

/** The chat in which cards are, as far as cards need it. */
export interface CardBoard {
  post(channel: string, card: RenderedCard): Promise<{ ts: string }>
  /** False when the message is gone. */
  update(channel: string, ts: string, card: RenderedCard): Promise<boolean>
  /** The channel in which a person is sent something directly, by their id in the chat. */
  open(user: string): Promise<string>
  /** Says a line beneath a message. False when the message is gone. */
  reply(channel: string, ts: string, line: RenderedCard): Promise<boolean>
}
export type RenderedCard = { text: string; blocks: readonly JsonObject[] }
