import type { Surroundings } from './surroundings.ts'

/** Replaces control, hiding and reordering characters, since other people wrote some of the text. */
export const inert = (text: string): string => text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '·')

/** The value as a JSON document without control sequences for a terminal. */
export const jsonText = (value: unknown): string =>
  `${JSON.stringify(value, null, 2).split('\n').map(spelledOut).join('\n')}\n`

/** Characters that end a line, hide or reorder, as JSON writes them: `\u000a`. */
export const spelledOut = (text: string): string =>
  text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (each) =>
    each.split('').reduce((all, unit) => `${all}\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`, ''),
  )

export const lines = (...all: readonly string[]): string => all.map((line) => `${inert(line)}\n`).join('')

/** The shortest truncated cell. */
const narrowest = 12

/** @param columns the width of the terminal; a file or a pipe gets each cell whole */
export function table(head: readonly string[], rows: readonly (readonly string[])[], columns?: number): string[] {
  const all = [head, ...rows]
  const widths = head.map((_, column) => Math.max(...all.map((row) => (row[column] ?? '').length)))
  if (columns !== undefined) narrow(widths, columns)
  return all.map((row) =>
    row
      .map((cell, column) => cut(cell, widths[column] ?? 0).padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}

/** Shortens the widest column first, but never the first column, whose ids people type. */
function narrow(widths: number[], columns: number): void {
  const tooWide = () => widths.reduce((sum, width) => sum + width + 2, -2) > columns
  while (tooWide()) {
    const widest = Math.max(...widths.slice(1))
    if (widest <= narrowest) return
    widths[widths.indexOf(widest, 1)] = widest - 1
  }
}

const cut = (cell: string, width: number): string => (cell.length > width ? `${cell.slice(0, width - 1)}…` : cell)

export const fact = (name: string, ...values: readonly (string | false | undefined)[]): string[] =>
  values
    .filter((value) => typeof value === 'string')
    .map((value, index) => `${(index === 0 ? name : '').padEnd(Math.max(8, name.length))} ${value}`)

/** The time and place in which a time is read. */
export type Around = Pick<Surroundings, 'now' | 'env'>

/** A time in this machine's time zone and in UTC, since it may be passed on to a person elsewhere. */
export function time(instant: string, { now, env }: Around): string {
  const at = new Date(instant)
  const zone = env['TZ'] || Intl.DateTimeFormat().resolvedOptions().timeZone
  const local = clock(at, now(), zone)
  if (local === clock(at, now(), 'UTC')) return `${local} UTC`
  // The day is printed once if it is the same in both zones.
  const utc = day(at, zone) === day(at, 'UTC') ? hour(at, 'UTC') : `${day(at, 'UTC')} ${hour(at, 'UTC')}`
  return `${local} here (${utc} UTC)`
}

/** `04:12`, with the day if it is not today, and the year if it is not this one. */
const clock = (at: Date, now: Date, zone: string): string => {
  const isThisYear = year(at, zone) === year(now, zone)
  if (isThisYear && day(at, zone) === day(now, zone)) return hour(at, zone)
  return `${day(at, zone)} ${isThisYear ? '' : `${year(at, zone)} `}${hour(at, zone)}`
}

const year = (date: Date, zone: string) => part(date, zone, { year: 'numeric' })
const day = (date: Date, zone: string) => part(date, zone, { day: 'numeric', month: 'short' })
const hour = (date: Date, zone: string) => part(date, zone, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })

function part(date: Date, timeZone: string, form: Intl.DateTimeFormatOptions): string {
  try {
    return new Intl.DateTimeFormat('en-GB', { ...form, timeZone }).format(date)
  } catch {
    // `TZ` may not be the name of a zone, such as `:/etc/localtime`.
    return new Intl.DateTimeFormat('en-GB', form).format(date)
  }
}

export const timeAndSpan = (instant: string, surroundings: Around): string =>
  `${time(instant, surroundings)}, ${until(instant, surroundings)}`

export function until(instant: string, { now }: Pick<Surroundings, 'now'>): string {
  const minutes = Math.round((Date.parse(instant) - now().getTime()) / 60_000)
  const span = (count: number) => {
    if (count < 100) return `${count} min`
    return count < 72 * 60 ? `${Math.round(count / 60)} h` : `${Math.round(count / 1_440)} days`
  }
  if (minutes === 0) return 'now'
  return minutes > 0 ? `in ${span(minutes)}` : `${span(-minutes)} ago`
}
