import type { NumericDate } from '../../domain/values.ts'
import type { Incidents } from '../../operations/break-glass/ports.ts'
import type { Clock } from '../../operations/ports.ts'

/** How long it may take to find out, its secret and its answer together: the person who opens waits for it. */
const patience = 1500
/** An opening that is tried again, because another came first, does not ask again. Seconds. */
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
 * Asks wherever incidents are kept, by one GET: 200 is known, 404 and 410 are unknown, and all else is no answer. That a
 * service is down keeps no person out (`operations/break-glass/open-break-glass.ts`), so nothing here throws, and it takes no longer than
 * a person hardly notices.
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
      headers: { accept: 'application/json', ...(header === undefined ? {} : { authorization: header }) },
      // Wherever it would lead is not what the deployer named.
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
