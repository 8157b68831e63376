// Rules: test/client/identity/identity.test.ts
import { decodeJwt, type JWTPayload } from 'jose'
import { originIn } from '../audience.ts'
import { Fault, Trouble, wrongUsage } from '../outcome.ts'
import type { Surroundings } from '../surroundings.ts'

/** Returns a workload token whose audience is `audience` (Hotwork's issuer). */
export type Identity = (audience: string, signal?: AbortSignal) => Promise<string>

/** A source of tokens. @throws Refusal if it is set up wrongly, Fault if a retry may work */
export type Source = { name: string; ask(audience: string, signal: AbortSignal): Promise<string> }

/** The longest wait for one token, tries included. Milliseconds. */
const usualPatience = 10_000
const tries = 3
/** A token with less time left is renewed: a call takes time, and clocks differ. Seconds. */
const margin = 60

type Remembered = { token: string; staleAt: number; endsAt: number }
type Fetching = { token: Promise<string>; callers: number; stop: AbortController }

/** Caches one token for each audience, in memory only. Concurrent callers share one fetch. */
export function rememberTokens(
  source: Source,
  { now, pause }: Pick<Surroundings, 'now' | 'pause'>,
  patience = usualPatience,
): Identity {
  const remembered = new Map<string, Remembered>()
  const fetching = new Map<string, Fetching>()
  const seconds = () => now().getTime() / 1000

  async function fetchToken(audience: string, stop: AbortSignal): Promise<string> {
    const token = await askPatiently(source, audience, stop, { pause, patience })
    const { iat, exp, aud } = readClaims(token, source.name)
    mustBeFor(audience, aud, source.name)
    if (exp === undefined) return token
    // Also counted from `iat`, since this machine's clock may be behind.
    const left = Math.min(exp - seconds(), exp - (iat ?? Number.NEGATIVE_INFINITY))
    remembered.set(audience, { token, staleAt: seconds() + left - margin, endsAt: seconds() + left })
    return token
  }

  const leave = (audience: string, left: Fetching) => {
    if (fetching.get(audience) === left) fetching.delete(audience)
  }

  function join(audience: string): Fetching {
    const running = fetching.get(audience)
    if (running) return running
    const stop = new AbortController()
    const token = fetchToken(audience, stop.signal).finally(() => leave(audience, begun))
    const begun: Fetching = { token, callers: 0, stop }
    fetching.set(audience, begun)
    return begun
  }

  return async (audience, signal) => {
    signal?.throwIfAborted()
    const kept = remembered.get(audience)
    if (kept && seconds() < kept.staleAt) return kept.token
    const shared = join(audience)
    shared.callers++
    try {
      return await untilAborted(shared.token, signal)
    } catch (cause) {
      if (cause instanceof Fault && kept && seconds() < kept.endsAt) return kept.token
      throw cause
    } finally {
      if (--shared.callers === 0) {
        leave(audience, shared)
        shared.stop.abort()
      }
    }
  }
}

async function askPatiently(
  source: Source,
  audience: string,
  stop: AbortSignal,
  { pause, patience }: Pick<Surroundings, 'pause'> & { patience: number },
): Promise<string> {
  const late = AbortSignal.timeout(patience)
  const signal = AbortSignal.any([stop, late])
  for (let count = 1; ; count++) {
    try {
      return await untilAborted(source.ask(audience, signal), signal)
    } catch (cause) {
      stop.throwIfAborted()
      if (late.aborted) throw unavailable(`${source.name} returned no token within ${patience / 1000} s`)
      if (!(cause instanceof Trouble)) throw unavailable(`${source.name} failed`, cause)
      if (!(cause instanceof Fault) || count === tries) throw cause
      await pause(250 * 2 ** count, stop)
    }
  }
}

/** @internal The claims of a token. The API judges its audience. @throws Refusal */
export function readClaims(token: string, name: string): Pick<JWTPayload, 'iat' | 'exp' | 'aud'> {
  try {
    // Checked before decoding: an error about a header with a line break in it would quote the token.
    if (!/^[\w-]+\.[\w-]+\.[\w-]+$/.test(token)) throw new Error('no JWS')
    return decodeJwt(token)
  } catch {
    throw wrongUsage(`the token of ${name} is not a JWT`, 'a workload token is a signed JWT (docs/identity.md)')
  }
}

/** Refuses a token for another service, where this one could use it. @throws Refusal */
function mustBeFor(audience: string, aud: JWTPayload['aud'] = [], name: string): void {
  const own = new URL(audience).origin
  const elsewhere = [aud].flat().find((each) => (originIn(each) ?? own) !== own)
  if (elsewhere === undefined) return
  throw wrongUsage(
    `the token of ${name} is for \`${elsewhere.slice(0, 200)}\`, and this Hotwork is \`${audience}\``,
    'ask for a token with that audience alone (docs/identity.md), or name the other Hotwork',
  )
}

/** Leaves out the source's answer, which may contain a token. */
export const unavailable = (detail: string, cause?: unknown): Fault =>
  new Fault({ code: 'no_identity', title: 'there is no workload token now', detail }, cause ? { cause } : {})

/** Settles as the promise, or rejects with the reason of the signal if that comes first. */
export function untilAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return promise
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason)
    if (signal.aborted) abort()
    else signal.addEventListener('abort', abort, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}
