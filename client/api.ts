// Rules: test/client/login/log-in.test.ts
import type * as z from 'zod'
import { type Answered, mustBeOk, readAnswer, type Sending, send } from './http.ts'
import type { Login, Wanted } from './login/login.ts'
import type { Surroundings } from './surroundings.ts'

/** One call by a person, or by a credential that was issued to them. */
export type Call = {
  method: 'GET' | 'POST' | 'DELETE'
  path: string
  json?: unknown
  /** Called for each try, since a stronger login replaces the person's token. */
  form?: () => Promise<{ readonly [name: string]: string }>
  headers?: { readonly [name: string]: string }
  /** Called for each try, since a proof is single-use. */
  proof?: (method: string, url: string) => Promise<string>
  /** Sent by the DPoP scheme in place of the person's token. */
  accessToken?: string
  /** True if the call opens something, which usually needs a stronger login than reading. */
  opens?: boolean
}

/** The API for one person: it logs them in when needed, and again when the API wants a stronger login. */
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

  /** One login for the whole command. */
  token(): Promise<string> {
    this.#token ??= this.#login({})
    return this.#token
  }

  /** @throws Refusal when the API says no; Fault when the answer is missing or unreadable */
  async call<T>(shape: z.ZodType<T>, call: Call): Promise<T> {
    const { answered, sending } = await this.#answered(call)
    return readAnswer(shape, answered, sending)
  }

  /** An answer that is not JSON, and its headers. @throws as `call` */
  async text(call: Call): Promise<{ text: string; headers: Headers }> {
    const { answered, sending } = await this.#answered(call)
    mustBeOk(answered, sending)
    return { text: answered.text, headers: answered.response.headers }
  }

  async #answered(call: Call): Promise<{ answered: Answered; sending: Sending }> {
    const sending = this.#sending(call)
    let answered = await send(sending, this.#surroundings)
    const before = call.accessToken === undefined ? await this.#token : undefined
    const wanted = before === undefined ? undefined : otherLogin(answered, before)
    if (wanted) {
      // One retry, with the login that the API wants. A second such answer is a refusal.
      this.#token = this.#login(wanted)
      if ((await this.#token) !== before) answered = await send(sending, this.#surroundings)
    }
    return { answered, sending }
  }

  #sending({ method, path, json, form, headers = {}, proof, accessToken, opens }: Call): Sending {
    const url = `${this.url}${path}`
    return {
      method,
      url,
      prepare: async () => {
        if (opens) this.#token ??= this.#login('opening')
        const authorization = accessToken === undefined ? `Bearer ${await this.token()}` : `DPoP ${accessToken}`
        const body = form ? new URLSearchParams(await form()) : json === undefined ? undefined : JSON.stringify(json)
        return {
          headers: {
            ...headers,
            authorization,
            ...(json === undefined ? {} : { 'content-type': 'application/json' }),
            ...(proof ? { dpop: await proof(method, url) } : {}),
          },
          ...(body === undefined ? {} : { body }),
        }
      },
    }
  }
}

/** The login that the API asks for: a stronger one (RFC 9470 section 3), or a new one after an expired token. */
function otherLogin({ response: { status, headers } }: Answered, token: string): Wanted | undefined {
  const challenge = headers.get('www-authenticate') ?? ''
  if (status !== 401) return undefined
  if (challenge.includes('error="invalid_token"')) return { instead: token }
  if (!challenge.includes('error="insufficient_user_authentication"')) return undefined
  const acr = /\bacr_values="([^"]+)"/.exec(challenge)?.[1]
  const maxAge = Number(/\bmax_age="?(\d+)/.exec(challenge)?.[1] ?? Number.NaN)
  return { acr, maxAge: Number.isFinite(maxAge) ? maxAge : undefined }
}
