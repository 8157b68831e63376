import { agentOfBurst, burstKey, burstOf, burstsOf, isOf, mostMembers, placeOf } from '../domain/cards/burst.ts'
import { digestOf } from '../domain/digest.ts'
import { limitsOf } from '../domain/policy/ladder.ts'
import type { ApprovalRequest } from '../domain/requests/request.ts'
import type { Json } from '../domain/values.ts'
import type { BurstMessage, BurstStore, Policy, Queue, RequestStore } from './ports.ts'

export type PlacePorts = {
  requests: Pick<RequestStore, 'countOpen' | 'open'>
  bursts: Pick<BurstStore, 'load'>
  /** Has the card of a burst looked at, one burst at a time. */
  draws: Queue<BurstMessage>
  policy: Pick<Policy, 'bundle'>
}

/**
 * Whether a request has a card of its own in a channel. One that waits there among many alike has none, and is shown on
 * the card of its burst, which this has looked at. That many wait is found by an index that is a moment behind: then it
 * has a card more.
 *
 * @param hasCard whether it was given a card there before
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

  /** How many wait like it, with itself, which the index may not know yet. */
  async function alike(asked: ApprovalRequest, enough: number): Promise<number> {
    if (!waiting || (await requests.countOpen(agentOfBurst(waiting), enough + 1)) <= enough) return 1
    const open = await requests.open(agentOfBurst(waiting), 2 * mostMembers)
    return 1 + open.filter((other) => other.state.ask.id !== asked.ask.id && isOf(waiting, other.state)).length
  }
}

/** Tells one state of a request from all others. */
const changeOf = (state: ApprovalRequest) => digestOf('hotwork.burst-draw.v1', state as unknown as Json)
