import { defined, type NumericDate } from '../../domain/values.ts'
import type { Incidents } from '../../operations/break-glass/ports.ts'
import type { Clock } from '../../operations/ports.ts'

/** For the secret and the answer together: the person who opens waits for it. Milliseconds. */
const patience = 1500
/** An opening that is tried again does not ask again. Seconds. */
const remembered = 30

type Answer = Awaited<ReturnType<Incidents['check']>>
type Settings = {
  /** With `{incident}` where the incident's name goes. */
  url: string
  /** The whole `Authorization` header, where the service wants one. */
  authorization?: () => Promise<string | undefined>
  clock: Clock
}

/**
 * Asks the service that keeps incidents, by one GET: 200 is known, 404 and 410 are unknown, and all else is no answer. A
 * service that is down keeps no person out, so nothing here throws.
 */
export class HttpIncidents implements Incidents {
  readonly #settings: Settings
  #last: { incident: string; answer: Promise<Answer>; until: NumericDate } | undefined

  constructor(settings: Settings) {
    this.#settings = settings
  }

  check(incident: string): Promise<Answer> {
    const now = this.#settings.clock.now()
    if (this.#last?.incident === incident && now < this.#last.until) return this.#last.answer
    const answer = this.#ask(incident).catch((): Answer => 'unreachable')
    this.#last = { incident, answer, until: now + remembered }
    return answer
  }

  async #ask(incident: string): Promise<Answer> {
    const { url, authorization } = this.#settings
    const signal = AbortSignal.timeout(patience)
    const header = await Promise.race([authorization?.(), refusedBy(signal)])
    const response = await fetch(url.replaceAll('{incident}', encodeURIComponent(incident)), {
      headers: { accept: 'application/json', ...defined({ authorization: header }) },
      // A redirect leads to an address that the deployer did not name.
      redirect: 'manual',
      signal,
    })
    await response.body?.cancel()
    if (response.status === 200) return 'known'
    return response.status === 404 || response.status === 410 ? 'unknown' : 'unreachable'
  }
}

const refusedBy = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }))
