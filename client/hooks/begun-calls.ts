// Rules: test/client/hooks/host-hook.test.ts, test/client/hooks/killed.test.ts
import * as z from 'zod'
import { AgentApi } from '../agent/agent-api.ts'
import type { Approved } from '../agent/approved.ts'
import { type Asker, askForPermit } from '../agent/permit.ts'
import type { Question, Words } from '../agent/words.ts'
import { digestOf } from '../digest.ts'
import type { Gate } from '../gate.ts'
import { type Asked, Askings, callOf, type No, no } from '../gated/askings.ts'
import type { GatedCall, How } from '../gated/gated-call.ts'
import { audienceOf, beginUse } from '../gated/gated-use.ts'
import { defined } from '../http.ts'
import { Callers } from '../identity/callers.ts'
import { digest, type Kind, remembered } from '../journal/journal.ts'
import { exits, Refusal, Trouble } from '../outcome.ts'

/** A host's permission for a call, and its end. `run` identifies the call among all calls of the host. */
const Begun = z.looseObject({
  version: z.literal(1),
  /** The agent of the call. Several agents may share a folder. */
  agent: z.string(),
  request: z.string(),
  use: z.string().optional(),
  /** The digest of the approved arguments. */
  approved: z.string().optional(),
  /** The end that was reported to Hotwork. */
  became: z.enum(['succeeded', 'failed']).optional(),
})
type Begun = z.infer<typeof Begun>

/** An unreported end. */
const Untold = z.looseObject({
  version: z.literal(1),
  became: z.enum(['succeeded', 'failed']),
  note: z.string().optional(),
})
type Untold = z.infer<typeof Untold>

/** The newest prompt of a host's session: the reason for the calls of its turn. */
const Prompt = z.looseObject({ version: z.literal(1), at: z.number(), prompt: z.string() })
const prompts: Kind<z.infer<typeof Prompt>> = {
  ...{ prefix: 'prompt-', shape: Prompt, stays: Number.POSITIVE_INFINITY },
  isOver: ({ at }, now) => now - at > remembered,
}
/** The most characters of a prompt that people see. */
const mostOfPrompt = 1000

const runs: Kind<Begun> = { prefix: 'begun-', shape: Begun, stays: remembered }
const ends: Kind<Untold> = { prefix: 'untold-', shape: Untold, stays: remembered }

export type Went = { became: 'succeeded' | 'failed'; note?: string | undefined }

/** The end of a run that was not the approved call. */
export const ranOther: Went = { became: 'failed', note: 'the host ran arguments that were not approved' }

/** The answer to a host: it may make the call once, now, or the reason against it. */
export type Said =
  | { may: true; request: string; expiresAt: Date }
  | { may: false; why: 'begun_before'; request: string }
  | No

/** The timeout of a report, below the host's own; a later call reports the rest. Milliseconds. */
const longestReport = 15_000

/**
 * Calls that a host makes itself after this program permitted them. One message begins a call and another ends it; they
 * may reach different processes, so all state is in the state folder.
 */
export class BegunCalls {
  readonly api: AgentApi
  readonly #asker: Asker
  /** The tool's side, if this machine is the tool of the action. */
  readonly #gate: Gate | undefined
  readonly #askings: Askings
  readonly #callers: Callers

  constructor(asker: Asker, gate?: Gate) {
    this.#asker = asker
    this.#gate = gate
    this.#askings = new Askings(asker.journal, 'host', asker.issuer)
    this.#callers = new Callers(asker.issuer, { now: () => new Date(asker.journal.now()), pause: asker.pause })
    this.api = new AgentApi({ ...asker, prove: noKey, waiting: { err: () => {}, pause: asker.pause } })
  }

  /**
   * Asks Hotwork which agent calls, since several agents may have one subject.
   *
   * @throws Trouble; the reason of the signal
   */
  async who(signal?: AbortSignal): Promise<string> {
    const token = await this.#asker.identity(this.#asker.issuer, signal)
    return (await this.#callers.find(token, { signal })).key
  }

  /**
   * Asks, or joins an earlier asking with the same arguments; waits for people; and begins the approved call as `run`.
   * Each approval begins one run, and each run is begun once.
   *
   * @throws Fault; Refusal if the call is wrong; the reason of the signal
   */
  async begin(call: GatedCall, run: string, { wait, signal }: How): Promise<Said> {
    const until = Date.now() + wait
    for (;;) {
      const before = this.#find(run)
      if (before) return { may: false, why: 'begun_before', request: before.request }
      const { said, asked } = await this.#look(call, { wait: Math.max(0, until - Date.now()), signal })
      if ('may' in said) return said
      signal?.throwIfAborted()
      const approved = digestOf(call.arguments)
      const begin = () => this.#begin(said.approved, asked, { run, approved }, signal)
      const begun = await this.#asker.journal.alone(`host-${asked.callId}`, begin, signal)
      if (begun) return begun
    }
  }

  /** Asks without beginning a run. @throws as `begin` */
  async look(call: GatedCall, how: How): Promise<No | { approved: string }> {
    const { said } = await this.#look(call, how)
    if ('approved' in said) return { approved: said.approved.request }
    return said
  }

  async #look(call: GatedCall, { wait, signal }: How): Promise<{ said: { approved: Approved } | No; asked: Asked }> {
    const asked = this.#askings.open(await this.who(signal), call)
    const ended = this.#askings.endOf(asked)
    if (ended) {
      const words = ended.state === 'done' ? undefined : (this.#askings.givenIn(asked) as Words | undefined)
      return { said: { ...no(ended.reason ?? ended.state, ended.request, ended.detail), ...words }, asked }
    }
    const stopsAt = ({ id }: Question) => this.#askings.isNews(id)
    const permit = await this.#askings.permit(asked, (own) =>
      askForPermit({ ...own, ...defined({ signal }), wait, stopsAt }, this.#asker),
    )
    return { said: this.#askings.stand(asked, permit), asked }
  }

  /**
   * Ends a run that was begun here or in another process. `ran` has its arguments, if the host gives them; a run with
   * unapproved arguments has failed.
   *
   * @returns the reported end; undefined if this agent has no such run
   * @throws Fault
   */
  async end(run: string, went: Went, ran?: unknown): Promise<Went | undefined> {
    const begun = this.#find(run)
    if (!begun) return undefined
    const who = await this.who().catch(() => begun.agent)
    if (begun.agent !== who) return undefined
    const told = ran !== undefined && !isDigestOf(begun.approved, ran) ? ranOther : went
    // A host may report an end twice: the first report counts.
    if (begun.became === undefined) this.#asker.journal.create(ends, run, { version: 1, ...defined(told) })
    await this.#report(run)
    return told
  }

  /** Stores the prompt that begins a turn of a host's session. @throws Fault */
  keepPrompt(session: string, prompt: string): void {
    const { journal } = this.#asker
    journal.tidy(prompts)
    journal.put(prompts, digest(session), {
      version: 1,
      at: journal.now(),
      prompt: prompt.slice(0, mostOfPrompt).replace(/\p{Cs}/gu, ''),
    })
  }

  /** The prompt of the turn as a reason in a person's words, if a hook stored it. @throws Fault */
  promptOf(session: string): string | undefined {
    const found = this.#asker.journal.find(prompts, digest(session))
    return found && `The prompt of this turn: ${found.prompt}`
  }

  /** Reports ends that an earlier process could not. */
  async reportLate(): Promise<void> {
    await Promise.all(this.#asker.journal.ids(ends).map((run) => this.#report(run).catch(() => {})))
  }

  /** @returns undefined if another run took this approval */
  async #begin(
    approved: Approved,
    asked: Asked,
    { run, approved: args }: { run: string; approved: string },
    signal: AbortSignal | undefined,
  ): Promise<Said | undefined> {
    const { request, expiresAt } = approved
    if (this.#askings.isEnded(asked)) return undefined
    const begun = await beginUse(await this.#gateOf(approved), approved, callOf(asked))
    if ('reason' in begun) return no(begun.reason, request, begun.detail)
    if (begun.ended) return no('use_ended', request, 'it was done before')
    // After the host's timeout the approval stays for the next caller.
    signal?.throwIfAborted()
    this.#keep(run, { version: 1, agent: asked.agent, request, approved: args, ...defined({ use: begun.use }) })
    if (this.#askings.end(asked, { state: 'done', request, reported: true, until: 0 }))
      return { may: true, request, expiresAt }
    this.#asker.journal.remove(runs, run)
    return undefined
  }

  /** Undefined for AWS: its credentials enforce the permit, and no tool does. */
  async #gateOf(approved: Approved): Promise<Gate | undefined> {
    const isOfAws = this.#gate && audienceOf(await approved.token()) === `${this.#asker.issuer}/aws`
    return isOfAws ? undefined : this.#gate
  }

  /** @throws Fault */
  async #report(run: string): Promise<void> {
    const { journal } = this.#asker
    const untold = journal.find(ends, run)
    const begun = this.#find(run)
    // Hotwork would refuse another agent's report, and it would count as reported here.
    if (begun && begun.agent !== (await this.who())) return
    if (untold && begun && begun.became === undefined) {
      const { became, note } = untold
      const { request, use } = begun
      const end = use === undefined ? undefined : this.#gate?.end(use, became, note)
      const silent = await end?.catch((fault: unknown) => fault)
      await this.api
        .within(AbortSignal.timeout(longestReport))
        .complete(request, became, note)
        .catch((trouble: unknown) => {
          // A refusal: the grant's time was over, or an earlier report arrived.
          if (!(trouble instanceof Refusal)) throw trouble
        })
      if (silent) throw silent
      this.#keep(run, { ...begun, became })
    }
    journal.remove(ends, run)
  }

  #find(run: string): Begun | undefined {
    return this.#asker.journal.find(runs, run)
  }

  #keep(run: string, begun: Begun): void {
    this.#asker.journal.tidy(runs, ends)
    this.#asker.journal.put(runs, run, begun)
  }
}

/**
 * Whether the run had the approved arguments. False for a value without a canonical form; a run of an older version has
 * no digest, which counts as true.
 */
function isDigestOf(approved: string | undefined, ran: unknown): boolean {
  try {
    return approved === undefined || approved === digestOf(ran)
  } catch {
    return false
  }
}

const noKey = async (): Promise<never> => {
  throw new Trouble(exits.fault, { code: 'fault', title: 'the call needs the key of a request' })
}
