import { nextHour } from '../policy/calendar.ts'
import type { ApprovalRequest } from '../record/request.ts'
import type { NumericDate } from '../values.ts'

/** Requests that one person has set aside, by id. It affects only that person's lists. */
export type Aside = { readonly [request: string]: { readonly until: NumericDate; readonly round: number } }

export const asideChoices = ['hour', 'morning', 'due'] as const
export type AsideChoice = (typeof asideChoices)[number]

const hour = 3600
/** The time before its deadline at which a request comes back at the latest. Seconds. */
const spare = 900

/**
 * The time until which a request is set aside. `morning`: the next 09:00 in the zone. @returns undefined if it is due
 * too soon
 */
export function asideUntil(
  choice: AsideChoice,
  deadline: NumericDate,
  now: NumericDate,
  zone: string,
): NumericDate | undefined {
  const latest = deadline - spare
  const wanted = { hour: now + hour, morning: nextHour(zone, 9, now), due: latest }[choice]
  const until = Math.min(wanted, latest)
  return until > now ? until : undefined
}

/** The time until which a request is set aside, if it is now. A change brings it back. */
export function asideNow({ ask, round }: ApprovalRequest, aside: Aside, now: NumericDate): NumericDate | undefined {
  const own = aside[ask.id]
  return own && own.round === round && own.until > now ? own.until : undefined
}
