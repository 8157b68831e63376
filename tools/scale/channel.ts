import { mostMembers, placeOf } from '../../functions/domain/cards/burst.ts'

/** Slack takes one message a second to a channel. */
const perSecond = 1

/**
 * A minute in which so many agents ask for as much each, all of it alike, and all in one channel: how many messages that is by
 * the rule of bursts, and how long until the last of them is there. The updates of cards, which come after, are not in it.
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
