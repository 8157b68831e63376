import { createHash } from 'node:crypto'
import type * as z from 'zod'
import { Problem as ProblemAnswer } from '../functions/domain/cards/wire/problem.ts'
import { UseBegun } from '../functions/domain/cards/wire/task.ts'
import { nameOf } from './agent/approved.ts'
import type { McpTool } from './agent/mcp-tool.ts'
import { type Answered, defined, parsedJson, type Sending, send } from './http.ts'
import { type Identity, type IdentityOption, resolveIdentity } from './identity/identity.ts'
import { findIssuer } from './local.ts'
import { Fault } from './outcome.ts'
import { ReadTokens } from './read-token.ts'
import { type Around, thisProcess } from './surroundings.ts'

export type { McpTool } from './agent/mcp-tool.ts'
export type { IdentityOption } from './identity/identity.ts'
export { Fault, Refusal } from './outcome.ts'

export type GateOptions = {
  /** Hotwork's address; defaults to `HOTWORK_API`, then to the local stack. */
  issuer?: string
  /** The tool's identity; defaults to the first source that is set up (docs/identity.md). */
  identity?: IdentityOption
  /** The timeout of one try of a call; there are at most two. Milliseconds. */
  patience?: number
}

type HeadersSent = { get(name: string): string | null } | { readonly [name: string]: string | string[] | undefined }

/** The intended act, and the agent's proof that it may do it. */
export type GateAsk = {
  /** Headers of the agent's call: `Authorization: DPoP TOKEN`, and in `DPoP` the agent's proof for this call. */
  headers: HeadersSent
  method: string
  /** The address that the agent called, from the tool's own settings: a `Host` header can be forged. */
  url: string
  action: string
  /** The arguments to execute: the same value, not a second parse of the text. */
  arguments: { readonly [name: string]: unknown }
  /** The live tool that a gate before an MCP server will call; it must equal the approved one. */
  mcp?: McpTool
  /** The `Idempotency-Key` of the use; defaults to this call's own: a repeated call is the same use. */
  key?: string
}

/** Problem details (RFC 9457): the members that an agent may see. */
export type Problem = { type: string; title: string; detail?: string }

export type Permitted = {
  permitted: true
  use: string
  usesLeft: number
  /** True if this use was begun and ended before: its work is not repeated. */
  ended: boolean
  /** Reports the end of the use. @throws Fault */
  end(outcome: 'succeeded' | 'failed', note?: string): Promise<void>
}
export type NotPermitted = { permitted: false; reason: string; problem: Problem }
export type Ran<T> =
  /** `reported` is false if Hotwork could not be told of the end: people see a use without an end. */
  { ran: true; value: T; use: string; reported: boolean } | { ran: false; reason: string; problem?: Problem }

const No = ProblemAnswer.pick({ type: true, title: true, detail: true })

const tries = 2
const mostRemembered = 1000

/**
 * A tool's check before it acts. Only a use that has begun and not ended permits; a missing answer is a fault, so the
 * tool does nothing.
 */
export class Gate {
  readonly issuer: string
  readonly #identity: Identity
  readonly #around: Around
  readonly #patience: number
  readonly #readTokens: ReadTokens
  /** The uses begun by this process. The end of one may not be on record yet. */
  readonly #begun = new Map<string, 'use_running' | 'use_ended'>()

  /** @throws Refusal if no address of Hotwork is configured */
  constructor(options?: GateOptions)
  /** @internal */
  constructor(options?: GateOptions, around?: Around)
  constructor({ issuer, identity, patience = 5000 }: GateOptions = {}, around: Around = thisProcess()) {
    this.issuer = findIssuer(issuer, around)
    this.#identity = resolveIdentity(identity, around)
    this.#around = around
    this.#patience = patience
    this.#readTokens = new ReadTokens(this.issuer, patience)
  }

  /**
   * Asks for one use, just before acting.
   *
   * @throws Fault if the gate says neither yes nor no: then nothing may be done
   */
  async begin(ask: GateAsk): Promise<Permitted | NotPermitted> {
    const shown = readHeaders(ask.headers)
    if ('reason' in shown) return this.#notPermitted(shown.reason, shown.detail)
    const { method, url, action } = ask
    const body = JSON.stringify({ ...shown, method, url, action, arguments: ask.arguments, mcp: ask.mcp })
    const key = ask.key ?? createHash('sha256').update(body).digest('base64url')
    const { response, text } = await this.#post('/v1/uses', body, { 'idempotency-key': key })
    const use = UseBegun.safeParse(parsedJson(text))
    if (response.status === 201 && use.success) return this.#permitted(use.data)
    const problem = No.safeParse(parsedJson(text))
    if (response.status !== 403 || !problem.success) throw silent(response.status)
    const { type, title, detail } = problem.data
    return {
      permitted: false,
      reason: type.split(/[/:]/).at(-1) ?? type,
      problem: { type, title, ...defined({ detail }) },
    }
  }

  /**
   * Runs `work` if the use is permitted and has not ended, and ends it: as succeeded, or as failed if `work` throws;
   * its error is rethrown. In one process `work` runs once for each use. It gets the use's id, by which another process
   * of this tool recognizes the use.
   *
   * @throws Fault before anything is done if the gate says neither yes nor no; any error of `work`
   */
  async once<T>(ask: GateAsk, work: (use: string) => Promise<T> | T): Promise<Ran<T>> {
    const begun = await this.begin(ask)
    if (!begun.permitted) return { ran: false, reason: begun.reason, problem: begun.problem }
    const { use } = begun
    const before = begun.ended ? 'use_ended' : this.#begun.get(use)
    if (before !== undefined) return { ran: false, reason: before }
    this.#begun.set(use, 'use_running')
    let value: T
    try {
      value = await work(use)
      this.#remember(use)
    } catch (error) {
      this.#remember(use)
      await begun.end('failed', nameOf(error)).catch(() => {})
      throw error
    }
    const reported = await begun.end('succeeded').then(
      () => true,
      () => false,
    )
    return { ran: true, value, use, reported }
  }

  /** Reports the end of a use that this tool began, in another process too. @throws Fault */
  async end(use: string, outcome: 'succeeded' | 'failed', note?: string): Promise<void> {
    const { response } = await this.#post(`/v1/uses/${use}/end`, JSON.stringify({ outcome, note }))
    if (!response.ok) throw silent(response.status)
  }

  /**
   * Whether a call for the resource's state comes from Hotwork, by its `Authorization`. Hotwork reads that state for
   * the people who decide; no agent has such a token.
   *
   * @param audience this tool's audience in the deployment file
   * @throws Fault if Hotwork's keys are unavailable: answer 503
   */
  async verifyRead(headers: HeadersSent, audience: string): Promise<boolean> {
    const token = /^Bearer +([\w-]+\.[\w-]+\.[\w-]+)$/i.exec(headerOf(headers, 'authorization'))?.[1]
    return token !== undefined && (await this.#readTokens.verify(token, audience))
  }

  #permitted({ use, uses_left: usesLeft, ended }: z.infer<typeof UseBegun>): Permitted {
    const end: Permitted['end'] = (outcome, note) => this.end(use, outcome, note)
    return { permitted: true, use, usesLeft, ended: ended === true, end }
  }

  #notPermitted(reason: string, detail: string): NotPermitted {
    const title = 'This use is not permitted'
    return { permitted: false, reason, problem: { type: `${this.issuer}/problems/${reason}`, title, detail } }
  }

  #remember(use: string): void {
    this.#begun.set(use, 'use_ended')
    if (this.#begun.size <= mostRemembered) return
    // Keeps running uses, so that a repeat of the call does not run in parallel.
    for (const [oldest, state] of this.#begun) if (state === 'use_ended') return void this.#begun.delete(oldest)
  }

  #post(path: string, body: string, headers: { [name: string]: string } = {}): Promise<Answered> {
    const sending: Sending = {
      method: 'POST',
      url: `${this.issuer}${path}`,
      tries,
      patience: this.#patience,
      prepare: async () => {
        const authorization = `Bearer ${await this.#identity(this.issuer)}`
        return { headers: { ...headers, authorization, 'content-type': 'application/json' }, body }
      },
    }
    return send(sending, { err: () => {}, pause: this.#around.pause })
  }
}

const silent = (status: number): Fault =>
  new Fault({
    code: 'gate_silent',
    title: `the gate answered ${status}, which is neither yes nor no`,
    detail: 'do nothing, and let the agent repeat the call unchanged within a minute: it is the same use',
  })

/** A repeated header counts as missing: the gate and the tool could read different values. */
function readHeaders(headers: HeadersSent): { token: string; proof: string } | { reason: string; detail: string } {
  const token = /^DPoP +([\w.~+/-]+=*)$/i.exec(headerOf(headers, 'authorization'))?.[1]
  if (token === undefined)
    return { reason: 'invalid_token', detail: 'send the access token as `Authorization: DPoP TOKEN`, once' }
  const proof = headerOf(headers, 'dpop')
  if (/^[\w-]+\.[\w-]+\.[\w-]+$/.test(proof)) return { token, proof }
  return { reason: 'invalid_dpop_proof', detail: 'send a proof for this address and this token as `DPoP`, once' }
}

function headerOf(headers: HeadersSent, name: string): string {
  if (typeof headers.get === 'function') return headers.get(name) ?? ''
  const values = Object.entries(headers).filter(([each]) => each.toLowerCase() === name)
  const all = values.flatMap(([, value]) => (value === undefined ? [] : value)) as string[]
  return all.length === 1 ? (all[0] ?? '') : ''
}
