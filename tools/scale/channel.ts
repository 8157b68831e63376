import { mostMembers, placeOf } from '../../functions/domain/cards/burst.ts'

/** Slack takes one message a second to a channel. */
const perSecond = 1

/**
 * A minute in which each of `agents` makes `each` alike asks for one channel: the number of messages by the rule of
 * bursts, and the least time until the last one is posted. Later updates of cards are left out.
 */
export function minuteOf({ agents, each, burst }: { agents: number; each: number; burst: number }) {
  let own = 0
  let shared = 0
  for (let alike = 1; alike <= each; alike++) {
    const place = placeOf({ hasCard: false, isMember: false, waits: true, alike }, burst)
    if (place.own) own += 1
    if (place.shared) shared += 1
  }
  const messages = agents * (own + Math.ceil(shared / mostMembers))
  return { messages, seconds: Math.max(0, messages / perSecond - 60) }
}
