// Rules: test/policies/changes/diff.test.ts
import { type Calendar, whenNext, windowsAt } from '../../functions/domain/policy/calendar.ts'
import type { NumericDate } from '../../functions/domain/values.ts'

/** The most freezes to examine, and the most beginnings and ends of windows after each. */
const most = 16

/** Cached by all inputs, since each action of a folder is compared at the same times. */
const found = new Map<string, readonly NumericDate[]>()

/** One time for each set of windows and freezes that hold together in any of these calendars. */
export function tellingTimes(calendars: readonly Calendar[], usual: NumericDate): readonly NumericDate[] {
  if (calendars.length === 0) return []
  const key = JSON.stringify([calendars, usual])
  const times = found.get(key) ?? findTimes(calendars, usual)
  found.set(key, times)
  return times
}

function findTimes(calendars: readonly Calendar[], usual: NumericDate): readonly NumericDate[] {
  const edges = calendars.flatMap(({ freezes }) =>
    Object.values(freezes)
      .flat()
      .flatMap(({ from, until }) => [from, until]),
  )
  const times = [usual, ...edges.slice(0, most)].flatMap((start) => [start, ...windowsAfter(calendars, start)])
  const byWindows = new Map<string, NumericDate>()
  for (const at of times) {
    const key = JSON.stringify(calendars.map((calendar) => windowsAt(calendar, at)))
    if (!byWindows.has(key)) byWindows.set(key, at)
  }
  return [...byWindows.values()]
}

/** The next times at which a window begins or ends. */
function windowsAfter(calendars: readonly Calendar[], start: NumericDate): readonly NumericDate[] {
  const times: NumericDate[] = []
  let at = start
  while (times.length < most) {
    const changes = calendars.flatMap((calendar) =>
      Object.keys(calendar.windows).flatMap((name) => whenNext(calendar, name, at)?.at ?? []),
    )
    if (changes.length === 0) break
    at = Math.min(...changes)
    times.push(at)
  }
  return times
}
