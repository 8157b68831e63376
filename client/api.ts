import * as z from 'zod'
import { Problem } from './answers.ts'
import { exitOfRefusal, exitOfStatus, exits } from './exit-codes.ts'
import type { Login, Wanted } from './login/login.ts'
import type { Surroundings } from './surroundings.ts'
import { Fault, Refusal, wrongUsage } from './trouble.ts'

/** One call of the API. Each may be sent again: what it does is done once, or the same again is harmless. */
export type Call = {
  method: 'GET' | 'POST'
  path: string
  json?: unknown
  /** Made anew for each try, where it holds the person's token: a stronger one may have been asked for in between. */
  form?: () => Promise<{ readonly [name: string]: string }>
  headers?: { readonly [name: string]: string }
  /** Made anew for each try: a proof of a key is good once. */
  proof?: (method: string, url: string) => Promise<string>
  /** Another token than the person's, by the DPoP scheme. */
  accessToken?: string
  /** Something is opened by it: that takes another login than reading, as a rule. */
  opens?: boolean
}

/** How long an answer is waited for. API Gateway gives up after half a minute. Milliseconds. */
const patience = 30_000
const tries = 4

/** The API for one person: it logs them in when it must, more strongly when it is told to, and asks again what got lost. */
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

  /** The person's token: kept in memory alone, and for this command alone. */
  token(): Promise<string> {
    this.#token ??= this.#login.token({})
    return this.#token
  }

  /** @throws Refusal when the API says no, Fault when it says nothing, or what cannot be read */
  async call<T>(shape: z.ZodType<T>, call: Call): Promise<T> {
    const answer = await this.#answered(call)
    const wanted = strongerLogin(answer.response)
    // RFC 9470: once more with the login that is wanted. A second such answer is a no.
    const final = wanted && call.accessToken === undefined ? await this.#again(call, wanted) : answer
    if (!final.response.ok) throw refusalOf(final.response, final.text)
    const read = shape.safeParse(parsed(final.text))
    if (read.success) return read.data
    throw new Fault({
      code: 'unreadable_answer',
      title: 'the answer is not what this command line knows',
      detail: `${call.method} ${call.path}: ${z.prettifyError(read.error).split('\n')[0]}. Is \`${this.url}\` the API, and as new as this checkout?`,
    })
  }

  async #again(call: Call, wanted: Wanted) {
    this.#token = this.#login.token(wanted)
    await this.#token
    return this.#answered(call)
  }

  /** An answer that is one: what passes is waited for, and what got lost is asked again. */
  async #answered(call: Call): Promise<{ response: Response; text: string }> {
    for (let count = 1; ; count++) {
      const sent = await this.#sent(call).catch((cause: unknown) => {
        if (cause instanceof Refusal || cause instanceof Fault) throw cause
        return cause
      })
      const lost = !isAnswer(sent)
      if (!lost && !passes(sent)) return sent
      if (count === tries) {
        if (!lost) return sent
        throw new Fault(
          {
            code: 'no_answer',
            title: `\`${this.url}\` does not answer`,
            detail: `${reasonOf(sent)}; tried ${tries} times`,
          },
          { cause: sent },
        )
      }
      const told = lost ? Number.NaN : Number(sent.response.headers.get('retry-after') ?? Number.NaN)
      const seconds = Number.isFinite(told) ? Math.min(told, 10) : 2 ** (count - 1)
      this.#surroundings.err(
        `no answer yet (${lost ? reasonOf(sent) : sent.response.status}), asking again in ${seconds} s\n`,
      )
      await this.#surroundings.pause(seconds * 1000)
    }
  }

  async #sent({ method, path, json, form, headers = {}, proof, accessToken, opens }: Call) {
    const url = `${this.url}${path}`
    if (opens) this.#token ??= this.#login.token('opening')
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
      // Whoever is sent elsewhere would take the token there.
      redirect: 'error',
      signal: AbortSignal.timeout(patience),
    })
    return { response, text: await response.text() }
  }
}

/** Whether another try may do better: what stands before Hotwork failed, or Hotwork says so itself. */
const passes = ({ response: { status }, text }: Answered): boolean =>
  [429, 503].includes(status) || ([502, 504].includes(status) && codeOf(text) === undefined)

type Answered = { response: Response; text: string }
const isAnswer = (sent: unknown): sent is Answered => typeof sent === 'object' && sent !== null && 'response' in sent

/** Why there was no answer, in a word of the system's own: its message may hold what was sent. */
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

/** What login is wanted (RFC 9470 section 3), if that is what the answer says. */
function strongerLogin({ status, headers }: Response): Wanted | undefined {
  const challenge = headers.get('www-authenticate') ?? ''
  if (status !== 401 || !challenge.includes('error="insufficient_user_authentication"')) return undefined
  const acr = /\bacr_values="([^"]+)"/.exec(challenge)?.[1]
  const maxAge = Number(/\bmax_age="?(\d+)/.exec(challenge)?.[1] ?? Number.NaN)
  return { ...(acr === undefined ? {} : { acr }), ...(Number.isFinite(maxAge) ? { maxAge } : {}) }
}

const problemIn = (text: string): z.infer<typeof Problem> => {
  const read = Problem.safeParse(parsed(text))
  return read.success ? read.data : {}
}

/** What Hotwork calls what is wrong; undefined where it is not Hotwork that says so. */
function codeOf(text: string): string | undefined {
  const { error, type } = problemIn(text)
  return error ?? type?.split(/[/:]/).at(-1)
}

function refusalOf(response: Response, text: string): Refusal | Fault {
  const { title, detail, error, error_description: description } = problemIn(text)
  const code = codeOf(text)
  if (code === undefined)
    return response.status === 404
      ? wrongUsage('this is no address of Hotwork', `\`${new URL(response.url).origin}\` knows nothing of it`)
      : new Fault({ code: 'no_code', title: `the answer is ${response.status}, with no word why` })
  const told = { code, title: title ?? description ?? code, detail: title === undefined ? undefined : detail }
  if (code === 'invalid_authorization_details') return endedGrant(description ?? '')
  const exit = error === undefined ? exitOfRefusal(response.status, code) : exitOfOAuth(response.status, error)
  return exit === exits.fault ? new Fault(told) : new Refusal(exit, told)
}

/** The description of the token endpoint begins with the word to branch on (interfaces.md section 3). */
function endedGrant(description: string): Refusal {
  const [word = '', ...rest] = description.split(': ')
  const told = { code: word, title: rest.join(': ') || description }
  if (word === 'unknown') return new Refusal(exits.usage, told)
  return new Refusal(word === 'completed' ? exits.revoked : exitOfStatus(word), told)
}

const exitOfOAuth = (status: number, error: string) =>
  status >= 500 || error === 'invalid_dpop_proof' ? exits.fault : exits.denied
