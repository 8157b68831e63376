import { randomUUID } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import type { Approved } from '../agent/approved.ts'
import { jsonOf, type Permit, type PermitCall } from '../agent/permit-call.ts'
import { defined } from '../http.ts'
import type { Hotwork } from '../index.ts'
import { wrongUsage } from '../outcome.ts'
import { asNo, NotPermitted, noFor, sameId } from './not-permitted.ts'

export type Input = { readonly [name: string]: unknown }

/** The catalogue's action for the calls of a tool. */
export type ToolAction = {
  action: string
  arguments: Input
  justification?: string
  /**
   * The tool's input for the arguments that people approved, if they are narrower. Without it such a call does not run.
   */
  narrowed?: (approved: Input) => Input
}

export type Gating<Context = undefined> = {
  hotwork: Hotwork
  /**
   * The tools that need a permit, by name. With `{ action }` alone the tool's input is the action's arguments. Other
   * tools run without a permit.
   */
  tools: {
    readonly [tool: string]: ((input: Input) => ToolAction) | (Omit<ToolAction, 'arguments'> & { arguments?: never })
  }
  purpose: string
  /** The agent's task. A function gets the context that the framework gives this run. */
  parentTask: PermitCall['parentTask'] | ((context: Context) => PermitCall['parentTask'])
  /** The longest wait for people, as in `permit`. */
  wait?: string | number
}

/** One call of a tool. `id` is the framework's, and stays the same when the call is repeated. */
type ToolCall<Context> = { tool: string; id: string | undefined; input: unknown; context: Context }
export type How = { wait?: string | number | undefined; signal?: AbortSignal | undefined }

/** `input` is a copy of the tool's input as it was approved: run the tool with it. */
type Ready = { permit: Approved; input: Input }
type Running = Ready & { end(error?: unknown): Promise<void> }

/** The framework ran the tool with other arguments than the approved ones. */
class OtherArguments extends Error {
  override readonly name = 'OtherArguments'
}

/** Permits for the calls of an agent's tools. A refused call is `NotPermitted`. */
export class ToolPermits<Context = undefined> {
  readonly #gating: Gating<Context>
  /** Running calls by the framework's id. The id is reserved before the call runs. */
  readonly #running = new Map<string, (Running & { approved: Input }) | undefined>()
  /** The last request of each tool of a task, if people want it revised: the next call is its revision. */
  readonly #revised = new Map<string, string>()

  constructor(gating: Gating<Context>) {
    this.#gating = gating
  }

  get names(): string[] {
    return Object.keys(this.#gating.tools)
  }

  gates(tool: string): boolean {
    return Object.hasOwn(this.#gating.tools, tool)
  }

  /** The permit of a call that runs now, with its credentials. @throws Refusal if no gated call with this id runs */
  permitOf(id: string): Approved {
    const running = this.#running.get(id)
    if (running) return running.permit
    throw wrongUsage(`no gated call \`${id}\` runs`, 'ask for the permit within the tool, by the id of its call')
  }

  /**
   * Asks, or joins an earlier asking. Nothing runs.
   *
   * @returns a permit, or the refusal
   * @throws the reason of the signal
   */
  async ask(call: ToolCall<Context>, how: How = {}): Promise<Ready | NotPermitted> {
    try {
      return await this.#ask(call, how)
    } catch (trouble) {
      const no = asNo(trouble)
      if (no instanceof NotPermitted) return no
      throw no
    }
  }

  /**
   * Asks, and begins the one run: for a framework that reports before and after it.
   *
   * @throws NotPermitted; the reason of the signal
   */
  async begin(call: ToolCall<Context>, how: How = {}): Promise<Running> {
    const ready = await this.ask(call, how)
    if (ready instanceof NotPermitted) throw ready
    const key = call.id ?? randomUUID()
    // Models in two conversations can give calls the same id, and must not share a permit.
    if (this.#running.has(key)) throw sameId(key)
    this.#running.set(key, undefined)
    let isBegun = false
    return new Promise((begun, not) => {
      const work = () =>
        new Promise<void>((succeed, fail) => {
          const end = (error?: unknown) => {
            this.#running.delete(key)
            error === undefined ? succeed() : fail(error)
            return over
          }
          isBegun = true
          this.#running.set(key, { ...ready, approved: copyOf(ready.input), end })
          begun({ ...ready, end })
        })
      // Once the work has begun, an error is the work's own, or its end is unreported; the grant then ends by time.
      const over: Promise<void> = ready.permit.use(work).catch((trouble: unknown) => {
        if (!isBegun) this.#running.delete(key)
        not(asNo(trouble))
      })
    })
  }

  /** Reports the end of a run. `ran` is the input that the framework says the tool got. */
  async end(id: string, ran: unknown, error?: unknown): Promise<void> {
    const running = this.#running.get(id)
    if (!running) return
    const { approved, end } = running
    // Other code may have changed the object in place.
    await end(isCopy(ran, approved) ? error : new OtherArguments('it ran with other arguments than were approved'))
  }

  /** Asks, and runs `work` once, ever. @throws NotPermitted; any error of `work`; the reason of the signal */
  async run<T>(call: ToolCall<Context>, work: (input: Input) => Promise<T> | T, how: How = {}): Promise<T> {
    const { input, end } = await this.begin(call, how)
    let value: T
    try {
      value = await work(input)
    } catch (error) {
      await end(error ?? new Error('no reason'))
      throw error
    }
    await end()
    return value
  }

  async #ask({ tool, id, input, context }: ToolCall<Context>, { wait, signal }: How): Promise<Ready> {
    const { tools, purpose, parentTask: given, wait: usual } = this.#gating
    const gated = tools[tool]
    if (gated === undefined) throw wrongUsage(`\`${tool}\` is no gated tool`, 'name it in `tools`')
    const own = copyOf(input)
    const mapped = typeof gated === 'function' ? gated(copyOf(own)) : { ...gated, arguments: own }
    const { action, justification, narrowed } = mapped
    const args = copyOf(mapped.arguments)
    const parentTask = typeof given === 'function' ? given(context) : given
    const thread = `${parentTask.id}/${tool}`
    const call = {
      ...{ action, arguments: copyOf(args), purpose, parentTask },
      ...defined({ justification, wait: wait ?? usual, signal }),
      // Small models count their calls from 0 in each conversation.
      ...(id === undefined ? {} : { callId: `${thread}/${id}` }),
    }
    const permit = await this.#permit(thread, call)
    if (permit.outcome === 'approved') return { permit, input: own }
    if (permit.outcome !== 'narrowed') throw noFor(permit, action)
    // A narrowing to less time or fewer uses is still enough for one call.
    if (isDeepStrictEqual(permit.arguments, args)) return { permit: permit.accept(), input: own }
    if (narrowed) return { permit: permit.accept(), input: copyOf(narrowed(permit.arguments)) }
    await permit.complete('failed', 'narrowed, and the narrowing was not accepted')
    throw noFor(permit, action)
  }

  /** Hotwork refuses a revision of another resource: such a call is a new one. */
  async #permit(thread: string, call: PermitCall): Promise<Permit> {
    const { hotwork } = this.#gating
    const revises = this.#revised.get(thread)
    const first = await hotwork.permit({ ...call, ...defined({ revises }) })
    const isNew = first.outcome === 'refused' && first.reason === 'invalid_revision'
    const permit = isNew ? await hotwork.permit(call) : first
    if (permit.outcome === 'revise') this.#revised.set(thread, permit.request)
    else if (!isNew && permit.request !== undefined && this.#revised.get(thread) === revises)
      this.#revised.delete(thread)
    return permit
  }
}

/** A deep copy: its source may change while people decide. @throws Refusal */
export const copyOf = (input: unknown): Input => jsonOf(Object(input) as object)

function isCopy(input: unknown, of: Input): boolean {
  try {
    return isDeepStrictEqual(copyOf(input), of)
  } catch {
    return false
  }
}
