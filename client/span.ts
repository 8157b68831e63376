import { wrongUsage } from './outcome.ts'
import type { Surroundings } from './surroundings.ts'

const seconds = { s: 1, m: 60, h: 3600, d: 86_400 } as const

/** A time as typed, RFC 3339 or a span from now such as `30m`, as RFC 3339. @throws Refusal */
export function readMoment(
  option: string,
  typed: string,
  direction: 1 | -1,
  { now }: Pick<Surroundings, 'now'>,
): string {
  const [, count, unit] = /^(\d{1,5})([smhd])$/.exec(typed) ?? []
  const at =
    count === undefined
      ? rfc3339.test(typed)
        ? Date.parse(typed)
        : Number.NaN
      : now().getTime() + direction * Number(count) * seconds[unit as keyof typeof seconds] * 1000
  if (Number.isFinite(at)) return new Date(at).toISOString().replace(/\.\d+/, '')
  throw wrongUsage(
    `\`${option}\` is no time`,
    'give a span, such as 30m, 2h or 7d, or a time such as 2026-12-01T06:00:00Z',
  )
}

const rfc3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/i
