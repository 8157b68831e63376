import { createHash } from 'node:crypto'
import * as z from 'zod'
import { Problem } from '../../functions/domain/cards/wire/problem.ts'
import { McpTools } from '../../functions/domain/cards/wire/task.ts'
import { claimsOf } from '../audience.ts'
import { parsedJson, send } from '../http.ts'
import { digest } from '../journal/journal.ts'
import { exits, Fault, Trouble } from '../outcome.ts'
import { spelledOut } from '../screen.ts'
import type { Surroundings } from '../surroundings.ts'

/** An agent whose token Hotwork has accepted. */
export type Caller = {
  /** `agent:...` */
  agent: string
  /** A key of agent and token identity. Two tokens are one caller if both match. */
  key: string
  token: string
  /** Seconds. */
  expiresAt: number
}

/** No agent may call by this token. The message has the reason, but not the token. */
export class BadToken extends Trouble {
  override readonly name = 'BadToken'
  constructor(title: string) {
    super(exits.denied, { code: 'bad_token', title })
  }
}

/** The token is valid, but its agent is stopped. */
export class StoppedAgent extends Trouble {
  override readonly name = 'StoppedAgent'
  constructor(why: string) {
    super(exits.denied, { code: 'agent_stopped', title: `this agent is stopped now: ${why}` })
  }
}

/** Hotwork has refused too many tokens of this source, so no more are tried in this minute. */
export class TooManyTokens extends Trouble {
  override readonly name = 'TooManyTokens'
  constructor() {
    super(exits.fault, { code: 'too_many_tokens', title: 'too many unknown tokens: send the same again in a minute' })
  }
}

const No = Problem.pick({ title: true, detail: true })
const Answer = McpTools.pick({ caller: true })
const Claims = z.looseObject({
  /** A JWT-SVID has no issuer. */
  iss: z.string().default(''),
  sub: z.string().min(1),
  exp: z.number(),
  aud: z.union([z.string(), z.array(z.string())]),
})

/**
 * The longest that an agent's answer is cached: a suspended agent stops after it, though its token is valid longer.
 * Seconds.
 */
const longestRemembered = 60
const mostRemembered = 1000
const patience = 5_000

/** The limits of questions about new tokens in one minute. Accepted tokens do not count. */
type Bounds = { perSource: number; all: number }
const usualBounds: Bounds = { perSource: 60, all: 240 }
/** Seconds. */
const minute = 60

type From = {
  /** The source of the call, such as an address. Without one the call comes from this machine, and has no limit. */
  source?: string | undefined
  signal?: AbortSignal | undefined
}
type Known = { caller: Omit<Caller, 'token'>; until: number }

/**
 * Finds the agent of a workload token. Hotwork judges the token; its answer is cached in memory, by the token's hash.
 */
export class Callers {
  readonly #issuer: string
  readonly #around: Pick<Surroundings, 'now' | 'pause'>
  readonly #bounds: Bounds
  readonly #known = new Map<string, Known>()
  readonly #refused = new Map<string, { no: BadToken; until: number }>()
  /** Identities whose tokens Hotwork has accepted: forgeries by strangers do not count against them. */
  readonly #identities = new Set<string>()
  #counts = { since: 0, of: new Map<string, number>() }

  constructor(issuer: string, around: Pick<Surroundings, 'now' | 'pause'>, bounds = usualBounds) {
    this.#issuer = issuer
    this.#around = around
    this.#bounds = bounds
  }

  /** @throws BadToken; StoppedAgent; TooManyTokens; Fault if Hotwork does not answer; the reason of the signal */
  async find(token: string, { source, signal }: From = {}): Promise<Caller> {
    const hash = createHash('sha256').update(token).digest('base64url')
    const now = this.#around.now().getTime() / 1000
    const known = this.#known.get(hash)
    if (known && known.until > now) return { ...known.caller, token }
    const refused = this.#refused.get(hash)
    if (refused && refused.until > now) throw refused.no
    const { iss, sub, exp } = this.#claimsOf(token, now)
    const identity = digest(iss, sub)
    // A token of an accepted identity is always asked about.
    const takenFrom = known || source === undefined ? [] : this.#take(identity, source, now)
    const agent = await this.#ask(token, signal).catch((cause: unknown) => {
      if (cause instanceof BadToken) remember(this.#refused, hash, { no: cause, until: now + longestRemembered })
      throw cause
    })
    for (const key of takenFrom) this.#counts.of.set(key, (this.#counts.of.get(key) ?? 1) - 1)
    if (this.#identities.size >= mostRemembered) this.#identities.clear()
    this.#identities.add(identity)
    // Several agents may have one subject and differ in other claims of their tokens.
    const caller = { agent, key: digest(iss, sub, agent), expiresAt: exp }
    remember(this.#known, hash, { caller, until: Math.min(exp, now + longestRemembered) })
    return { ...caller, token }
  }

  /** Counts one question. @returns the counters that it raised @throws TooManyTokens */
  #take(identity: string, source: string, now: number): string[] {
    if (now - this.#counts.since >= minute) this.#counts = { since: now, of: new Map() }
    const { perSource, all } = this.#bounds
    const { of } = this.#counts
    const isKnown = this.#identities.has(identity)
    const bounds: [string, number][] = isKnown
      ? [[identity, perSource]]
      : [
          [`from ${source}`, perSource],
          ['all', all],
        ]
    if (bounds.some(([key, most]) => (of.get(key) ?? 0) >= most)) throw new TooManyTokens()
    for (const [key] of bounds) of.set(key, (of.get(key) ?? 0) + 1)
    return bounds.map(([key]) => key)
  }

  /** The token's own claims. A token for another service is not shown to Hotwork. */
  #claimsOf(token: string, now: number): z.infer<typeof Claims> {
    const claims = Claims.safeParse(claimsOf(token)).data
    if (claims === undefined) throw new BadToken('this is not a workload token, a JWT with iss, sub, aud and exp')
    if (claims.exp <= now) throw new BadToken('the workload token has expired: send a fresh one')
    const audiences = [claims.aud].flat().map((each) => each.replace(/\/+$/, ''))
    if (!audiences.includes(this.#issuer)) throw new BadToken(`the workload token is not for \`${this.#issuer}\``)
    return claims
  }

  async #ask(token: string, signal: AbortSignal | undefined): Promise<string> {
    const url = `${this.#issuer}/v1/mcp-tools`
    const headers = { authorization: `Bearer ${token}` }
    const sending = { method: 'GET', url, tries: 2, patience, signal, prepare: async () => ({ headers }) } as const
    const { response, text } = await send(sending, { err: () => {}, pause: this.#around.pause })
    if (response.status === 401) throw new BadToken('Hotwork does not take this workload token')
    // A halt, or a suspended or retired agent.
    const problem = [403, 409].includes(response.status) ? No.safeParse(parsedJson(text)).data : undefined
    if (problem) throw new StoppedAgent(spelledOut([problem.title, problem.detail].filter(Boolean).join(': ')))
    const answer = Answer.safeParse(parsedJson(text)).data
    if (!response.ok || answer === undefined)
      throw new Fault({
        code: 'no_answer',
        title: `Hotwork answered ${response.status}, which names no caller`,
      })
    if (answer.caller.startsWith('agent:')) return answer.caller
    throw new BadToken('the workload token is not of an agent')
  }
}

function remember<T>(map: Map<string, T>, hash: string, value: T): void {
  if (map.size >= mostRemembered) map.clear()
  map.set(hash, value)
}
