import { randomUUID } from 'node:crypto'
import type { JSONRPCRequest, RequestId, Transport } from '@modelcontextprotocol/server'
import type { TaskGiven } from '../gated/call-task.ts'
import { type GatedAnswer, type GatedCall, isOpen, OutcomeUnknown } from '../gated/gated-call.ts'
import type { Doing, GatedCalls } from '../gated/gated-calls.ts'
import { Refusal } from '../outcome.ts'
import { spelledOut } from '../screen.ts'
import { openPage, passedMeta, requireOpening, withTasks } from './forms.ts'
import { HostSays, inFormOf, membersOf } from './host-says.ts'
import { LiveTools } from './live-tools.ts'
import { McpTasks } from './mcp-tasks.ts'
import { type Members, MessageProxy, type Reply, type Watch } from './message-proxy.ts'
import { callOwnTool, isOwnTool, ownTools } from './own-tools.ts'
import { ServerSays } from './server-says.ts'
import { cannotTake, SessionTask } from './session-task.ts'
import { describeTool, ownReply, replyOf } from './tool-result.ts'
import { ruleFor, type ToolRules } from './tool-rules.ts'

export type GateParts = {
  host: Transport
  server: Transport
  calls: GatedCalls
  rules: ToolRules
  /** The task that the host's header names for the whole session. */
  task?: TaskGiven | undefined
  /** Prints a line for the person who runs the gate. */
  log(line: string): void
  /** The longest that a call is held while people decide. Hosts time out after a minute. Milliseconds. */
  hold?: number | undefined
}

const usualHold = 50_000
/** The pause between two progress notifications to a host that wants them. Milliseconds. */
const pauseOfProgress = 5_000
/** The longest that running calls may take after the host has gone. Milliseconds. */
const longestEnd = 30_000

/** Stands before one MCP server, for one host. A call that needs a permit is asked for, and made once. */
export class McpGate implements Watch {
  readonly #parts: GateParts
  readonly #proxy: MessageProxy
  readonly #live: LiveTools
  readonly #tasks: McpTasks
  readonly #says = new HostSays()
  readonly #task: SessionTask
  readonly #serverSays: ServerSays
  /** Unanswered calls of the host. `sent`: their id at the server. */
  readonly #running = new Map<RequestId, { stop: AbortController; sent?: RequestId; ends: Promise<unknown> }>()
  readonly #stop = new AbortController()
  readonly #session = randomUUID()
  #hasListed = false

  constructor(parts: GateParts) {
    this.#parts = parts
    this.#task = new SessionTask(parts.rules.terms, parts.task)
    this.#serverSays = new ServerSays(parts.calls.issuer)
    this.#proxy = new MessageProxy(parts.host, parts.server, this)
    this.#live = new LiveTools(this.#proxy, (tools) => this.#tellMissing(tools))
    this.#tasks = new McpTasks(parts.calls, {
      answer: (id, reply) => this.#proxy.answer(id, reply),
      doing: (call, meta) => this.#doing(call, meta),
      work: (call, meta) => () => this.#forward(call, meta),
      stop: this.#stop.signal,
    })
  }

  /** @throws an error of the transports, such as a missing program */
  async start(): Promise<void> {
    await this.#proxy.start()
  }

  /** The server has ended: calls that were sent to it get no answer. */
  serverEnded(): void {
    this.#proxy.end()
  }

  /** Ends the waits, and lets sent calls finish. */
  async end(): Promise<void> {
    this.#stop.abort(new Error('the host has gone'))
    for (const { stop, sent } of this.#running.values())
      if (sent === undefined) stop.abort(new Error('the host has gone'))
    const all = [...this.#running.values()].map(({ ends }) => ends)
    const late = new Promise((resolve) => setTimeout(resolve, longestEnd).unref())
    const done = Promise.allSettled([...all, this.#tasks.idle()]).then(() => this.#parts.calls.idle())
    await Promise.race([done, late])
  }

  takes(request: JSONRPCRequest): boolean {
    const isTaken = this.#takes(request)
    this.#serverSays.expect(membersOf(request.params?._meta), !isTaken)
    return isTaken
  }

  hears(method: string, params: Members): Members | undefined {
    return this.#serverSays.told(method, params)
  }

  #takes(request: JSONRPCRequest): boolean {
    if (request.method === 'initialize') this.#says.note(request)
    if (request.method.startsWith('tasks/')) return this.#tasks.takes(request)
    if (request.method !== 'tools/call') return false
    const isName = typeof request.params?.['name'] === 'string'
    const isOwn = isName && isOwnTool(nameIn(request))
    if (isName && !isOwn && this.#parts.rules.of(nameIn(request)) === 'pass') return false
    const stop = new AbortController()
    const running = { stop, ends: Promise.resolve() as Promise<unknown> }
    this.#running.set(request.id, running)
    running.ends = (isOwn ? this.#callOwn(request) : this.#call(request, stop.signal))
      .then(
        (reply) => stop.signal.aborted || this.#proxy.answer(request.id, inFormOf(request, reply)),
        (cause: unknown) => stop.signal.aborted || this.#proxy.answer(request.id, this.#failed(cause)),
      )
      .finally(() => this.#running.delete(request.id))
    return true
  }

  sees(request: JSONRPCRequest, reply: Reply): Reply | Promise<Reply> {
    const said = this.#serverSays.answered(reply)
    if (!('result' in said)) return said
    const { method } = request
    const { result } = said
    if (method === 'initialize' || method === 'server/discover') {
      this.#live.note(result)
      return { result: withTasks(result, method) }
    }
    return method === 'tools/list' ? this.#describe(result, request).then((described) => ({ result: described })) : said
  }

  cancels(id: RequestId): boolean {
    const running = this.#running.get(id)
    if (!running) return false
    // A sent call goes on after the host cancels, and its answer is stored.
    if (running.sent === undefined) running.stop.abort(new Error('cancelled'))
    else this.#proxy.tellServer('notifications/cancelled', { requestId: running.sent })
    return true
  }

  async #callOwn(request: JSONRPCRequest): Promise<Reply> {
    const session = { task: this.#task, calls: this.#parts.calls }
    const done = callOwnTool(nameIn(request), membersOf(request.params?.['arguments']), session)
    return done.then(ownReply, (trouble: unknown) => replyOf(refusedBy(trouble), nameIn(request)))
  }

  async #call(request: JSONRPCRequest, signal: AbortSignal): Promise<Reply> {
    const until = Date.now() + (this.#parts.hold ?? usualHold)
    const name = nameIn(request)
    const { _meta: meta } = membersOf(request.params)
    const call = await this.#readCall(name, request)
    if ('state' in call) return this.#tasks.replyOf(this.#says.waits(request), call, name)
    const { calls } = this.#parts
    const asked = await calls.ask(call, { wait: 0, signal })
    const waits = this.#says.waits(request)
    if (waits.by === 'task') return this.#tasks.begin(request, waits, call, asked)
    if (asked.state === 'pending' && waits.by === 'page') {
      if (waits.form === 2026) return { result: requireOpening(asked) }
      this.#showPage(asked)
    }
    const stopProgress = asked.state === 'pending' ? this.#progress(membersOf(meta)['progressToken'], asked) : () => {}
    const work = () => {
      stopProgress()
      return this.#forward(call, membersOf(meta), request.id)
    }
    try {
      const wait = asked.state === 'pending' || asked.state === 'running' ? Math.max(0, until - Date.now()) : 0
      const how = { ...this.#doing(call, membersOf(meta)), wait, signal, untilAsked: true }
      const answer = isOpen(asked) ? await calls.run(call, work, how) : asked
      // Hotwork is silent: the last known state is pending.
      const isSilent = asked.state === 'pending' && answer.reason === 'no_answer'
      return replyOf(isSilent ? asked : answer, name)
    } finally {
      stopProgress()
    }
  }

  /** The call to ask for, by the tool as the server has it now. */
  async #readCall(name: string, { params }: JSONRPCRequest): Promise<GatedCall | GatedAnswer> {
    const { rules } = this.#parts
    const rule = rules.of(name)
    if (rule === undefined || rule === 'pass')
      return refused('unknown_tool', 'the gate has no action for this tool, so it is refused')
    const live = await this.#live.find(name, membersOf(params?._meta))
    if ('missing' in live) return refused('tool_changed', missing[live.missing])
    const found = ruleFor(rule, live.mcp)
    if ('reason' in found) return refused(found.reason, found.detail)
    try {
      return {
        action: found.action,
        ...this.#task.of(params?._meta, membersOf(params?.['arguments'])),
        mcp: live.mcp,
        thread: `${this.#session}/${name}`,
      }
    } catch (trouble) {
      return refusedBy(trouble)
    }
  }

  /** Checks the call again just before it is sent: the server may have changed since. */
  #doing(call: GatedCall, meta: Members): Omit<Doing<Reply>, 'wait'> {
    return {
      failed: (reply) => 'error' in reply || reply.result['isError'] === true,
      check: async () => {
        const live = await this.#live.find(call.mcp?.tool ?? '', meta)
        if ('missing' in live) return refused('tool_changed', missing[live.missing])
        const rule = ruleFor([{ action: call.action, server: call.mcp?.server, schema: call.mcp?.schema }], live.mcp)
        return 'reason' in rule ? rule : undefined
      },
    }
  }

  /** Sends the call, once. Its answer is kept even if this host has cancelled it. @throws OutcomeUnknown */
  async #forward(call: GatedCall, meta: Members, of?: RequestId): Promise<Reply> {
    const _meta = passedMeta(meta, of !== undefined)
    const asked = { name: call.mcp?.tool ?? '', arguments: call.arguments }
    this.#serverSays.expect(_meta, true)
    const { id, reply } = this.#proxy.ask('tools/call', Object.keys(_meta).length > 0 ? { ...asked, _meta } : asked)
    const running = of === undefined ? undefined : this.#running.get(of)
    if (running) running.sent = id
    const given = await reply.catch((cause: Error) => {
      throw new OutcomeUnknown('server_gone', cause.message)
    })
    if (!('result' in given) || given.result['resultType'] !== 'input_required') return this.#serverSays.answered(given)
    // A question of the server during an approved call.
    const text =
      'The server asked a question in place of an answer, which does not pass the gate. Nothing more was sent to it.'
    return { result: { content: [{ type: 'text', text }], isError: true } }
  }

  /** Shows the page. The host's "accept" only means that the page was opened: it approves nothing. */
  #showPage(asked: GatedAnswer): void {
    const { page: url = '', request: elicitationId = '' } = asked
    const { reply } = this.#proxy.askHost('elicitation/create', { mode: 'url', elicitationId, url, message: openPage })
    void reply.catch(() => {})
  }

  #progress(token: unknown, { page = '' }: GatedAnswer): () => void {
    if (typeof token !== 'string' && typeof token !== 'number') return () => {}
    let progress = 0
    const tell = () => {
      progress += 1
      this.#proxy.tellHost('notifications/progress', {
        progressToken: token,
        progress,
        message: `waiting for people: ${page}`,
      })
    }
    tell()
    const timer = setInterval(tell, pauseOfProgress)
    return () => clearInterval(timer)
  }

  /** Leaves out the gated tools that policy could never permit this agent. If Hotwork does not say, it lists all. */
  async #describe(result: Members, request: JSONRPCRequest): Promise<Members> {
    const tools = Array.isArray(result['tools']) ? (result['tools'] as Members[]) : []
    const { rules, calls } = this.#parts
    if (result['nextCursor'] === undefined && request.params?.['cursor'] === undefined) this.#tellMissing(tools)
    const theirs = tools.filter((tool) => !isOwnTool(String(tool['name'])))
    const ruled = theirs.map((tool) => ({ tool, rule: rules.of(String(tool['name'])) }))
    const askable = ruled.some(({ rule }) => typeof rule === 'object') ? await calls.askable() : undefined
    const described = ruled.flatMap(({ tool, rule }) => {
      if (rule === 'pass') return [tool]
      const isOffered = !rule || !askable || rule.some(({ action }) => askable.has(action))
      if (!isOffered) return []
      return [rule ? this.#task.describe(describeTool(tool, 'gated')) : describeTool(tool, 'refused')]
    })
    // On the first page only.
    const own = request.params?.['cursor'] === undefined ? ownTools({ task: this.#task, calls }) : []
    return { ...result, tools: [...described, ...own] }
  }

  /** A map that names missing tools is reported once, and those tools are refused. */
  #tellMissing(tools: readonly Members[]): void {
    if (this.#hasListed) return
    this.#hasListed = true
    for (const name of this.#parts.rules.names())
      if (!tools.some((tool) => tool['name'] === name))
        this.#parts.log(`the server has no tool \`${spelledOut(name)}\`, which the map names: it is refused`)
  }

  #failed(cause: unknown): Reply {
    const { name = 'Error' } = Object(cause) as Error
    this.#parts.log(`a call failed in the gate itself (${name})`)
    return {
      error: { code: -32603, message: `hotwork: the gate failed (${name}): nothing is known to have been sent` },
    }
  }
}

const missing = {
  tool: 'the server has no such tool now, or several of that name',
  server: 'the server names no server identity',
  list: 'the server lists no tools',
  members: cannotTake,
}

const refused = (reason: string, detail: string) => ({ state: 'refused' as const, reason, detail })

/** @throws any fault */
function refusedBy(trouble: unknown): GatedAnswer {
  if (!(trouble instanceof Refusal)) throw trouble
  const { code, title, detail } = trouble.told
  return refused(code, detail ?? title)
}

const nameIn = ({ params }: JSONRPCRequest): string => String(params?.['name'] ?? '')
