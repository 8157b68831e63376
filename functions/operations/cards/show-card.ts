import { digestOf } from '../../domain/digest.ts'
import type { ApprovalRequest } from '../../domain/record/request.ts'
import { Digest, defined, type PersonId, type RequestId } from '../../domain/values.ts'
import type { Clock, Log } from '../ports.ts'
import type { CardBoard, CardStore, PostedCard, RenderedCard } from './ports.ts'

export type Showing = { cards: CardStore; board: CardBoard; clock: Clock; log: Log }

export type Shown = { card: PostedCard; fresh: boolean; rendered: RenderedCard }

/**
 * Posts it, changes it in place, or posts it again where it is gone.
 * @throws BoardUnavailable, CardUndeliverable, StoreUnavailable
 */
export async function showCard(
  state: ApprovalRequest,
  rendered: RenderedCard,
  { channel, before, person }: { channel: string; before: PostedCard | undefined; person?: PersonId | undefined },
  { cards, board, clock, log }: Showing,
): Promise<Shown> {
  const shown = renderingOf(rendered)
  if (before?.rendered === shown) return { card: before, fresh: false, rendered }
  const updated = before !== undefined && (await board.update(channel, before.ts, rendered))
  const card: PostedCard = {
    request: state.ask.id,
    channel,
    ts: updated ? before.ts : (await board.post(channel, rendered)).ts,
    rendered: shown,
    at: before?.at ?? clock.now(),
    ...defined({ person, told: before?.told }),
  }
  await cards.save(card)
  log.info('card drawn', {
    request: state.ask.id,
    status: state.status,
    posted: !updated,
    direct: person !== undefined,
  })
  return { card, fresh: before === undefined, rendered }
}

/** @returns the card's `ts` */
export async function sayBeneath(
  { card: { channel, ts }, rendered }: Pick<Shown, 'card' | 'rendered'>,
  words: RenderedCard,
  board: CardBoard,
): Promise<string> {
  if (await board.reply(channel, ts, words)) return ts
  const anew = (await board.post(channel, rendered)).ts
  await board.reply(channel, anew, words)
  return anew
}

export const renderingOf = (card: RenderedCard): Digest => digestOf('hotwork.card.v1', card)

export type CardPlace = { request: RequestId; channel: string; ts: string }

/** Undefined for a message that is not the card of its request in that channel. */
export async function findSeen(
  { request, channel, ts }: CardPlace,
  cards: Pick<CardStore, 'load'>,
): Promise<Digest | undefined> {
  const card = (await cards.load(request)).find((each) => each.channel === channel && each.ts === ts)
  return card && Digest.safeParse(card.rendered).data
}
