import { randomBytes } from 'node:crypto'
import * as z from 'zod'
import { BadRequest, createRouter, type Handler, json, quoted, serve } from './desk/http.ts'
import { listenOnLoopback } from './loopback.ts'

interface PagerOptions {
  schedules: readonly string[]
  /** Users of the pager; the first is on call. */
  users: readonly string[]
  log?: (line: string) => void
  clock?: () => number
}

/** `from`: the start of a later shift. Times are RFC 3339. */
const ShiftBody = z.strictObject({
  schedule: z.string().optional(),
  user: z.string().min(1),
  from: z.iso.datetime({ offset: true }).optional(),
  until: z.iso.datetime({ offset: true }).optional(),
})
type Shift = { user: string; from?: string | undefined; until?: string | undefined }

/** Incidents are named as in the sample. */
const incident = /^\/incidents\/(INC-[0-9]{1,12})$/

/** The default length of a shift. Milliseconds. */
const usualShift = 8 * 3_600_000

export type Pager = Awaited<ReturnType<typeof startPager>>

/**
 * The local PagerDuty, on 127.0.0.1 only: `GET /oncalls`, `GET /schedules/{id}` and `GET /incidents/{id}` of its API
 * (each incident is open), and `POST /control/shift`, which begins another person's shift, as an edit of the schedule
 * does.
 */
export async function startPager({ schedules, users, log = () => {}, clock = Date.now }: PagerOptions) {
  const token = `u+${randomBytes(12).toString('hex')}`
  const [first] = users
  const plan = new Map<string, Shift[]>(schedules.map((id) => [id, first === undefined ? [] : [{ user: first }]]))
  const unauthorized = json(401, { error: { message: 'Unauthorized' } })
  const authorization = `Token token=${token}`
  const mayAsk = (headers: Parameters<Handler>[0]['headers']) => headers.authorization === authorization
  /** A schedule has all users, since any of them may have a shift. */
  const rotaOf =
    (id: string): Handler =>
    ({ headers }) =>
      mayAsk(headers) ? json(200, { schedule: { id, users: users.map((user) => ({ id: user })) } }) : unauthorized
  const read: Handler = ({ url, headers }) => {
    if (!mayAsk(headers)) return unauthorized
    const wanted = url.searchParams.getAll('schedule_ids[]')
    const since = timeIn(url, 'since', clock())
    const until = timeIn(url, 'until', since)
    const entries = wanted.flatMap((id) => (plan.get(id) ?? []).map((shift) => entryOf(id, shift, clock())))
    const oncalls = entries.filter(({ start, end }) => Date.parse(start) <= until && Date.parse(end) > since)
    return json(200, { oncalls, limit: 100, offset: 0, more: false, total: null })
  }
  const find: Handler = ({ url, headers }) => {
    if (!mayAsk(headers)) return unauthorized
    const id = incident.exec(url.pathname)?.[1]
    return id === undefined
      ? json(404, { error: { message: 'Not Found' } })
      : json(200, { incident: { id, title: `Incident ${id}`, status: 'open' } })
  }
  const change: Handler = ({ body }) => {
    const parsed = ShiftBody.safeParse(parse(body))
    if (!parsed.success) throw new BadRequest(z.prettifyError(parsed.error))
    const { schedule = schedules[0] ?? '', ...shift } = parsed.data
    const there = plan.get(schedule)
    if (!there) throw new BadRequest(`\`schedule\`: unknown \`${schedule}\`; try ${quoted(schedules)}`)
    if (!users.includes(shift.user)) throw new BadRequest(`\`user\`: unknown \`${shift.user}\`; try ${quoted(users)}`)
    const from = shift.from ?? new Date(clock()).toISOString()
    const before = there
      .filter((each) => each.from === undefined || Date.parse(each.from) < Date.parse(from))
      .map((each) => ({ ...each, until: from }))
    plan.set(schedule, [...before, { ...shift, from }])
    return json(200, { schedule, shifts: plan.get(schedule) })
  }
  const rotas = Object.fromEntries(schedules.map((id) => [`GET /schedules/${id}`, rotaOf(id)]))
  const server = await listenOnLoopback()
  const exact = { 'GET /oncalls': read, ...rotas, 'POST /control/shift': change }
  server.handle(serve(createRouter(exact, { '/incidents/': find }), log))
  return { url: server.url, token, authorization, close: server.close }
}

/** The entry of a shift. Without an end it ends after eight hours, as if the same person had the next one too. */
function entryOf(schedule: string, { user, from, until }: Shift, now: number) {
  const turn = now - (now % usualShift)
  return {
    user: { id: user, type: 'user_reference' },
    schedule: { id: schedule, type: 'schedule_reference' },
    escalation_policy: { id: 'PLOCAL1', type: 'escalation_policy_reference' },
    escalation_level: 1,
    start: from ?? new Date(turn).toISOString(),
    end: until ?? new Date(turn + usualShift).toISOString(),
  }
}

function timeIn(url: URL, name: string, otherwise: number): number {
  const time = Date.parse(url.searchParams.get(name) ?? '')
  return Number.isNaN(time) ? otherwise : time
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    throw new BadRequest('the body must be JSON')
  }
}
