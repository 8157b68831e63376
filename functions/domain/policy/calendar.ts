import * as PlainDate from 'temporal-polyfill/fns/PlainDate'
import * as PlainDateTime from 'temporal-polyfill/fns/PlainDateTime'
import * as Zoned from 'temporal-polyfill/fns/ZonedDateTime'
import * as z from 'zod'
import { Alias, NumericDate } from '../values.ts'

/** Wall-clock times. Only this file imports the time zone library. */

const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const

/** A zone of the IANA database that this JavaScript runtime has. */
export const Zone = z.string().refine((name) => /^[A-Za-z]/.test(name) && isZone(name), {
  error: ({ input }) =>
    `\`${input}\` is not a time zone: write a name of the IANA database, such as \`Europe/Berlin\` or \`UTC\``,
})

function isZone(timeZone: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone }) !== undefined
  } catch {
    return false
  }
}

/** A span such as `09:00-17:00`; `22:00-06:00` ends on the next day. */
const Hours = z
  .string()
  .regex(/^([01]\d|2[0-3]):[0-5]\d-(([01]\d|2[0-3]):[0-5]\d|24:00)$/, 'hours such as `09:00-17:00` or `22:00-24:00`')
  .refine(
    (hours) => hours.slice(0, 5) !== hours.slice(6),
    'hours that end when they begin: leave `hours` out for the whole day',
  )

/** A window: it holds while its zone's wall clock shows these hours on these days. */
export const Window = z.strictObject({
  zone: Zone,
  /** The days on which its hours begin. Every day by default. */
  days: z.array(z.enum(weekdays)).min(1, 'at least one day, or leave `days` out for every day').optional(),
  /** The whole day by default. */
  hours: z.array(Hours).min(1, 'at least one span, or leave `hours` out for the whole day').max(8).optional(),
  /** Names of `dates` on which its hours do not begin. */
  except: z.array(Alias).min(1).optional(),
})
export type Window = z.infer<typeof Window>

/** One period of a freeze. Its `zone` is for the texts to people and agents. */
export const Freeze = z.strictObject({
  zone: Zone,
  from: NumericDate,
  until: NumericDate,
  reason: z.string().min(1).max(200),
})
export type Freeze = z.infer<typeof Freeze>

/** The most names, since each costs one more question after a refusal (`whyNotNow`). */
const mostNames = 32
export const named = <T extends z.ZodType>(value: T) =>
  z.record(Alias, value).refine((all) => Object.keys(all).length <= mostNames, `at most ${mostNames} names`)

export const Calendar = z.strictObject({
  /** The time zone of `night` and of 09:00. */
  zone: Zone.optional(),
  /** Named days, such as public holidays. */
  dates: named(z.array(z.iso.date('a day that the calendar has, such as `2026-12-25`')).min(1)).optional(),
  windows: named(Window),
  freezes: named(z.array(Freeze).min(1)),
})
export type Calendar = z.infer<typeof Calendar>

export const namesIn = ({ windows, freezes }: Calendar): readonly string[] => [
  ...Object.keys(windows),
  ...Object.keys(freezes),
]

/** A cache of the open windows in one minute, since hours begin and end with minutes. */
const lately = new WeakMap<Calendar, { minute: number; open: readonly string[] }>()

/** The names of the windows and freezes that hold now: `context.windows`. */
export function windowsAt(calendar: Calendar | undefined, now: NumericDate): readonly string[] {
  if (!calendar) return []
  const minute = Math.floor(now / 60)
  let last = lately.get(calendar)
  if (last?.minute !== minute) {
    const open = Object.keys(calendar.windows).filter((name) => holds(calendar, name, now))
    last = { minute, open }
    lately.set(calendar, last)
  }
  const frozen = Object.keys(calendar.freezes).filter((name) => holds(calendar, name, now))
  return frozen.length === 0 ? last.open : [...last.open, ...frozen]
}

/** Own members only, since a freeze may be called `constructor`. */
const windowOf = ({ windows }: Calendar, name: string): Window | undefined =>
  Object.hasOwn(windows, name) ? windows[name] : undefined

function holds(calendar: Calendar, name: string, now: NumericDate): boolean {
  const window = windowOf(calendar, name)
  if (window) return isOpen(window, calendar.dates ?? {}, now)
  return (calendar.freezes[name] ?? []).some(({ from, until }) => from <= now && now < until)
}

type Span = { begins: number; ends: number }

/**
 * Whether a window is open by its wall clock: skipped hours do not occur, repeated hours occur twice. Hours across
 * midnight belong to the day on which they begin.
 */
function isOpen({ zone, hours, days, except = [] }: Window, dates: Calendar['dates'] & object, now: NumericDate) {
  const wall = zonedAt(zone, now)
  const minute = wall.hour * 60 + wall.minute
  const today = Zoned.toPlainDate(wall)
  const beginsOn = (date: ReturnType<typeof Zoned.toPlainDate>) => {
    const weekday = weekdays[PlainDate.dayOfWeek(date) - 1] as (typeof weekdays)[number]
    const day = PlainDate.toString(date)
    return (days?.includes(weekday) ?? true) && !except.some((name) => dates[name]?.includes(day))
  }
  return spansOf(hours).some(({ begins, ends }) =>
    begins < ends
      ? begins <= minute && minute < ends && beginsOn(today)
      : (begins <= minute && beginsOn(today)) || (minute < ends && beginsOn(PlainDate.subtractDays(today, 1))),
  )
}

/** The calendar's `zone`, or else UTC. */
export const zoneOf = (calendar: Calendar | undefined): string => calendar?.zone ?? 'UTC'

export const hourIn = (zone: string, at: NumericDate): number => zonedAt(zone, at).hour

/** The next time after `now` at which the zone's wall clock shows this hour. */
export function nextHour(zone: string, hour: number, now: NumericDate): NumericDate {
  const today = Zoned.toPlainDate(zonedAt(zone, now))
  const on = ({ year, month, day }: typeof today) =>
    secondsOf(PlainDateTime.toZonedDateTime(PlainDateTime.create(year, month, day, hour), zone))
  const at = on(today)
  return at > now ? at : on(PlainDate.addDays(today, 1))
}

const spansOf = (hours: Window['hours']): readonly Span[] =>
  (hours ?? ['00:00-24:00']).map((span) => ({ begins: minutesOf(span.slice(0, 5)), ends: minutesOf(span.slice(6)) }))

const minutesOf = (clock: string): number => Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3))

const zonedAt = (zone: string, at: NumericDate) => Zoned.create(BigInt(at) * 1_000_000_000n, zone)

const secondsOf = ({ epochMilliseconds }: { epochMilliseconds: number }): NumericDate =>
  Math.floor(epochMilliseconds / 1000)

/**
 * The time of a local day's beginning, or of a local `2026-12-23T17:00`. `disambiguation` chooses for a time that
 * occurs twice or never.
 */
export function instantOf(zone: string, local: string, disambiguation: 'earlier' | 'later'): NumericDate {
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = local.split(/[-T:]/).map(Number)
  const wall = PlainDateTime.create(year, month, day, hour, minute, second)
  return secondsOf(PlainDateTime.toZonedDateTime(wall, zone, { disambiguation }))
}

/** `holds`: true if it holds from `at` on. */
export type Change = { name: string; at: NumericDate; holds: boolean }

const day = 86_400

/** A cache of the next change of each window, or of its absence for a day. */
const found = new WeakMap<Calendar, Map<string, { from: NumericDate; next: Change | undefined }>>()

/** The time at which a window or freeze next begins or ends. Undefined if that is not within a hundred days. */
export function whenNext(calendar: Calendar, name: string, now: NumericDate): Change | undefined {
  const window = windowOf(calendar, name)
  if (!window) return firstChange(calendar, name, edgesOfFreeze(calendar.freezes[name] ?? []), now)
  const windows = found.get(calendar) ?? new Map()
  found.set(calendar, windows)
  const before = windows.get(name)
  if (before && before.from <= now && now < (before.next?.at ?? before.from + day)) return before.next
  const next = firstChange(calendar, name, edgesOf(window, calendar.dates ?? {}, now), now)
  windows.set(name, { from: now, next })
  return next
}

function firstChange(
  calendar: Calendar,
  name: string,
  edges: Iterable<NumericDate>,
  now: NumericDate,
): Change | undefined {
  const held = holds(calendar, name, now)
  for (const at of edges) if (at > now && holds(calendar, name, at) !== held) return { name, at, holds: !held }
  return undefined
}

const edgesOfFreeze = (periods: readonly Freeze[]): readonly NumericDate[] =>
  periods.flatMap(({ from, until }) => [from, until]).toSorted((a, b) => a - b)

const farthest = 100
/** The number of days that show every effect of the week and of one clock change on a window. */
const telling = 15

/**
 * The times in order at which it can begin or end: its hours, midnight, and clock changes. In a run of days without an
 * excepted one only the first days are searched.
 */
function* edgesOf(
  { zone, hours, except = [] }: Window,
  dates: Calendar['dates'] & object,
  now: NumericDate,
): Generator<NumericDate> {
  const excepted = new Set(except.flatMap((name) => dates[name] ?? []))
  const times = new Set([0, ...spansOf(hours).flatMap(({ begins, ends }) => [begins, ends % (24 * 60)])])
  const start = zonedAt(zone, now)
  const today = Zoned.toPlainDate(start)
  let jump = Zoned.getTimeZoneTransition(start, 'next')
  for (let ahead = 0, alike = 0; ahead <= farthest; ahead++) {
    const day = PlainDate.addDays(today, ahead)
    alike = excepted.has(PlainDate.toString(day)) ? 0 : alike + 1
    if (alike > telling) {
      if (excepted.size === 0) return
      continue
    }
    const edges = [...times].flatMap((minute) => {
      const wall = PlainDateTime.create(day.year, day.month, day.day, Math.floor(minute / 60), minute % 60)
      return (['earlier', 'later'] as const).map((disambiguation) =>
        secondsOf(PlainDateTime.toZonedDateTime(wall, zone, { disambiguation })),
      )
    })
    while (jump && PlainDate.compare(Zoned.toPlainDate(jump), day) <= 0) {
      edges.push(secondsOf(jump))
      jump = Zoned.getTimeZoneTransition(jump, 'next')
    }
    yield* edges.toSorted((a, b) => a - b)
  }
}

const months = 'January February March April May June July August September October November December'.split(' ')

/** The local time, as `4 January 2027, 08:00 Europe/Berlin`. */
export function localTime(zone: string, at: NumericDate): string {
  const { day, month, year, hour, minute } = zonedAt(zone, at)
  const clock = [hour, minute].map((part) => String(part).padStart(2, '0')).join(':')
  return `${day} ${months[month - 1]} ${year}, ${clock} ${zone}`
}

/**
 * The reason why policy refuses now but would permit after a window or freeze changes, in words for the agent. It has
 * names and times of the calendar, but no policies.
 */
export function whyNotNow(
  calendar: Calendar | undefined,
  permitsAt: (at: NumericDate) => boolean,
  now: NumericDate,
): string | undefined {
  if (!calendar) return undefined
  const changes = namesIn(calendar)
    .flatMap((name) => whenNext(calendar, name, now) ?? [])
    .toSorted((a, b) => a.at - b.at)
  const change = changes.find(({ at }) => permitsAt(at))
  return change && wordsOf(calendar, change, now)
}

function wordsOf({ windows, freezes }: Calendar, { name, at, holds }: Change, now: NumericDate): string {
  const freeze = freezes[name]?.find(({ from, until }) => from <= now && now < until)
  if (freeze) return `the freeze \`${name}\` holds until ${localTime(freeze.zone, at)}: ${freeze.reason}`
  const zone = windows[name]?.zone ?? freezes[name]?.[0]?.zone ?? 'UTC'
  const time = localTime(zone, at)
  return holds
    ? `it is outside of the window \`${name}\`, which begins on ${time}`
    : `it is within the window \`${name}\`, which ends on ${time}`
}
