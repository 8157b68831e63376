import * as z from 'zod'
import { AnyProblem } from '../functions/domain/cards/wire/problem.ts'
import { textOf } from './bounded.ts'
import { exitOfRefusal, exitOfStatus, exits, Fault, Refusal, Trouble, whyUnanswered, wrongUsage } from './outcome.ts'
import type { Surroundings } from './surroundings.ts'

/** One idempotent call of the API, which may be sent again. */
export type Sending = {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  url: string
  /** Called for each try, since a token may have been renewed and a proof is good once. */
  prepare: () => Promise<{ headers: { readonly [name: string]: string }; body?: string | URLSearchParams }>
  /** Aborts the call, with the pauses between its tries. */
  signal?: AbortSignal | undefined
  tries?: number
  /** The timeout of one try. Milliseconds. */
  patience?: number
}

export type Answered = { response: Response; text: string }
export type Waiting = Pick<Surroundings, 'err' | 'pause'>

/** As long as API Gateway waits. Milliseconds. */
const usualPatience = 30_000
const usualTries = 4
/** The longest pause between two tries. Seconds. */
const longestPause = 10

/**
 * Sends the call, and retries if the answer is lost or the API is busy. Any other answer is returned.
 *
 * @throws Fault if nothing answers, any error of `prepare`, and the reason of the signal
 */
export async function send(sending: Sending, { err, pause }: Waiting): Promise<Answered> {
  const { url, signal, tries = usualTries } = sending
  for (let count = 1; ; count++) {
    signal?.throwIfAborted()
    const sent = await sendOnce(sending).catch((cause: unknown) => {
      signal?.throwIfAborted()
      if (cause instanceof Trouble) throw cause
      return { cause }
    })
    const lost = 'cause' in sent
    if (!lost && (!isTransient(sent) || count === tries)) return sent
    const why = lost ? whyUnanswered(sent.cause) : `${sent.response.status}`
    if (lost && count === tries) {
      const title = `\`${new URL(url).origin}\` does not answer`
      throw new Fault({ code: 'no_answer', title, detail: `${why}; tried ${tries} times` }, sent)
    }
    const told = Number((lost ? undefined : sent.response.headers.get('retry-after')) ?? Number.NaN)
    const seconds = Math.min(Number.isFinite(told) ? told : 2 ** (count - 1), longestPause)
    err(`no answer yet (${why}), asking again in ${seconds} s\n`)
    await pause(seconds * 1000, signal)
  }
}

async function sendOnce({ method, url, prepare, signal, patience = usualPatience }: Sending): Promise<Answered> {
  const { headers, body } = await prepare()
  const timeout = AbortSignal.timeout(patience)
  const response = await fetch(url, {
    method,
    headers,
    ...(body === undefined ? {} : { body }),
    // A redirect would take the token to another address.
    redirect: 'manual',
    signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
  })
  const text = await textOf(response)
  if (response.status < 300 || response.status > 399) return { response, text }
  throw new Fault({
    code: 'redirected',
    title: `\`${new URL(url).origin}\` sends elsewhere`,
    detail: 'name the address that Hotwork was deployed as: a token is not sent on',
  })
}

/** @throws Refusal when the API says no; Fault when the answer is unreadable */
export function readAnswer<T>(shape: z.ZodType<T>, answered: Answered, sending: Sending): T {
  mustBeOk(answered, sending)
  const parsed = shape.safeParse(parsedJson(answered.text))
  if (parsed.success) return parsed.data
  const { method, url } = sending
  const { origin, pathname } = new URL(url)
  throw new Fault({
    code: 'unreadable_answer',
    title: 'the answer cannot be read',
    detail: `${method} ${pathname}: ${z.prettifyError(parsed.error).split('\n')[0]}. Is \`${origin}\` the API, and of the same version as this client?`,
  })
}

/** @throws Refusal when the API says no; Fault */
export function mustBeOk(answered: Answered, { method, url }: Pick<Sending, 'method' | 'url'>): void {
  const { origin, pathname } = new URL(url)
  const { ok, status } = answered.response
  if (status === 404 && codeOf(answered.text) === 'not_found')
    throw wrongUsage(
      `\`${origin}\` does not know \`${method} ${pathname}\``,
      'name the address that Hotwork was deployed as; if you did, this client is newer than that Hotwork',
    )
  if (!ok) throw Object.assign(refusalOf(answered), { status })
}

const isTransient = ({ response: { status }, text }: Answered): boolean =>
  [429, 503].includes(status) || ([502, 504].includes(status) && codeOf(text) === undefined)

export function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function codeOf(text: string): string | undefined {
  const { error, type } = AnyProblem.parse(parsedJson(text))
  return error ?? type?.split(/[/:]/).at(-1)
}

function refusalOf({ response, text }: Answered): Trouble {
  const { title, detail, error, error_description: description } = AnyProblem.parse(parsedJson(text))
  const code = codeOf(text)
  if (code === undefined)
    return response.status === 404
      ? wrongUsage('this is not an address of Hotwork', `\`${new URL(response.url).origin}\` does not know it`)
      : new Fault({ code: 'no_code', title: `the answer is ${response.status}, without a reason` })
  const retryAfter = Number(response.headers.get('retry-after') ?? Number.NaN)
  const told = {
    code,
    title: title ?? description ?? code,
    detail: title === undefined ? undefined : detail,
    ...(Number.isFinite(retryAfter) ? { retryAfter } : {}),
  }
  if (code === 'invalid_authorization_details') return endedGrant(description ?? '')
  const ofKey = (description ?? detail ?? '').startsWith('key_mismatch')
  const wrongClock = code === 'invalid_dpop_proof' && !ofKey && offOf(response)
  if (wrongClock) return new Fault({ code: 'wrong_clock', title: wrongClock, detail: 'correct it, and ask again' })
  const isFault = response.status >= 500 || error === 'invalid_dpop_proof'
  const ofOAuth = isFault ? exits.fault : exits.denied
  const exit = error === undefined ? exitOfRefusal(response.status, code) : ofOAuth
  return exit === exits.fault ? new Fault(told) : new Refusal(exit, told)
}

/** The difference between the clocks if it exceeds a minute: then a proof is refused. */
function offOf({ headers }: Response): string | undefined {
  const off = Math.round((Date.now() - Date.parse(headers.get('date') ?? '')) / 1000)
  if (!(Math.abs(off) > 30)) return undefined
  return `the clock of this machine is ${Math.abs(off)} s ${off < 0 ? 'behind' : 'ahead'}`
}

/** The description begins with the grant's state, or with `unknown`. */
function endedGrant(description: string): Refusal {
  const [word = '', ...rest] = description.split(': ')
  const told = { code: word, title: rest.join(': ') || description }
  if (word === 'unknown') return new Refusal(exits.usage, told)
  return new Refusal(word === 'completed' ? exits.revoked : exitOfStatus(word), told)
}

type Optional<T> = { [K in keyof T]-?: undefined extends T[K] ? K : never }[keyof T]
type Defined<T> = Omit<T, Optional<T>> & { [K in Optional<T>]?: Exclude<T[K], undefined> }

/** Drops the members that are undefined. */
export const defined = <T extends object>(members: T): Defined<T> =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as Defined<T>
