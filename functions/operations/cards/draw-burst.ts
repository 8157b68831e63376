// Rules: test/channels/slack/cards/burst.test.ts
import {
  agentOfBurst,
  type BurstKind,
  type BurstOutcome,
  burstKey,
  burstOf,
  burstsOf,
  isOf,
  listDigest,
  type Member,
  mostMembers,
  placeOf,
} from '../../domain/cards/burst.ts'
import { fallbackOf } from '../../domain/cards/routing.ts'
import { digestOf } from '../../domain/digest.ts'
import type { Channel } from '../../domain/policy/bundle.ts'
import { limitsOf } from '../../domain/policy/ladder.ts'
import type { ApprovalRequest } from '../../domain/record/request.ts'
import { asOf } from '../../domain/requests/due.ts'
import { defined, type Json, type RequestId } from '../../domain/values.ts'
import { CardUndeliverable } from '../faults.ts'
import type { Policy } from '../policy/ports.ts'
import type { Clock, Log, Queue } from '../ports.ts'
import type { RequestReader } from '../record/ports.ts'
import {
  type Boards,
  type BurstMessage,
  type BurstStore,
  boardOf,
  type PostedBurst,
  type RenderedCard,
} from './ports.ts'
import { renderingOf } from './show-card.ts'

export type BurstView = {
  kind: BurstKind
  generation: number
  /** Oldest first. */
  members: readonly ApprovalRequest[]
  outcome?: BurstOutcome
}

export type DrawBurstPorts = {
  requests: Pick<RequestReader, 'loadMany' | 'open'>
  bursts: BurstStore
  boards: Boards
  /** The card, the members that it shows as waiting, and whether it shows them in full. Pure. */
  renderBurst(view: BurstView, chat: string): { card: RenderedCard; shown: readonly Member[]; whole: boolean }
  channels: { readonly [alias: string]: Channel }
  clock: Clock
  log: Log
}

/**
 * Draws a burst. One message shows up to fifty requests; the next request begins another message. The queue must run
 * each burst one at a time.
 * @throws BoardUnavailable, CardUndeliverable, StoreUnavailable
 */
export async function drawBurst(
  kind: BurstKind,
  because: { requests: readonly RequestId[]; outcomes: readonly (BurstOutcome & { generation: number })[] },
  ports: DrawBurstPorts,
): Promise<void> {
  const key = burstKey(kind)
  const posted = await ports.bursts.load(key)
  const known = new Set(posted.flatMap(({ members }) => members))
  const read = async (ids: readonly RequestId[]) => inOrder(await ports.requests.loadMany(ids), ports.clock.now())
  const open = inOrder(await ports.requests.open(agentOfBurst(kind), 2 * mostMembers), ports.clock.now())
  const missed = await read(because.requests.filter((id) => !open.some(({ ask }) => ask.id === id)))
  const fresh = ordered([...open, ...missed]).filter((state) => !known.has(state.ask.id) && isOf(kind, state))

  const touched = posted.filter(
    ({ generation, members }) =>
      because.requests.some((id) => members.includes(id)) ||
      because.outcomes.some((outcome) => outcome.generation === generation),
  )
  const [newest] = posted
  const ofNewest = newest ? await read(newest.members) : []
  const isLive = ofNewest.some((state) => isOf(kind, state))
  const room = isLive ? mostMembers - ofNewest.length : 0
  for (const before of touched.filter((each) => each !== newest))
    await draw(await read(before.members), before.generation, before)
  if (newest && (touched.includes(newest) || (room > 0 && fresh.length > 0)))
    await draw([...ofNewest, ...fresh.slice(0, room)], newest.generation, newest)
  const rest = fresh.slice(Math.max(0, room))
  for (let from = 0; from < rest.length; from += mostMembers)
    await draw(rest.slice(from, from + mostMembers), (newest?.generation ?? 0) + 1 + from / mostMembers, undefined)

  async function draw(members: readonly ApprovalRequest[], generation: number, before: PostedBurst | undefined) {
    const told = because.outcomes.findLast((each) => each.generation === generation)
    const outcome = told ? withoutGeneration(told) : before?.outcome
    const view = { kind, generation, members, ...defined({ outcome }) }
    // A new burst tries its own channel again, which may work by then.
    if (before?.fallbackIn !== undefined)
      return drawAt({ chat: before.fallbackIn, id: before.channel }, view, before, before.fallbackIn)
    try {
      await drawAt(ports.channels[kind.channel], view, before)
    } catch (fault) {
      const [fallback] = members.flatMap((state) => fallbackOf(state, kind.channel) ?? [])
      if (!(fault instanceof CardUndeliverable) || fallback === undefined) throw fault
      await drawAt(ports.channels[fallback], view, undefined, ports.channels[fallback]?.chat)
      ports.log.error('card_fell_back', { channel: kind.channel, fallback })
    }
  }

  async function drawAt(
    place: Channel | undefined,
    view: BurstView,
    before: PostedBurst | undefined,
    fallbackIn?: string,
  ) {
    if (!place) throw new CardUndeliverable(`the deployment names no channel \`${kind.channel}\``)
    const { generation, members, outcome } = view
    const { chat, id } = place
    const { card, shown, whole } = ports.renderBurst(view, chat)
    const rendered = renderingOf(card)
    const ids = members.map(({ ask }) => ask.id)
    if (before?.rendered === rendered && before.members.length === ids.length) return
    const board = boardOf(chat, ports.boards)
    const updated = before?.channel === id && (await board.update(id, before.ts, card))
    const ts = updated ? before.ts : (await board.post(id, card)).ts
    const burst = { key, generation, kind, channel: id, ts, rendered, members: ids, shown, list: listDigest(shown) }
    await ports.bursts.save({ ...burst, ...(whole ? {} : { cut: true }), ...defined({ outcome, fallbackIn }) })
    ports.log.info('burst_drawn', {
      channel: kind.channel,
      members: ids.length,
      waiting: shown.length,
      posted: !updated,
    })
  }
}

const withoutGeneration = ({ generation: _, ...outcome }: BurstOutcome & { generation: number }): BurstOutcome =>
  outcome

const inOrder = (stored: readonly { state: ApprovalRequest }[], now: number): readonly ApprovalRequest[] =>
  ordered(stored.map(({ state }) => asOf(state, now)))

const ordered = (states: readonly ApprovalRequest[]): readonly ApprovalRequest[] =>
  states.toSorted((one, other) => (orderOf(one) < orderOf(other) ? -1 : 1))

const orderOf = ({ submittedAt, ask }: ApprovalRequest): string => `${String(submittedAt).padStart(10, '0')}#${ask.id}`

type PlacePorts = {
  requests: Pick<RequestReader, 'countOpen' | 'open'>
  bursts: Pick<BurstStore, 'load'>
  /** Queues the drawing of a burst, one at a time. */
  draws: Queue<BurstMessage>
  policy: Pick<Policy, 'bundle'>
}

/**
 * Whether a request has its own card. One of many alike is shown on its burst's card. The index lags, so an extra card
 * is possible.
 * @param hasCard whether it already has a card there
 */
export async function hasOwnCard(
  state: ApprovalRequest,
  channel: string,
  hasCard: boolean,
  { requests, bursts, draws, policy }: PlacePorts,
): Promise<boolean> {
  const burst = limitsOf(policy.bundle.ladder).burst
  const waiting = burstOf(state, channel)
  const messages: BurstMessage[] = []
  let own = true
  for (const kind of burstsOf(state, channel)) {
    const key = burstKey(kind)
    const isMember = (await bursts.load(key)).some(({ members }) => members.includes(state.ask.id))
    const waits = waiting !== undefined && burstKey(waiting) === key
    const counted = waits && !isMember && !hasCard
    const place = placeOf({ hasCard, isMember, waits: counted, alike: counted ? await alike(state, burst) : 0 }, burst)
    if (!place.own) own = false
    if (place.shared) messages.push({ burst: kind, request: state.ask.id, group: key, deduplicate: changeOf(state) })
  }
  if (messages.length > 0) await draws.send(messages)
  return own

  /** The number of requests alike, including this one, which the index may lack. */
  async function alike(asked: ApprovalRequest, enough: number): Promise<number> {
    if (!waiting || (await requests.countOpen(agentOfBurst(waiting), enough + 1)) <= enough) return 1
    const open = await requests.open(agentOfBurst(waiting), 2 * mostMembers)
    return 1 + open.filter((other) => other.state.ask.id !== asked.ask.id && isOf(waiting, other.state)).length
  }
}

const changeOf = (state: ApprovalRequest) => digestOf('hotwork.burst-draw.v1', state as unknown as Json)
