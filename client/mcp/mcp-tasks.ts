import { randomUUID } from 'node:crypto'
import type { JSONRPCRequest, RequestId } from '@modelcontextprotocol/server'
import { type GatedAnswer, type GatedCall, isOpen } from '../gated/gated-call.ts'
import type { Doing, GatedCalls } from '../gated/gated-calls.ts'
import { clientCapabilities, membersOf, type Waits } from './host-says.ts'
import type { Members, Reply } from './message-proxy.ts'
import { peopleWords, replyOf, sentenceOf } from './tool-result.ts'

type Helps = {
  answer(id: RequestId, reply: Reply): void
  doing(call: GatedCall, meta: Members): Omit<Doing<Reply>, 'wait'>
  work(call: GatedCall, meta: Members): () => Promise<Reply>
  /** Ends every wait. */
  stop: AbortSignal
}

/** The longest wait for people: as long as any ladder allows. Milliseconds. */
const longestWait = 7 * 86_400_000
const pollInterval = 5_000
const mostListed = 20
/** Bounds the memory for settled tasks that a host never reads. */
const mostSettled = 200

/**
 * Gated calls as tasks of MCP. A task's id is the request's, so that another gate, and this one after a restart, finds
 * it. Calls about other tasks go to the MCP server.
 */
export class McpTasks {
  readonly #calls: GatedCalls
  readonly #helps: Helps
  /** Refusals without a request are kept only here. */
  readonly #settled = new Map<string, { reply: Reply; at: string }>()
  readonly #running = new Map<string, Promise<unknown>>()

  constructor(calls: GatedCalls, helps: Helps) {
    this.#calls = calls
    this.#helps = helps
  }

  takes(request: JSONRPCRequest): boolean {
    const { method, id, params } = request
    const task = String(params?.['taskId'] ?? '')
    const isOurs = method === 'tasks/list' || task.startsWith('req_') || this.#settled.has(task)
    if (!isOurs) return false
    const replied = method === 'tasks/list' ? this.#list() : this.#reply(task, request)
    void replied
      .catch((): Reply => ({ error: { code: -32603, message: 'hotwork: the task cannot be read now: ask again' } }))
      .then((reply) => this.#helps.answer(id, reply))
    return true
  }

  /** Makes a task for a call whose request was sent and is stored on disk. */
  async begin(
    request: JSONRPCRequest,
    waits: Extract<Waits, { by: 'task' }>,
    call: GatedCall,
    asked: GatedAnswer,
  ): Promise<Reply> {
    const name = call.mcp?.tool ?? ''
    if (asked.request === undefined) return this.replyOf(waits, asked, name)
    if (!isOpen(asked) && waits.form === 2026) return replyOf(asked, name)
    if (isOpen(asked)) void this.#run(asked.request, call, membersOf(request.params?._meta))
    const state = { ...taskOf(asked.request, asked, name), createdAt: new Date().toISOString() }
    return { result: waits.form === 2026 ? { resultType: 'task', ...as2026(state) } : { task: state } }
  }

  /** The reply to an immediate refusal: a failed task if the host asked for a task. */
  replyOf(waits: Waits, answer: GatedAnswer, name: string): Reply {
    const reply = replyOf(answer, name)
    if (waits.by !== 'task' || waits.form === 2026) return reply
    const taskId = `hotwork-${randomUUID()}`
    const at = new Date().toISOString()
    this.#settled.set(taskId, { reply, at })
    const [oldest = ''] = this.#settled.keys()
    if (this.#settled.size > mostSettled) this.#settled.delete(oldest)
    return { result: { task: { ...taskOf(taskId, answer, name), createdAt: at } } }
  }

  /** Waits until all running calls have ended. */
  async idle(): Promise<void> {
    await Promise.allSettled(this.#running.values())
  }

  async #reply(task: string, { method, params }: JSONRPCRequest): Promise<Reply> {
    const meta = membersOf(params?._meta)
    const is2026 = clientCapabilities in meta
    const settled = this.#settled.get(task)
    if (settled)
      return method === 'tasks/result' ? related(settled.reply, task) : { result: failedTask(task, settled.at) }
    const found = this.#calls.requests().find(({ request }) => request === task)
    if (!found)
      return {
        error: { code: -32602, message: `hotwork: there is no task \`${task.slice(0, 64)}\` of this agent here` },
      }
    const { call, askedAt } = found
    const name = call.mcp?.tool ?? ''
    if (method === 'tasks/update') return { result: { resultType: 'complete' } }
    if (method === 'tasks/cancel') {
      const answer = await this.#calls.cancel(task, { wait: 0 })
      if (is2026) return { result: { resultType: 'complete' } }
      if (answer.reason !== 'withdrawn')
        return { error: { code: -32602, message: `hotwork: it is too late to cancel the task: ${answer.state}` } }
      return { result: { ...taskOf(task, answer, name), createdAt: askedAt.toISOString() } }
    }
    if (method === 'tasks/result') {
      await this.#run(task, call, meta)
      return related(replyOf(await this.#calls.look(task, { wait: 0 }), name), task)
    }
    const answer = await this.#calls.look(task, { wait: 0 })
    if (isOpen(answer)) void this.#run(task, call, meta)
    const state = { ...taskOf(task, answer, name), createdAt: askedAt.toISOString() }
    if (!is2026) return { result: state }
    const isOver = state.status !== 'working' && state.status !== 'cancelled'
    const given = isOver ? replyOf(answer, name) : {}
    return {
      result: {
        resultType: 'complete',
        ...as2026({ ...state, status: isOver && 'result' in given ? 'completed' : state.status }),
        ...given,
      },
    }
  }

  /** Waits for people, and makes the call when they approve, whether or not the host polls. */
  #run(task: string, call: GatedCall, meta: Members): Promise<unknown> {
    const before = this.#running.get(task)
    if (before) return before
    const { doing, work, stop } = this.#helps
    const { progressToken: _, ...own } = meta
    const how = { ...doing(call, own), wait: longestWait, signal: stop }
    const run = this.#calls
      .resume(task, work(call, own), how)
      .catch(() => {})
      .finally(() => this.#running.delete(task))
    this.#running.set(task, run)
    return run
  }

  async #list(): Promise<Reply> {
    const newest = this.#calls.requests().slice(-mostListed).reverse()
    const tasks = newest.map(async ({ request, call, askedAt }) => ({
      ...taskOf(request, await this.#calls.look(request, { wait: 0 }), call.mcp?.tool ?? ''),
      createdAt: askedAt.toISOString(),
    }))
    return { result: { tasks: await Promise.all(tasks) } }
  }
}

function taskOf(taskId: string, answer: GatedAnswer, name: string) {
  const given = answer.value as Reply | undefined
  const isFailed = given !== undefined && ('error' in given || given.result['isError'] === true)
  const status = isOpen(answer)
    ? 'working'
    : answer.reason === 'withdrawn'
      ? 'cancelled'
      : answer.state === 'done' && !isFailed
        ? 'completed'
        : 'failed'
  const statusMessage = status === 'working' ? wordsOf(answer) : sentenceOf(answer, name)
  const lastUpdatedAt = new Date().toISOString()
  return { taskId, status, statusMessage, lastUpdatedAt, ttl: null, pollInterval }
}

const wordsOf = (answer: GatedAnswer): string =>
  answer.state === 'pending'
    ? `waiting for people: ${answer.page ?? ''}${peopleWords(answer)}`
    : 'approved: the call is being made'

const failedTask = (taskId: string, at: string): Members => ({
  ...{ taskId, status: 'failed', statusMessage: 'the call was refused', ttl: null, pollInterval },
  ...{ createdAt: at, lastUpdatedAt: at },
})

const as2026 = ({ ttl, pollInterval: pollIntervalMs, ...task }: Members): Members => ({
  ...task,
  ttlMs: ttl,
  pollIntervalMs,
})

const related = (reply: Reply, taskId: string): Reply =>
  'error' in reply
    ? reply
    : {
        result: {
          ...reply.result,
          _meta: { ...membersOf(reply.result['_meta']), 'io.modelcontextprotocol/related-task': { taskId } },
        },
      }
