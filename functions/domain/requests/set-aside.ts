import { nextHour } from '../policy/calendar.ts'
import type { ApprovalRequest } from '../record/request.ts'
import type { NumericDate } from '../values.ts'

/** Requests that one person has set aside for now, by id. It is no decision, and only that person's own lists heed it. */
export type Aside = { readonly [request: string]: { readonly until: NumericDate; readonly round: number } }

export const asideChoices = ['hour', 'morning', 'due'] as const
export type AsideChoice = (typeof asideChoices)[number]

const hour = 3600
/** A request comes back so long before its deadline, at the latest. */
const spare = 900

/** `morning`: the next 09:00 in the zone. @returns undefined where the deadline is too near to be set aside */
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

/** A request that has changed since is back. */
export function asideNow({ ask, round }: ApprovalRequest, aside: Aside, now: NumericDate): NumericDate | undefined {
  const own = aside[ask.id]
  return own && own.round === round && own.until > now ? own.until : undefined
}
