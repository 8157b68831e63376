import type { NumericDate } from './values.ts'

/** Two machines whose clocks are further apart cannot compare deadlines. Seconds. */
const tolerance = 30

/** Whether a machine may decide anything on what another said at that time. A time that is none agrees with nothing. */
export const clocksAgree = (now: NumericDate, theirs: NumericDate): boolean => Math.abs(now - theirs) <= tolerance
