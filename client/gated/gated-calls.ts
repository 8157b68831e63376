import type { Approved } from '../agent/approved.ts'
import type { Permit } from '../agent/permit-call.ts'
import type { Question, Words } from '../agent/words.ts'
import type { Gate } from '../gate.ts'
import { defined } from '../http.ts'
import type { Hotwork } from '../index.ts'
import type { Journal } from '../journal/journal.ts'
import { isAlive, Runs } from '../journal/runs.ts'
import { Trouble } from '../outcome.ts'
import { pause } from '../surroundings.ts'
import { type Asked, Askings, callOf, type Ended, type No } from './askings.ts'
import { type GatedAnswer, type GatedCall, type How, isSame, pageOf } from './gated-call.ts'
import { beginUse, beginWork, type Doing, type Work } from './gated-use.ts'

export type { Doing, Work } from './gated-use.ts'

export type Parts = {
  hotwork: Hotwork
  /**
   * The gate of the tool that has the actions. Undefined for actions without a tool, such as those with AWS
   * credentials.
   */
  gate: Gate | undefined
  /** The journal in the state folder, which the `hotwork` command uses too. */
  journal: Journal
  /** The asking agent. Agents that share a folder do not share calls. */
  agent: string
}

/** The pause between two looks at another process's work. Milliseconds. */
const pauseOfLooks = 200
/** The time after which Hotwork counts as silent: `beside` the wait for people, and `least` in all. Milliseconds. */
const patience = { beside: 8_000, least: 25_000 }
/** The timeout of Hotwork's answer for a list of tools, and its cache time. Milliseconds. */
const [patienceOfList, listCounts] = [3_000, 60_000]

/**
 * Gated calls of one agent: each is asked once and done once, however often it is repeated, and even if a process is
 * killed meanwhile. A refusal is an answer. It throws only the reason of the signal, and only before the work.
 */
export class GatedCalls {
  readonly #parts: Parts
  readonly #askings: Askings
  readonly #runs: Runs
  readonly #reports = new Map<string, Promise<void>>()
  #askable: { names: Promise<ReadonlySet<string> | undefined>; until: number } | undefined

  constructor(parts: Parts) {
    this.#parts = parts
    this.#askings = new Askings(parts.journal, parts.hotwork.issuer)
    this.#runs = new Runs(parts.journal)
  }

  get issuer(): string {
    return this.#parts.hotwork.issuer
  }

  /** The actions that the agent may ask for; undefined after a timeout. */
  async askable(): Promise<ReadonlySet<string> | undefined> {
    const known = this.#askable
    if (known && Date.now() < known.until) return known.names
    const names = this.#parts.hotwork
      .actions({ signal: AbortSignal.timeout(patienceOfList) })
      .then((found) => new Set(found.flatMap(({ name, planOnly }) => (planOnly ? [] : [name]))))
      .catch(() => undefined)
    this.#askable = { names, until: Date.now() + listCounts }
    // Caches no failure.
    if (!(await names)) this.#askable = undefined
    return names
  }

  /** Asks, or joins an earlier asking. */
  ask(call: GatedCall, how: How): Promise<GatedAnswer> {
    return this.#orRefused(how, async () => this.#stand(this.#open(call), call, how))
  }

  /**
   * Asks or joins; once it is approved, begins the use as the tool and does the work, once, ever. Repeats get the kept
   * result until the grant would have ended.
   */
  run<T>(call: GatedCall, work: Work<T>, how: Doing<T>): Promise<GatedAnswer<T>> {
    return this.#orRefused(how, async () => this.#go(this.#open(call), call, work, how))
  }

  /** Runs a request that was asked before, without a new asking. */
  resume<T>(request: string, work: Work<T>, how: Doing<T>): Promise<GatedAnswer<T>> {
    return this.#orRefused(how, async () => {
      const asked = this.#asked(request)
      return asked ? this.#go(asked, callOf(asked), work, how) : unknownRequest
    })
  }

  /** Reads a request that was asked before, without a new asking. */
  look(request: string, how: How): Promise<GatedAnswer> {
    return this.#orRefused(how, async () => {
      const asked = this.#asked(request)
      return asked ? this.#stand(asked, callOf(asked), how) : unknownRequest
    })
  }

  /** The calls that have a request, the newest last. */
  requests(): { request: string; askedAt: Date; call: GatedCall }[] {
    const known = this.#askings.all(this.#parts.agent).filter(({ narrowed }) => !narrowed)
    return known.flatMap((asked) =>
      asked.request ? [{ request: asked.request, askedAt: new Date(asked.askedAt), call: callOf(asked) }] : [],
    )
  }

  /** Answers an approver's question on a pending request of this agent. @returns its state */
  answer(request: string, question: string, text: string, how: How): Promise<GatedAnswer> {
    return this.#orRefused(how, async () => {
      const asked = this.#asked(request)
      if (!asked) return unknownRequest
      const permit = this.#askings.isEnded(asked) ? undefined : await this.#permit(asked, { ...how, wait: 0 })
      if (permit?.outcome !== 'pending') return notPending
      await permit.answer(question, text)
      return this.#stand(asked, callOf(asked), { ...how, wait: 0 })
    })
  }

  /** Withdraws a pending request, or gives up an unused approved one. @returns its new state */
  cancel(request: string, how: How): Promise<GatedAnswer> {
    return this.#orRefused(how, async () => {
      const asked = this.#asked(request)
      if (!asked) return unknownRequest
      const permit = this.#askings.isEnded(asked) ? undefined : await this.#permit(asked, { ...how, wait: 0 })
      const withdrawn = { state: 'refused', reason: 'withdrawn', detail: 'the agent withdrew the request' } as const
      const end = () => this.#askings.end(asked, { ...withdrawn, request, reported: true, until: this.#askings.now() })
      if (permit?.outcome === 'pending') {
        await permit.cancel()
        end()
      } else if (permit?.outcome === 'approved' || permit?.outcome === 'narrowed') {
        // This mark stops every process from doing the work.
        if (!this.#runs.begin(request)) {
          end()
          await permit.complete('failed', 'given up before it was used')
        }
      }
      return this.#stand(asked, callOf(asked), { ...how, wait: 0 })
    })
  }

  /** Reports to Hotwork the ends of calls whose processes were killed. */
  async settle(signal?: AbortSignal): Promise<void> {
    for (const asked of this.#askings.all(this.#parts.agent)) {
      const run = asked.request === undefined ? undefined : this.#runs.of(asked.request)
      const ended = this.#askings.endOf(asked)
      if (ended ? ended.reported : !run || isAlive(run) !== false) continue
      await this.#orRefused({ wait: 0, signal }, async () => {
        const answer = await this.#stand(asked, callOf(asked), { wait: 0, signal })
        const now = this.#askings.endOf(asked)
        if (now && !now.reported) await this.#report(asked, now)
        return answer
      })
    }
  }

  /** Waits until Hotwork has been told of each end found so far. */
  async idle(): Promise<void> {
    await Promise.allSettled(this.#reports.values())
  }

  #open(call: GatedCall): Asked {
    return this.#askings.open(this.#parts.agent, call)
  }

  /** The original asking, not the one with narrower arguments. */
  #asked(request: string): Asked | undefined {
    const found = this.#askings.all(this.#parts.agent).filter((each) => each.request === request)
    return found.find(({ narrowed }) => !narrowed) ?? found[0]
  }

  async #permit(asked: Asked, { wait, signal, untilAsked = false }: How): Promise<Permit> {
    const silence = AbortSignal.timeout(Math.max(wait + patience.beside, patience.least))
    const within = signal ? AbortSignal.any([signal, silence]) : silence
    const stopsAt = ({ id }: Question) => untilAsked && this.#askings.isNews(id)
    return this.#askings.permit(asked, (call) => this.#parts.hotwork.permit({ ...call, wait, signal: within, stopsAt }))
  }

  async #stand<T>(asked: Asked, call: GatedCall, how: How): Promise<GatedAnswer<T>> {
    const ended = this.#ended<T>(asked, call)
    return ended ?? this.#tell<T>(asked, call, this.#askings.stand(asked, await this.#permit(asked, how)))
  }

  async #go<T>(asked: Asked, call: GatedCall, work: Work<T>, how: Doing<T>): Promise<GatedAnswer<T>> {
    const before = this.#ended<T>(asked, call)
    if (before) return before
    const until = Date.now() + how.wait
    const stands = this.#askings.stand(asked, await this.#permit(asked, how))
    if (!('approved' in stands)) return this.#tell<T>(asked, call, stands)
    const { approved } = stands
    const { request } = approved
    // One process at a time: a second access token of a request ends the first.
    const { answer, ends } = await this.#parts.journal.alone(
      `doing-${request}`,
      () => beginWork(asked, approved, work, how, { gate: this.#parts.gate, askings: this.#askings, runs: this.#runs }),
      how.signal,
    )
    if (answer) return { ...answer, ...this.#about(request) }
    const ended = await ends
    if (ended)
      return ended.state === 'done'
        ? { ...this.#answerOf<T>(ended), value: ended.value as T }
        : this.#answerOf<T>(ended)
    return this.#follow<T>(asked, call, approved, { ...how, wait: until - Date.now() })
  }

  /** Waits for the end of a call that was sent before. If its process has died, the outcome is unknown. */
  async #follow<T>(asked: Asked, call: GatedCall, approved: Approved, { wait, signal }: How): Promise<GatedAnswer<T>> {
    const { request, expiresAt } = approved
    for (const until = Date.now() + wait; ; ) {
      const run = this.#runs.of(request)
      const isLost = !run || isAlive(run) === false || run.became !== undefined
      // In this order: a process writes the end before it exits.
      const ended = this.#ended<T>(asked, call)
      if (ended) return ended
      if (isLost) {
        this.#askings.lose(asked, request, expiresAt.getTime())
        return this.#ended<T>(asked, call) ?? { state: 'unknown', ...this.#about(request) }
      }
      if (Date.now() >= until) return { state: 'running', ...this.#about(request), until: expiresAt.toISOString() }
      await pause(pauseOfLooks, signal)
    }
  }

  async #tell<T>(asked: Asked, call: GatedCall, stands: { approved: Approved } | No): Promise<GatedAnswer<T>> {
    if ('approved' in stands) {
      const { approved } = stands
      const { request, expiresAt } = approved
      if (this.#runs.of(request)) return this.#follow<T>(asked, call, approved, { wait: 0 })
      return { state: 'approved', ...this.#about(request), until: expiresAt.toISOString() }
    }
    const about = this.#about(stands.request)
    switch (stands.why) {
      case 'pending':
        return { state: 'pending', ...about, ...defined({ questions: stands.questions }) }
      case 'narrowed':
        return { state: 'narrowed', ...about, arguments: stands.arguments, until: stands.expiresAt.toISOString() }
      default: {
        const { reason, detail } = stands
        return this.#ended<T>(asked, call) ?? { state: 'refused', ...about, ...defined({ reason, detail }) }
      }
    }
  }

  /** The answer of a call that has ended. Reports an end that Hotwork has not been told yet. */
  #ended<T>(asked: Asked, call: GatedCall): GatedAnswer<T> | undefined {
    const ended = this.#askings.endOf(asked)
    if (!ended) return undefined
    if (!ended.reported) void this.#report(asked, ended).catch(() => {})
    const { arguments: args } = ended
    const answer = this.#answerOf<T>(ended)
    if (args && !isSame(args, call.arguments)) return { ...answer, state: 'narrowed', arguments: args }
    if (answer.state === 'denied' || answer.state === 'revise')
      return { ...answer, ...(this.#askings.givenIn(asked) as Words | undefined) }
    if (answer.state !== 'done') return answer
    return { ...answer, ...defined({ value: this.#askings.givenIn(asked) as T | undefined }), repeated: true }
  }

  #answerOf<T>({ state, request, reason, detail, until }: Ended): GatedAnswer<T> {
    const about = { ...this.#about(request), ...defined({ reason, detail }), until: new Date(until).toISOString() }
    return { state, ...about }
  }

  #report(asked: Asked, ended: Ended): Promise<void> {
    const { callId } = asked
    const running = this.#reports.get(callId)
    if (running) return running
    const report = this.#tellHotwork(asked, ended).finally(() => this.#reports.delete(callId))
    this.#reports.set(callId, report)
    return report
  }

  async #tellHotwork(asked: Asked, ended: Ended): Promise<void> {
    const permit = await this.#permit(asked, { wait: 0 })
    const approved = permit.outcome === 'narrowed' ? permit.accept() : permit
    if (approved.outcome === 'approved') {
      const { outcome = 'failed', state } = ended
      const begun = await beginUse(this.#parts.gate, approved, callOf(asked))
      if ('end' in begun) await begun.end(outcome).catch(() => {})
      await approved.complete(outcome, state === 'unknown' ? `outcome unknown: ${ended.detail ?? ''}` : undefined)
    }
    this.#askings.reported(asked)
  }

  #about(request: string | undefined): { request?: string; page?: string } {
    return request === undefined ? {} : { request, page: pageOf(this.#parts.hotwork.issuer, request) }
  }

  async #orRefused<T>({ signal }: How, work: () => Promise<GatedAnswer<T>>): Promise<GatedAnswer<T>> {
    try {
      return await work()
    } catch (trouble) {
      signal?.throwIfAborted()
      if (trouble instanceof Trouble) {
        const { code, title, detail } = trouble.told
        return { state: 'refused', reason: code, detail: detail === undefined ? title : `${title}: ${detail}` }
      }
      if ((trouble as Error)?.name !== 'TimeoutError') throw trouble
      return { state: 'refused', reason: 'no_answer', detail: 'Hotwork did not answer in time' }
    }
  }
}

const notPending = {
  state: 'refused',
  reason: 'invalid_task_state',
  detail: 'people have decided it: call its tool again with the same arguments to hear what',
} as const

const unknownRequest = {
  state: 'refused',
  reason: 'unknown_request',
  detail: 'this agent did not ask for it on this machine',
} as const
