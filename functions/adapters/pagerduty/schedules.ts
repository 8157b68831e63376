import * as z from 'zod'
import { defined, type NumericDate, parseJson, rfc3339 } from '../../domain/values.ts'
import type { Schedule } from '../../group-sources/pager/kind.ts'
import { faultName, ScheduleUnavailable } from '../../operations/faults.ts'
import type { Schedules, Shift } from '../../operations/people/ports.ts'
import { readText, rejectAt } from '../fetch-limits.ts'

/** The timeout of all pages together; the next round is a minute later. Milliseconds. */
const patience = 8_000
const pageSize = 100
const mostPages = 10
const sizeLimit = 1_048_576

type Settings = {
  /** The address, if it differs from PagerDuty's default. */
  url?: string | undefined
  token: () => Promise<string>
}

/** A time with its offset, which summer time changes: an instant, not a time of day. */
const Instant = z.iso.datetime({ offset: true }).transform((text) => Math.floor(Date.parse(text) / 1000))
const User = z.object({ id: z.string().min(1).max(64) })
const OnCalls = z.object({
  oncalls: z.array(
    z.object({
      user: User,
      schedule: z.object({ id: z.string() }).nullish(),
      escalation_level: z.int(),
      /** Null for a person who is always on call. */
      start: Instant.nullish(),
      end: Instant.nullish(),
    }),
  ),
  more: z.boolean().nullish(),
})

const Rota = z.object({ schedule: z.object({ users: z.array(User) }) })

/**
 * @see https://developer.pagerduty.com/api-reference/3a6b910f11050-list-all-of-the-on-calls
 * @see https://developer.pagerduty.com/api-reference/3f03afb2c84a4-get-a-schedule
 */
export class PagerDutySchedules implements Schedules {
  readonly #settings: Settings

  constructor(settings: Settings) {
    this.#settings = settings
  }

  async onCall(
    { schedule, level }: Schedule,
    { since, until }: { since: NumericDate; until: NumericDate },
  ): Promise<readonly Shift[]> {
    return this.#asking(schedule, async (get) => {
      const found: z.infer<typeof OnCalls>['oncalls'] = []
      for (let page = 0; page < mostPages; page++) {
        const query = new URLSearchParams({
          'schedule_ids[]': schedule,
          ...{ since: rfc3339(since), until: rfc3339(until), time_zone: 'UTC' },
          ...{ limit: String(pageSize), offset: String(page * pageSize) },
        })
        const { oncalls, more } = await get(`oncalls?${query}`, OnCalls)
        found.push(...oncalls)
        if (!more) return shiftsIn(found, schedule, level)
      }
      throw unavailable(schedule, 'it has too many pages')
    })
  }

  users({ schedule }: Schedule): Promise<readonly string[]> {
    return this.#asking(schedule, async (get) => {
      const rota = await get(`schedules/${schedule}?time_zone=UTC`, Rota)
      return rota.schedule.users.map(({ id }) => id)
    })
  }

  async #asking<T>(schedule: string, ask: (get: Get) => Promise<T>): Promise<T> {
    try {
      const signal = AbortSignal.timeout(patience)
      const token = await Promise.race([this.#settings.token(), rejectAt(signal)])
      return await ask((path, schema) => this.#get(path, schema, { schedule, token, signal }))
    } catch (cause) {
      if (cause instanceof ScheduleUnavailable) throw cause
      throw unavailable(schedule, faultName(cause))
    }
  }

  async #get<S extends z.ZodType>(
    path: string,
    schema: S,
    { schedule, token, signal }: { schedule: string; token: string; signal: AbortSignal },
  ): Promise<z.output<S>> {
    const { url = 'https://api.pagerduty.com' } = this.#settings
    const response = await fetch(`${url.replace(/\/$/, '')}/${path}`, {
      headers: { accept: 'application/vnd.pagerduty+json;version=2', authorization: `Token token=${token}` },
      // A redirect could take the token to an address that the deployer did not name.
      redirect: 'manual',
      signal,
    })
    if (response.status !== 200) {
      await response.body?.cancel()
      throw unavailable(schedule, `status ${response.status}`)
    }
    const text = await readText(response, sizeLimit)
    const parsed = text === undefined ? undefined : schema.safeParse(parseJson(text))
    if (parsed?.success) return parsed.data
    throw unavailable(schedule, 'its answer is not understood')
  }
}

type Get = <S extends z.ZodType>(path: string, schema: S) => Promise<z.output<S>>

/** One schedule may be in several policies, so one shift may appear several times. */
function shiftsIn(oncalls: z.infer<typeof OnCalls>['oncalls'], schedule: string, level: number): readonly Shift[] {
  const shifts = oncalls
    .filter((each) => each.schedule?.id === schedule && each.escalation_level <= level)
    .map(({ user, start, end }) => defined({ user: user.id, from: start ?? undefined, until: end ?? undefined }))
  return [...new Map(shifts.map((shift) => [JSON.stringify(shift), shift])).values()]
}

/** Drops the cause, since a fault of `fetch` may contain the headers. */
const unavailable = (schedule: string, why: string) =>
  new ScheduleUnavailable(`the people on call in PagerDuty schedule \`${schedule}\` could not be read: ${why}`)
