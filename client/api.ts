import * as z from 'zod'
import { Problem } from './answers.ts'
import type { Login, Wanted } from './login/login.ts'
import { exitOfRefusal, exitOfStatus, exits, Fault, Refusal, Trouble, wrongUsage } from './outcome.ts'
import type { Surroundings } from './surroundings.ts'

/** Each may be sent again: Hotwork does it once, or doing it again is harmless. */
export type Call = {
  method: 'GET' | 'POST'
  path: string
  json?: unknown
  /** Made anew for each try: a stronger login replaces the person's token. */
  form?: () => Promise<{ readonly [name: string]: string }>
  headers?: { readonly [name: string]: string }
  /** Made anew for each try: a proof is good once. */
  proof?: (method: string, url: string) => Promise<string>
  /** Another token than the person's, by the DPoP scheme. */
  accessToken?: string
  /** It usually takes a stronger login than reading. */
  opens?: boolean
}

/** API Gateway gives up after half a minute. Milliseconds. */
const patience = 30_000
const tries = 4

/** The API for one person: it logs them in when needed, again when the API wants a stronger login, and repeats lost calls. */
export class Api {
  readonly url: string
  readonly #login: Login
  readonly #surroundings: Surroundings
  #token: Promise<string> | undefined

  constructor(url: string, login: Login, surroundings: Surroundings) {
    this.url = url
    this.#login = login
    this.#surroundings = surroundings
  }

  /** In memory alone, and for this command alone. */
  token(): Promise<string> {
    this.#token ??= this.#login({})
    return this.#token
  }

  /** @throws Refusal when the API says no; Fault when it says nothing, or what this program cannot read */
  async call<T>(shape: z.ZodType<T>, call: Call): Promise<T> {
    let answer = await this.#answered(call)
    const wanted = strongerLogin(answer.response)
    if (wanted && call.accessToken === undefined) {
      // RFC 9470: once more, with the login that the API wants. A second such answer is a no.
      this.#token = this.#login(wanted)
      await this.#token
      answer = await this.#answered(call)
    }
    if (!answer.response.ok) throw refusalOf(answer)
    const read = shape.safeParse(parsed(answer.text))
    if (read.success) return read.data
    throw new Fault({
      code: 'unreadable_answer',
      title: 'this command line cannot read the answer',
      detail: `${call.method} ${call.path}: ${z.prettifyError(read.error).split('\n')[0]}. Is \`${this.url}\` the API, and as new as this checkout?`,
    })
  }

  async #answered(call: Call): Promise<Answered> {
    for (let count = 1; ; count++) {
      const sent = await this.#sent(call).catch((cause: unknown) => {
        if (cause instanceof Trouble) throw cause
        return { cause }
      })
      const lost = 'cause' in sent
      if (!lost && (!isTransient(sent) || count === tries)) return sent
      const why = lost ? reasonOf(sent.cause) : `${sent.response.status}`
      if (lost && count === tries) {
        const title = `\`${this.url}\` does not answer`
        throw new Fault({ code: 'no_answer', title, detail: `${why}; tried ${tries} times` }, sent)
      }
      const told = Number((lost ? undefined : sent.response.headers.get('retry-after')) ?? Number.NaN)
      const seconds = Number.isFinite(told) ? Math.min(told, 10) : 2 ** (count - 1)
      this.#surroundings.err(`no answer yet (${why}), asking again in ${seconds} s\n`)
      await this.#surroundings.pause(seconds * 1000)
    }
  }

  async #sent({ method, path, json, form, headers = {}, proof, accessToken, opens }: Call): Promise<Answered> {
    const url = `${this.url}${path}`
    if (opens) this.#token ??= this.#login('opening')
    const authorization = accessToken === undefined ? `Bearer ${await this.token()}` : `DPoP ${accessToken}`
    const body = form ? new URLSearchParams(await form()) : json === undefined ? undefined : JSON.stringify(json)
    const response = await fetch(url, {
      method,
      headers: {
        ...headers,
        authorization,
        ...(json === undefined ? {} : { 'content-type': 'application/json' }),
        ...(proof ? { dpop: await proof(method, url) } : {}),
      },
      ...(body === undefined ? {} : { body }),
      // A redirect would take the token to another address.
      redirect: 'error',
      signal: AbortSignal.timeout(patience),
    })
    return { response, text: await response.text() }
  }
}

type Answered = { response: Response; text: string }

const isTransient = ({ response: { status }, text }: Answered): boolean =>
  [429, 503].includes(status) || ([502, 504].includes(status) && codeOf(text) === undefined)

/** Why there was no answer: the system's code alone, since its message may hold what was sent. */
function reasonOf(fault: unknown): string {
  const { cause, name } = fault as { cause?: { code?: unknown }; name?: unknown }
  return typeof cause?.code === 'string' ? cause.code : name === 'TimeoutError' ? 'it took too long' : 'no connection'
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** RFC 9470 section 3. */
function strongerLogin({ status, headers }: Response): Wanted | undefined {
  const challenge = headers.get('www-authenticate') ?? ''
  if (status !== 401 || !challenge.includes('error="insufficient_user_authentication"')) return undefined
  const acr = /\bacr_values="([^"]+)"/.exec(challenge)?.[1]
  const maxAge = Number(/\bmax_age="?(\d+)/.exec(challenge)?.[1] ?? Number.NaN)
  return { acr, maxAge: Number.isFinite(maxAge) ? maxAge : undefined }
}

function codeOf(text: string): string | undefined {
  const { error, type } = Problem.parse(parsed(text))
  return error ?? type?.split(/[/:]/).at(-1)
}

function refusalOf({ response, text }: Answered): Trouble {
  const { title, detail, error, error_description: description } = Problem.parse(parsed(text))
  const code = codeOf(text)
  if (code === undefined)
    return response.status === 404
      ? wrongUsage('this is no address of Hotwork', `\`${new URL(response.url).origin}\` does not know it`)
      : new Fault({ code: 'no_code', title: `the answer is ${response.status}, with no reason` })
  const told = { code, title: title ?? description ?? code, detail: title === undefined ? undefined : detail }
  if (code === 'invalid_authorization_details') return endedGrant(description ?? '')
  const isFault = response.status >= 500 || error === 'invalid_dpop_proof'
  const ofOAuth = isFault ? exits.fault : exits.denied
  const exit = error === undefined ? exitOfRefusal(response.status, code) : ofOAuth
  return exit === exits.fault ? new Fault(told) : new Refusal(exit, told)
}

/** The description begins with the status of the grant, or with `unknown`. */
function endedGrant(description: string): Refusal {
  const [word = '', ...rest] = description.split(': ')
  const told = { code: word, title: rest.join(': ') || description }
  if (word === 'unknown') return new Refusal(exits.usage, told)
  return new Refusal(word === 'completed' ? exits.revoked : exitOfStatus(word), told)
}
