// Rules: test/client/halts/halts.test.ts
import { wrongUsage } from './outcome.ts'
import type { Surroundings } from './surroundings.ts'

/** The default wait for people. Milliseconds. */
export const usualWait = 30 * 60_000

const seconds = { s: 1, m: 60, h: 3600, d: 86_400 } as const

/**
 * The milliseconds of a span such as `45s`, `30m`, `2h` or `7d`, or in ISO 8601 (`P7D`, `PT2H`); undefined for other
 * text.
 */
export function readSpan(typed: string): number | undefined {
  const written = typed.replace(/^P(?:(\d+D)|T(\d+[HMS]))$/, (_, days, time) => (days ?? time).toLowerCase())
  const [, count, unit] = /^(\d{1,5})([smhd])$/.exec(written) ?? []
  return count === undefined ? undefined : Number(count) * seconds[unit as keyof typeof seconds] * 1000
}

/** Reads a time, in RFC 3339 or as a span from now such as `30m`, and returns RFC 3339. @throws Refusal */
export function readTime(option: string, typed: string, direction: 1 | -1, { now }: Pick<Surroundings, 'now'>): string {
  const span = readSpan(typed)
  const absolute = rfc3339.test(typed) ? Date.parse(typed) : Number.NaN
  const at = span === undefined ? absolute : now().getTime() + direction * span
  if (Number.isFinite(at)) return new Date(at).toISOString().replace(/\.\d+/, '')
  throw wrongUsage(
    `\`${option}\` is not a time`,
    'give a span, such as 30m, 2h or 7d, or a time such as 2026-12-01T06:00:00Z',
  )
}

/** Reads `--since` and `--until`, if they are given. @throws Refusal */
export const readPeriod = (
  { since, until }: { since?: string | undefined; until?: string | undefined },
  surroundings: Pick<Surroundings, 'now'>,
) => {
  const time = (option: string, typed: string | undefined) =>
    typed === undefined ? undefined : readTime(option, typed, -1, surroundings)
  return { since: time('--since', since), until: time('--until', until) }
}

const rfc3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/i
