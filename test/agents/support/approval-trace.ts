import { randomUUID } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import type { SentCall } from './gate.ts'
import type { HotworkInMemory } from './hotwork-in-memory.ts'

type Args = { [name: string]: unknown }
type Action = { tool: 'mcp'; operation: string; resource: string; parameters: Args }
type Tried = { id: string; intent: string; tool: string; args: Args; from: number; until: number; blocked?: number }

/**
 * A trace for `agentack` of real events: the host's calls, Hotwork's record, and the server's input, each by its own
 * time.
 */
export class ApprovalTrace {
  readonly #hotwork: HotworkInMemory
  readonly #calls: () => readonly SentCall[]
  readonly #server: string
  readonly #began = Date.now()
  readonly #tried: Tried[] = []
  readonly #interrupts: number[] = []

  constructor(hotwork: HotworkInMemory, server: string, calls: () => readonly SentCall[]) {
    this.#hotwork = hotwork
    this.#server = server
    this.#calls = calls
  }

  /**
   * A call of the host. The same call again is the same action. `work` answers whether the host was told that it is not
   * done; undefined if it does not know yet.
   */
  async call(tool: string, args: Args, work: () => Promise<'blocked' | undefined>, intent = tool): Promise<void> {
    const known = this.#tried.find((each) => each.tool === tool && sameArgs(each.args, args))
    const tried = {
      id: known?.id ?? randomUUID(),
      intent,
      tool,
      args,
      from: Date.now(),
      until: Number.POSITIVE_INFINITY,
    }
    this.#tried.push(tried)
    const told = await work()
    tried.until = Date.now()
    if (told) Object.assign(tried, { blocked: tried.until })
  }

  interrupt(): void {
    this.#interrupts.push(Date.now())
  }

  /** Ends the session and writes its trace. */
  write(file: string): void {
    const session = { schema_version: 2, session_id: randomUUID() }
    // Events of one millisecond: a stop comes first.
    const events = [
      ...this.#stopped(),
      ...this.#proposed(),
      ...this.#onRecord(),
      ...this.#executed(),
      ...this.#blocked(),
    ]
    events.sort((one, other) => one.at - other.at)
    const last = { at: Date.now(), type: 'session_end' }
    const lines = [...events, last].map(({ at, ...event }) =>
      JSON.stringify({ ...session, ...event, timestamp: new Date(at).toISOString() }),
    )
    writeFileSync(file, `${lines.join('\n')}\n`)
  }

  #action = (operation: string, parameters: Args, resource = this.#server): Action => ({
    ...{ tool: 'mcp', operation, resource, parameters },
  })

  #proposed() {
    return this.#first().map(({ id, intent, tool, args, from: at }) => ({
      ...{ at, type: 'action_proposed', action_id: id, intent_id: intent, action: this.#action(tool, args) },
    }))
  }

  #first(): Tried[] {
    return this.#tried.filter(({ id }, index) => this.#tried.findIndex((each) => each.id === id) === index)
  }

  /** The call of the host during which something happened. */
  #during(at: number): Tried | undefined {
    return this.#tried.findLast(({ from, until }) => from <= at && at <= until)
  }

  /** The questions to people, the cards that they saw, and their answers. */
  #onRecord() {
    const own = this.#hotwork.history.filter(({ at }) => at >= this.#began)
    const asked = own.filter(
      ({ state }, index) => own.findIndex((each) => each.state.ask.id === state.ask.id) === index,
    )
    return asked.flatMap(({ at, state: { ask } }) => {
      const ids = { action_id: this.#during(at)?.id, intent_id: this.#during(at)?.intent, approval_id: ask.id }
      const action = this.#action(ask.mcp?.tool ?? ask.action, ask.arguments, ask.mcp?.server.name)
      const decided = own.find(({ state }) => state.ask.id === ask.id && state.status !== 'pending')
      const allowed = decided?.state.status === 'approved' ? decided.state.grant.claimBy : undefined
      const until = allowed === undefined ? {} : { expires_at: new Date(allowed * 1000).toISOString() }
      const decision = {
        type: 'approval_decision',
        ...ids,
        decision: allowed === undefined ? 'deny' : 'allow',
        ...until,
      }
      return [{ at, type: 'approval_requested', ...ids, action }, ...(decided ? [{ at: decided.at, ...decision }] : [])]
    })
  }

  #executed() {
    return this.#calls()
      .filter(({ at }) => at >= this.#began)
      .map(({ at, tool, arguments: args }) => {
        const { id, intent } = this.#during(at) ?? { id: 'unknown', intent: 'unknown' }
        const action = this.#action(tool, args as Args)
        return { at, type: 'action_executed', action_id: id, intent_id: intent, ...this.#approvalOf(id), action }
      })
  }

  #blocked() {
    return this.#first().flatMap(({ id, intent }) => {
      const told = this.#tried.find((each) => each.id === id && each.blocked !== undefined)?.blocked
      if (told === undefined || this.#executed().some((each) => each.action_id === id)) return []
      return [{ at: told, type: 'action_blocked', action_id: id, intent_id: intent, ...this.#approvalOf(id) }]
    })
  }

  #stopped() {
    return this.#interrupts.map((at) => ({ at, type: 'interrupt', reason: 'a person halted the agent' }))
  }

  /** The latest request for this action. */
  #approvalOf(id: string): { approval_id?: string } {
    const asked = this.#hotwork.asked.findLast(({ ask }) => {
      const first = this.#hotwork.history.find(({ state }) => state.ask.id === ask.id)
      return first !== undefined && first.at >= this.#began && this.#during(first.at)?.id === id
    })
    return asked ? { approval_id: asked.ask.id } : {}
  }
}

const sameArgs = (one: Args, other: Args) => JSON.stringify(one) === JSON.stringify(other)
