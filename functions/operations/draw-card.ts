import { digestOf } from '../domain/digest.ts'
import { asOf } from '../domain/due.ts'
import type { ApprovalRequest } from '../domain/request.ts'
import type { Digest, JsonObject, RequestId } from '../domain/values.ts'
import { CardUndeliverable } from './faults.ts'
import type { CardBoard, CardStore, Clock, Log, PostedCard, RenderedCard, RequestStore } from './ports.ts'

type Ports = {
  requests: Pick<RequestStore, 'load'>
  cards: CardStore
  board: CardBoard
  /** Pure: the card of a request in one channel, by the channel's alias. */
  render(state: ApprovalRequest, channel: string): RenderedCard
  /** The deployment's channels by alias. */
  channels: { readonly [alias: string]: string }
  clock: Clock
  log: Log
}

/**
 * Makes the cards of a request show what the table says, one in each channel of its stages. What is drawn is always the
 * request as it is read here, so a late or repeated message draws nothing old; a card that shows it already is left be.
 *
 * A channel that is closed to us is logged for the alarm, and thrown like any other fault: the app may be invited again,
 * and then whoever waits for this card must find it. Meanwhile the request can be decided through the API.
 *
 * @throws BoardUnavailable, CardUndeliverable, StoreUnavailable, after all other channels had their turn
 */
export async function drawCard(id: RequestId, ports: Ports): Promise<void> {
  const stored = await ports.requests.load(id)
  if (!stored) return
  const state = asOf(stored.state, ports.clock.now())
  const posted = await ports.cards.load(id)
  const faults: unknown[] = []
  for (const alias of channelsOf(state)) {
    try {
      await drawIn(alias, state, posted, ports)
    } catch (fault) {
      if (fault instanceof CardUndeliverable) ports.log.error('card_undeliverable', { request: id, channel: alias })
      faults.push(fault)
    }
  }
  if (faults.length > 0) throw faults[0]
}

const channelsOf = ({ stages }: ApprovalRequest): readonly string[] => [
  ...new Set(stages.map(({ terms }) => terms.channel)),
]

async function drawIn(alias: string, state: ApprovalRequest, posted: readonly PostedCard[], ports: Ports) {
  const { board, cards, log } = ports
  const request = state.ask.id
  const channel = ports.channels[alias]
  if (channel === undefined) throw new CardUndeliverable(`the deployment names no channel \`${alias}\``)
  const card = ports.render(state, alias)
  const rendered = renderingOf(card)
  const before = posted.find((each) => each.channel === channel)
  if (before?.rendered === rendered) return
  const updated = before !== undefined && (await board.update(channel, before.ts, card))
  const ts = updated ? before.ts : (await board.post(channel, card)).ts
  await cards.save({ request, channel, ts, rendered })
  log.info('card drawn', { request, channel: alias, status: state.status, posted: !updated })
}

/** What a card shows, as one value to compare. */
const renderingOf = (card: RenderedCard): Digest => digestOf('hotwork.card.v1', card as unknown as JsonObject)
