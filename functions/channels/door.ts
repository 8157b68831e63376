import type * as z from 'zod'
import type { Member } from '../domain/cards/burst.ts'
import type { OpeningView } from '../domain/cards/opening-view.ts'
import type { RequestView, ViewFacts } from '../domain/cards/request-view.ts'
import type { AccountLink } from '../domain/people/linking.ts'
import type { ApprovalRequest } from '../domain/record/request.ts'
import type { JsonObject, RequestId } from '../domain/values.ts'
import type { BurstView } from '../operations/cards/draw-burst.ts'
import type { CardBoard } from '../operations/cards/ports.ts'
import type { Log, SecretReader } from '../operations/ports.ts'
import type { Said } from './lines.ts'

/**
 * Pure functions that draw the cards of one kind of chat: equal views give equal cards. People's texts in them are
 * inert. Approve is only on a card that shows everything it approves.
 */
export interface ChannelWords<Card extends JsonObject = JsonObject> {
  /** @param channel its alias: only the open stage's channels have controls */
  request(view: RequestView, channel: string, options: RequestOptions): Card
  opening(view: OpeningView, options: PageOption): Card
  /** The card of a burst. `shown`: the members it shows as waiting; `whole`: whether each is shown in full. */
  burst(
    view: BurstView,
    facts: ViewFacts,
    options: CardOptions,
  ): { card: Card; shown: readonly Member[]; whole: boolean }
  say(line: Said): Card
}

export type PageOption = { page?: (request: RequestId) => string }
/** `offersPermit`: whether the person who approved may set a standing permit for requests like it. */
export type RequestOptions = PageOption & { offersPermit: boolean }
export type CardOptions = PageOption & { allows?: (state: ApprovalRequest) => boolean }

/** The calls of one chat. Faults are BoardUnavailable (temporary) and CardUndeliverable (permanent). */
export interface ChannelDoor<Card extends JsonObject = JsonObject> extends CardBoard<Card> {
  /** The chat's own record of an account; undefined for an unknown account. */
  account(user: string): Promise<(AccountLink & { name: string }) | undefined>
  /** The accounts in a group, for kinds of chat that have groups. */
  members?(group: string): Promise<readonly string[]>
}

/** @template Settings of the chat in the deployment file */
export type OpenDoor<Settings> = (chat: Settings, world: DoorWorld) => ChannelDoor
/** `secret`: reads the chat's own secret, on first use. `patienceMs`: the timeout for a card. */
export type DoorWorld = { secret<T>(form: SecretForm<T>): SecretReader<T>; log: Log; patienceMs?: number }
/** `members`: the names of its required members, for the error text. */
type SecretForm<T> = { shape: z.ZodType<T>; members: string }
