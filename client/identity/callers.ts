import { createHash } from 'node:crypto'
import { decodeJwt } from 'jose'
import * as z from 'zod'
import { parsedJson, send } from '../../http.ts'
import { digest } from '../../kept-keys.ts'
import { Fault } from '../../outcome.ts'
import { spelledOut } from '../../screen.ts'
import type { Surroundings } from '../../surroundings.ts'

/** An agent that calls the gate, by a token that Hotwork knows as good. */
export type Caller = {
  /** `agent:...` */
  agent: string
  /** Of the agent, and of the identity that the token has: who has another of either is another caller. */
  key: string
  token: string
  /** Seconds. */
  expiresAt: number
}

/** The token is not one by which an agent may call. Says why, and never the token. */
export class BadToken extends Error {
  override readonly name = 'BadToken'
}

/** The token is good, and Hotwork lets its agent do nothing now. */
export class StoppedAgent extends Error {
  override readonly name = 'StoppedAgent'
}

const Problem = z.looseObject({ title: z.string(), detail: z.string().optional() })
const Answer = z.looseObject({ caller: z.string() })
const Claims = z.looseObject({
  iss: z.string().min(1),
  sub: z.string().min(1),
  exp: z.number(),
  aud: z.union([z.string(), z.array(z.string())]),
})

/** An agent that people have suspended is out so soon, though its token is good for longer. Seconds. */
const longestRemembered = 60
const mostRemembered = 1000
const patience = 5_000

/** Tells who calls, by a workload token. Hotwork judges it; here it is remembered by its hash, in memory. */
export class Callers {
  readonly #issuer: string
  readonly #around: Pick<Surroundings, 'now' | 'pause'>
  readonly #known = new Map<string, { caller: Omit<Caller, 'token'>; until: number }>()

  constructor(issuer: string, around: Pick<Surroundings, 'now' | 'pause'>) {
    this.#issuer = issuer
    this.#around = around
  }

  /** @throws BadToken; Fault where Hotwork does not say */
  async find(token: string): Promise<Caller> {
    const hash = createHash('sha256').update(token).digest('base64url')
    const now = this.#around.now().getTime() / 1000
    const known = this.#known.get(hash)
    if (known && known.until > now) return { ...known.caller, token }
    this.#known.delete(hash)
    const { iss, sub, exp } = this.#claimsOf(token, now)
    const agent = await this.#ask(token)
    // Agents may have one subject, and differ in what else their tokens say.
    const caller = { agent, key: digest(iss, sub, agent), expiresAt: exp }
    if (this.#known.size >= mostRemembered) this.#known.clear()
    this.#known.set(hash, { caller, until: Math.min(exp, now + longestRemembered) })
    return { ...caller, token }
  }

  /** What it says of itself. A token that is for another service is not shown to Hotwork. */
  #claimsOf(token: string, now: number): z.infer<typeof Claims> {
    const claims = Claims.safeParse(claimsIn(token)).data
    if (claims === undefined) throw new BadToken('this is no workload token, a JWT with iss, sub, aud and exp')
    if (claims.exp <= now) throw new BadToken('the workload token has expired: send a fresh one')
    const audiences = [claims.aud].flat().map((each) => each.replace(/\/+$/, ''))
    if (!audiences.includes(this.#issuer)) throw new BadToken(`the workload token is not for \`${this.#issuer}\``)
    return claims
  }

  async #ask(token: string): Promise<string> {
    const url = `${this.#issuer}/v1/mcp-tools`
    const headers = { authorization: `Bearer ${token}` }
    const sending = { method: 'GET', url, tries: 2, patience, prepare: async () => ({ headers }) } as const
    const { response, text } = await send(sending, { err: () => {}, pause: this.#around.pause })
    if (response.status === 401) throw new BadToken('Hotwork does not take this workload token')
    // A halt, or the agent's own end.
    const problem = [403, 409].includes(response.status) ? Problem.safeParse(parsedJson(text)).data : undefined
    if (problem) throw new StoppedAgent(spelledOut([problem.title, problem.detail].filter(Boolean).join(': ')))
    const answer = Answer.safeParse(parsedJson(text)).data
    if (!response.ok || answer === undefined)
      throw new Fault({
        code: 'no_answer',
        title: `Hotwork answered ${response.status}, which says nothing of who calls`,
      })
    if (answer.caller.startsWith('agent:')) return answer.caller
    throw new BadToken('the workload token is not of an agent')
  }
}

function claimsIn(token: string): unknown {
  try {
    return decodeJwt(token)
  } catch {
    return undefined
  }
}
