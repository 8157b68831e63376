// Rules: test/client/gated/gated-calls.test.ts
import { decodeJwt } from 'jose'
import { AlreadyRun, type Approved } from '../agent/approved.ts'
import type { Gate } from '../gate.ts'
import { defined } from '../http.ts'
import type { Runs } from '../journal/runs.ts'
import { isStateChanged, wrongUsage } from '../outcome.ts'
import { pause } from '../surroundings.ts'
import { type Asked, type Askings, callOf, type Ended } from './askings.ts'
import { type GatedCall, type How, OutcomeUnknown } from './gated-call.ts'

/** `ended`: the use was begun and ended before, so its work is not repeated. `use` is missing without a gate. */
export type Begun = { use?: string; ended: boolean; end(outcome: 'succeeded' | 'failed'): Promise<void> }
export type No = { reason: string; detail: string }

export type Doing<T> = How & {
  /** Called just before the work. Returns the reason against it, if any. */
  check?: () => Promise<No | undefined>
  /** True if a result of the work counts as a failure. */
  failed?: (value: T) => boolean
}
export type Work<T> = (use: string) => Promise<T>

/** The time left for the report: Hotwork refuses one after the grant's end. Milliseconds. */
const timeToReport = 5_000

/**
 * Begins the one use of a request, under its key: also if a process began it before and was killed.
 *
 * @throws Fault if the gate says neither yes nor no
 */
export async function beginUse(
  gate: Gate | undefined,
  approved: Approved,
  { action, mcp }: Pick<GatedCall, 'action' | 'mcp'>,
): Promise<Begun | No> {
  if (!gate) return { ended: false, end: async () => {} }
  const token = await approved.token()
  const url = addressIn(token)
  const begun = await gate.begin({
    headers: { authorization: `DPoP ${token}`, dpop: await approved.proof('POST', url) },
    ...{ method: 'POST', url, action, arguments: approved.arguments, key: approved.request },
    ...defined({ mcp }),
  })
  if (!begun.permitted) return { reason: begun.reason, detail: begun.problem.detail ?? begun.problem.title }
  const { use, ended } = begun
  return { use, ended, end: async (outcome) => (ended ? undefined : begun.end(outcome)) }
}

export type Done<T> = Ended & { value: T | undefined }
type Beginning<T> = { answer?: { state: 'refused' | 'pending' } & No; ends?: Promise<Done<T> | undefined> }

/**
 * Begins the use, checks once more that the work may be done, and begins the work.
 *
 * @returns the refusal, the end of work begun here, or an empty object if another process began it
 */
export async function beginWork<T>(
  asked: Asked,
  approved: Approved,
  work: Work<T>,
  { check, failed = () => false }: Doing<T>,
  { gate, askings, runs }: { gate: Gate | undefined; askings: Askings; runs: Runs },
): Promise<Beginning<T>> {
  const { request } = approved
  if (runs.of(request)) return {}
  const begun = await beginUse(gate, approved, callOf(asked)).catch((cause: unknown) => {
    if (isStateChanged(cause)) return { changed: 'the resource has changed since it was approved: people decide again' }
    throw cause
  })
  if ('changed' in begun) return { answer: { state: 'pending', reason: 'state_changed', detail: begun.changed } }
  if ('reason' in begun) return { answer: { state: 'refused', ...begun } }
  if (begun.ended) return {}
  const no = await check?.()
  if (no) {
    // This mark stops every other process from doing the work.
    if (runs.begin(request)) return {}
    askings.end(asked, { state: 'refused', request, ...no, reported: true, until: askings.now() })
    await begun.end('failed').catch(() => {})
    await approved.complete('failed', `not sent: ${no.reason}`).catch(() => {})
    return { answer: { state: 'refused', ...no } }
  }
  let tell = () => {}
  const isBegun = new Promise<void>((resolve) => {
    tell = resolve
  })
  const once = () => {
    tell()
    return work(begun.use ?? '')
  }
  const ends = doOnce(once, { asked, approved, begun, failed }, askings)
  await Promise.race([isBegun, ends])
  return { ends }
}

export const audienceOf = (token: string): string | undefined => [decodeJwt(token).aud].flat()[0]

/** The URL of the use: the tool's audience, unless the tool has a separate address. */
function addressIn(token: string): string {
  const audience = audienceOf(token)
  if (audience && URL.canParse(audience)) return audience
  throw wrongUsage(
    'the tool has an audience that is not an address',
    "in the deployment file give it an address as `audience`, and list that in its `addresses`: the gate's proofs name it",
  )
}

/**
 * Does the work, stores its end, and reports it.
 *
 * @returns undefined if the work was begun before
 * @throws Refusal if the grant ended before the work
 */
async function doOnce<T>(
  work: () => Promise<T>,
  { asked, approved, begun, failed }: { asked: Asked; approved: Approved; begun: Begun; failed: (value: T) => boolean },
  askings: Askings,
): Promise<Done<T> | undefined> {
  const { request, expiresAt } = approved
  const until = expiresAt.getTime()
  let ended: Done<T> | undefined
  const use = approved.use(async () => {
    const given = await inTime(work, until - timeToReport).then(
      (value) => ({
        state: 'done' as const,
        value,
        outcome: failed(value) ? ('failed' as const) : ('succeeded' as const),
      }),
      (cause: unknown) => ({ state: 'unknown' as const, outcome: 'failed' as const, ...whyUnknown(cause) }),
    )
    const { value, ...told } = { value: undefined, ...given }
    ended = { version: 1, request, arguments: approved.arguments, ...told, reported: false, until, value }
    try {
      const { value: _, ...kept } = ended
      askings.end(asked, kept, value)
    } catch {
      // If the disk is full, repeats do not get the answer; this call does.
    }
    await begun.end(given.outcome).catch(() => {})
    if (given.outcome === 'failed') throw new WorkFailed(given.state)
  })
  try {
    await use
    if (ended) askings.reported(asked)
  } catch (cause) {
    // A repeat reports a failure that was not reported.
    if (!ended && !(cause instanceof AlreadyRun)) throw cause
  }
  return ended
}

/** Hotwork gets its name and its code. */
class WorkFailed extends Error {
  override readonly name = 'WorkFailed'
  readonly code: string
  constructor(code: string) {
    super(code)
    this.code = code
  }
}

/** Waits for an answer until the grant's end, after which no work may begin. */
async function inTime<T>(work: () => Promise<T>, until: number): Promise<T> {
  const stop = new AbortController()
  const late = pause(Math.max(0, until - Date.now()), stop.signal).then(() => {
    throw new OutcomeUnknown('no_answer_in_time', 'it did not answer until the end of its grant')
  })
  try {
    return await Promise.race([work(), late])
  } finally {
    late.catch(() => {})
    stop.abort()
  }
}

function whyUnknown(cause: unknown): No {
  if (cause instanceof OutcomeUnknown) return { reason: cause.code, detail: cause.message }
  return defined({ reason: 'outcome_unknown', detail: 'what did the work failed, and how far it came is not known' })
}
