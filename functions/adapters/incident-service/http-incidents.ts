import { defined, JsonObject, type NumericDate, parseJson } from '../../domain/values.ts'
import type { Incidents } from '../../operations/break-glass/ports.ts'
import { faultName } from '../../operations/faults.ts'
import type { Clock, Log } from '../../operations/ports.ts'
import type { Expressions } from '../../operations/previews/sources.ts'
import type { TaskLook, TaskService } from '../../operations/requests/ports.ts'
import { readText, rejectAt } from '../fetch-limits.ts'

/** For the secret and the answer together: the person who opens waits for it. Milliseconds. */
const patience = 1500
/** An opening that is tried again does not ask again. Seconds. */
const remembered = 30
const sizeLimit = 65_536
/** The service is up and takes this name for no incident: missing, gone, malformed or too long. */
const refusesName: ReadonlySet<number> = new Set([400, 404, 410, 414, 422])

type Settings = {
  /** With `{incident}` where the incident's name goes. */
  url: string
  /** The whole `Authorization` header, where the service wants one. */
  authorization?: () => Promise<string | undefined>
  /** What of its answer people are shown: expressions over it. */
  show?: { title: string; status?: string | undefined; url?: string | undefined }
  expressions?: Expressions
  clock: Clock
  log?: Pick<Log, 'warn'>
}

/**
 * Asks the service that keeps incidents, by one GET: 200 is known, a refusal of the name is unknown, and all else is no
 * answer. A service that is down keeps no person out, so nothing here throws.
 */
export class HttpIncidents implements Incidents, TaskService {
  readonly #settings: Settings
  #last: { incident: string; look: Promise<TaskLook>; until: NumericDate } | undefined

  constructor(settings: Settings) {
    this.#settings = settings
  }

  async check(incident: string): Promise<TaskLook['answer']> {
    return (await this.look(incident)).answer
  }

  look(incident: string): Promise<TaskLook> {
    const now = this.#settings.clock.now()
    if (this.#last?.incident === incident && now < this.#last.until) return this.#last.look
    const look = this.#ask(incident).catch((fault: unknown): TaskLook => {
      this.#settings.log?.warn('incidents_unreachable', { fault: faultName(fault) })
      return { answer: 'unreachable' }
    })
    const last = { incident, look, until: now + remembered }
    this.#last = last
    // A failure is not remembered: the next call may have an answer.
    void look.then(({ answer }) => {
      if (answer === 'unreachable' && this.#last === last) this.#last = undefined
    })
    return look
  }

  async #ask(incident: string): Promise<TaskLook> {
    // As a part of an address these are no name but another address, whose answer says nothing of an incident.
    if (incident === '.' || incident === '..') return { answer: 'unknown' }
    const { url, authorization, show } = this.#settings
    const signal = AbortSignal.timeout(patience)
    const header = await Promise.race([authorization?.(), rejectAt(signal)])
    const response = await fetch(url.replaceAll('{incident}', encodeURIComponent(incident)), {
      headers: { accept: 'application/json', ...defined({ authorization: header }) },
      // A redirect leads to an address that the deployer did not name.
      redirect: 'manual',
      signal,
    })
    if (response.status !== 200 || !show) {
      await response.body?.cancel()
      if (response.status === 200) return { answer: 'known' }
      return { answer: refusesName.has(response.status) ? 'unknown' : 'unreachable' }
    }
    const text = await readText(response, sizeLimit).catch(() => undefined)
    return { answer: 'known', ...defined({ incident: text === undefined ? undefined : this.#shown(text, show) }) }
  }

  /** Without a title no incident is shown. The task is known all the same. */
  #shown(text: string, show: NonNullable<Settings['show']>) {
    const answer = JsonObject.safeParse(parseJson(text))
    const say = (expression: string | undefined, most: number) =>
      expression === undefined || !answer.success ? undefined : this.#find(expression, answer.data, most)
    const title = say(show.title, 256)
    if (title === undefined) return undefined
    const url = say(show.url, 2048)
    return { title, ...defined({ status: say(show.status, 64), url: url && isWebAddress(url) ? url : undefined }) }
  }

  #find(expression: string, answer: JsonObject, most: number): string | undefined {
    try {
      const found = this.#settings.expressions?.search(expression, answer)
      const text = typeof found === 'string' ? found.trim() : typeof found === 'number' ? String(found) : ''
      return text === '' ? undefined : [...text].slice(0, most).join('').slice(0, most)
    } catch {
      return undefined
    }
  }
}

const isWebAddress = (text: string): boolean => /^https?:$/.test(URL.canParse(text) ? new URL(text).protocol : '')
