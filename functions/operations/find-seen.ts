import { Digest, type RequestId } from '../domain/values.ts'
import type { CardStore } from './ports.ts'

/** A message, and the request that it shows. */
export type CardPlace = { request: RequestId; channel: string; ts: string }

/** What is on record as shown by a message; undefined for one that is not the card of its request in that channel. */
export async function findSeen(
  { request, channel, ts }: CardPlace,
  cards: Pick<CardStore, 'load'>,
): Promise<Digest | undefined> {
  const card = (await cards.load(request)).find((each) => each.channel === channel && each.ts === ts)
  return card && Digest.safeParse(card.rendered).data
}
