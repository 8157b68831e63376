// Rules: test/channels/slack/cards/draw-card.test.ts
import { digestOf } from '../../domain/digest.ts'
import type { ApprovalRequest } from '../../domain/record/request.ts'
import { Digest, defined } from '../../domain/values.ts'
import type { Clock, Log } from '../ports.ts'
import { type Boards, boardOf, type CardStore, type PostedCard, type RenderedCard } from './ports.ts'

export type Showing = { cards: CardStore; boards: Boards; clock: Clock; log: Log }

export type Shown = { card: PostedCard; fresh: boolean; rendered: RenderedCard }

/**
 * Posts the card, updates it in place, or posts it again if it was deleted.
 * @throws BoardUnavailable, CardUndeliverable, StoreUnavailable
 */
export async function showCard(
  state: ApprovalRequest,
  rendered: RenderedCard,
  {
    chat,
    channel,
    before,
    person,
    inPlaceOf,
  }: Pick<PostedCard, 'chat' | 'channel' | 'person' | 'inPlaceOf'> & { before: PostedCard | undefined },
  { cards, boards, clock, log }: Showing,
): Promise<Shown> {
  const shown = renderingOf(rendered)
  if (before?.rendered === shown && before.inPlaceOf?.length === inPlaceOf?.length)
    return { card: before, fresh: false, rendered }
  const board = boardOf(chat, boards)
  const updated = before !== undefined && (await board.update(channel, before.ts, rendered))
  const card: PostedCard = {
    request: state.ask.id,
    chat,
    channel,
    ts: updated ? before.ts : (await board.post(channel, rendered)).ts,
    rendered: shown,
    at: before?.at ?? clock.now(),
    ...defined({ person, told: before?.told, inPlaceOf }),
  }
  await cards.save(card)
  log.info('card_drawn', {
    request: state.ask.id,
    status: state.status,
    posted: !updated,
    direct: person !== undefined,
  })
  return { card, fresh: before === undefined, rendered }
}

/** @returns the card's `ts` */
export async function sayBeneath(
  { card: { chat, channel, ts }, rendered }: Pick<Shown, 'card' | 'rendered'>,
  words: RenderedCard,
  boards: Boards,
): Promise<string> {
  const board = boardOf(chat, boards)
  if (await board.reply(channel, ts, words)) return ts
  const posted = (await board.post(channel, rendered)).ts
  await board.reply(channel, posted, words)
  return posted
}

export const renderingOf = (card: RenderedCard): Digest => digestOf('hotwork.card.v1', card)

/** Whether the card is in this place. Two chats may use the same channel id. */
export const isIn = (
  place: Pick<PostedCard, 'chat' | 'channel'>,
  card: Pick<PostedCard, 'chat' | 'channel'>,
): boolean => card.chat === place.chat && card.channel === place.channel

export type CardPlace = Pick<PostedCard, 'request' | 'chat' | 'channel' | 'ts'>

/** The card of a request in that channel. Undefined for other messages. */
export async function findSeen(
  { request, ...place }: CardPlace,
  cards: Pick<CardStore, 'load'>,
): Promise<Digest | undefined> {
  const card = (await cards.load(request)).find((each) => isIn(place, each) && each.ts === place.ts)
  return card && Digest.safeParse(card.rendered).data
}
