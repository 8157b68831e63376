// Rules: test/adapters/incidents/http-incidents.test.ts
import type { Incident } from '../../domain/policy/asking-terms.ts'
import type { IncidentServices } from '../../domain/policy/incident-service.ts'
import { defined, JsonObject, parseJson } from '../../domain/values.ts'
import type { IncidentReader, TaskLook } from '../../operations/ports.ts'
import type { Expressions } from '../../operations/previews/sources.ts'
import { readText, rejectAt } from '../fetch-limits.ts'

/** The timeout for the secret and the answer together, since the person who opens waits for it. Milliseconds. */
const patience = 1500
const sizeLimit = 65_536
/** Statuses of a working service that does not know the incident: missing, gone, malformed or too long. */
const refusesName: ReadonlySet<number> = new Set([400, 404, 410, 414, 422])

type Settings = IncidentServices['http'] & {
  /** The value of the `Authorization` header, if the service needs one. */
  authorization?: () => Promise<string | undefined>
  expressions?: Expressions | undefined
}

/**
 * Looks up an incident by one GET: 200 is known, a status in `refusesName` is unknown, and all others are no answer.
 */
export class HttpIncidents implements IncidentReader {
  readonly #settings: Settings

  constructor(settings: Settings) {
    this.#settings = settings
  }

  async read(incident: string): Promise<TaskLook> {
    // In a path both change the address.
    if (incident === '.' || incident === '..') return { answer: 'unknown' }
    const { url, authorization, show, expressions } = this.#settings
    const signal = AbortSignal.timeout(patience)
    const header = await Promise.race([authorization?.(), rejectAt(signal)])
    const response = await fetch(url.replaceAll('{incident}', encodeURIComponent(incident)), {
      headers: { accept: 'application/json', ...defined({ authorization: header }) },
      // A redirect could lead to an address that the deployer did not name.
      redirect: 'manual',
      signal,
    })
    if (response.status !== 200 || !show || !expressions) {
      await response.body?.cancel()
      if (response.status === 200) return { answer: 'known' }
      return { answer: refusesName.has(response.status) ? 'unknown' : 'unreachable' }
    }
    const text = await readText(response, sizeLimit).catch(() => undefined)
    return {
      answer: 'known',
      ...defined({ incident: text === undefined ? undefined : shownOf(text, show, expressions) }),
    }
  }
}

/** The shown incident. Undefined without a title; the task counts as known all the same. */
function shownOf(text: string, show: NonNullable<Settings['show']>, expressions: Expressions): Incident | undefined {
  const answer = JsonObject.safeParse(parseJson(text))
  const say = (expression: string | undefined, most: number) =>
    expression === undefined || !answer.success ? undefined : find(expressions, expression, answer.data, most)
  const title = say(show.title, 256)
  if (title === undefined) return undefined
  const url = say(show.url, 2048)
  return { title, ...defined({ status: say(show.status, 64), url: url && isWebAddress(url) ? url : undefined }) }
}

function find(expressions: Expressions, expression: string, answer: JsonObject, most: number): string | undefined {
  try {
    const found = expressions.search(expression, answer)
    const text = typeof found === 'string' ? found.trim() : typeof found === 'number' ? String(found) : ''
    return text === '' ? undefined : [...text].slice(0, most).join('').slice(0, most)
  } catch {
    return undefined
  }
}

const isWebAddress = (text: string): boolean => /^https?:$/.test(URL.canParse(text) ? new URL(text).protocol : '')
