import { randomUUID } from 'node:crypto'
import { wordsForModel } from '../agent/words.ts'
import { inTask, readTaskHeader } from '../gated/call-task.ts'
import { isSame, pageOf } from '../gated/gated-call.ts'
import type { BegunCalls } from '../hooks/begun-calls.ts'
import { titleOf } from '../hooks/host-hook.ts'
import { findMapped, type Mapped } from '../hooks/mapped-tools.ts'
import { defined } from '../http.ts'
import { digest, type Journal } from '../journal/journal.ts'
import type { LoopbackAnswer, LoopbackCall } from '../loopback.ts'
import type { ToolMap } from '../mcp/tool-map.ts'
import { Refusal, Trouble } from '../outcome.ts'
import {
  approvalError,
  bodyOf,
  keyOf,
  mustBeExact,
  Report,
  readBody,
  readHold,
  spanOf,
  WrongCall,
} from './approval-forms.ts'
import { type Approval, approvals, type Decision, findApproval, idOf, Submission } from './kept-approvals.ts'

type ApprovalParts = { calls: BegunCalls; maps: readonly ToolMap[]; issuer: string; journal: Journal }

/** The longest that a request may stay undecided in the sidecar. Milliseconds. */
const longestTimeout = 7 * 86_400_000
/** The time in which a call that needs no permit may be started. Milliseconds. */
const passedFor = 5 * 60_000
const longestNote = 1000

/** The Agent Approval Protocol, version 1, for one agent. Each of its approvals is a request of Hotwork. */
export class Approvals {
  readonly #parts: ApprovalParts

  constructor(parts: ApprovalParts) {
    this.#parts = parts
  }

  /** Answers a call. It never throws: an error permits nothing. */
  async answer(call: LoopbackCall): Promise<LoopbackAnswer> {
    try {
      const { status, body } = await this.#route(call)
      return { status, body, headers: { 'x-request-id': randomUUID() } }
    } catch (trouble) {
      if (trouble instanceof WrongCall)
        return approvalError(trouble.status, trouble.code, trouble.message, trouble.param)
      if (!(trouble instanceof Trouble)) return approvalError(500, 'internal', 'hotwork itself failed')
      const answered = approvalError(503, 'unavailable', `Hotwork: ${titleOf(trouble)}`)
      return { ...answered, headers: { ...answered.headers, 'retry-after': '2' } }
    }
  }

  #route(call: LoopbackCall): Promise<LoopbackAnswer> {
    const { method, path } = call
    if (path === '/v1/instances' || path.startsWith('/v1/instances/'))
      throw new WrongCall(403, 'not_provisionable', 'a sidecar serves one agent: start another for a different agent')
    const [, id, act] = /^\/v1\/requests(?:\/([^/]+)(?:\/(consume|outcome))?)?$/.exec(path) ?? ['', '', 'none']
    if (act === 'none') throw new WrongCall(404, 'not_found', 'there is no such address')
    const named = [method, id === undefined ? '' : 'id', act ?? ''].join(' ').trim()
    switch (named) {
      case 'POST':
        return this.#create(call)
      case 'GET id':
        return this.#read(id ?? '', call)
      case 'DELETE id':
        return this.#cancel(id ?? '', call)
      case 'POST id consume':
        return this.#consume(id ?? '', call)
      case 'POST id outcome':
        return this.#report(id ?? '', call)
      default:
        throw new WrongCall(405, 'wrong_method', 'this address does not take this method')
    }
  }

  async #create(call: LoopbackCall): Promise<LoopbackAnswer> {
    const { journal, calls, maps, issuer } = this.#parts
    const key = keyOf(call)
    const submission = readBody(Submission, call)
    mustBeExact(submission)
    const agent = await calls.who(call.gone)
    const now = journal.now()
    const mapped = inTaskOf(findMapped(maps, [submission]), call)
    const made: Approval = {
      version: 1,
      id: idOf(issuer, agent, key),
      agent,
      submission,
      created_at: now,
      deadline_at: now + Math.min(spanOf(submission.timeout), longestTimeout),
      ...defined({ call: typeof mapped === 'object' ? mapped : undefined, decision: decidedByMap(mapped, now) }),
    }
    journal.tidy(approvals)
    const isNew = journal.create(approvals, made.id, made)
    // Another process may have created the row.
    const begun = isNew ? made : (findApproval(journal, made.id, agent) ?? made)
    if (!isSame(begun.submission, submission))
      throw new WrongCall(409, 'idempotency_conflict', 'this `Idempotency-Key` was used for another request')
    return { status: isNew ? 201 : 200, body: bodyOf(await this.#settle(begun, call.gone)) }
  }

  async #read(id: string, call: LoopbackCall): Promise<LoopbackAnswer> {
    const { calls, journal } = this.#parts
    const hold = readHold(call.query)
    const found = await this.#settle(await this.#mustFind(id, call), call.gone)
    const until = Math.min(journal.now() + hold, found.deadline_at)
    if (found.decision || found.request === undefined || until <= journal.now())
      return { status: 200, body: bodyOf(found) }
    await calls.api.waitUntilSettled(found.request, { until: new Date(until), signal: call.gone })
    return { status: 200, body: bodyOf(await this.#settle(found, call.gone)) }
  }

  async #cancel(id: string, call: LoopbackCall): Promise<LoopbackAnswer> {
    const found = await this.#settle(await this.#mustFind(id, call), undefined)
    const { decision } = found.decision ? found : await this.#withdraw(found, 'cancelled')
    if (decision?.status !== 'cancelled')
      throw new WrongCall(409, 'already_terminal', `the request is ${decision?.status ?? 'decided'} already`)
    return { status: 200, body: bodyOf({ ...found, decision }) }
  }

  async #consume(id: string, call: LoopbackCall): Promise<LoopbackAnswer> {
    const { journal, calls } = this.#parts
    const key = digest(keyOf(call))
    const settled = await this.#settle(await this.#mustFind(id, call), undefined)
    return this.#alone(id, async () => {
      const found = findApproval(journal, id, settled.agent) ?? settled
      if (found.consumption?.key === key) return { status: 200, body: bodyOf(found) }
      if (found.consumption) throw new WrongCall(409, 'already_consumed', 'this approval was used before: ask again')
      if (found.decision?.status !== 'approved')
        throw new WrongCall(409, 'not_approved', `the request is ${found.decision?.status ?? 'pending'}`)
      if ((found.decision.expires_at ?? 0) <= journal.now())
        throw new WrongCall(409, 'approval_expired', 'the time to start the call is over: ask again')
      const said = found.call && (await calls.begin(callOf(found, found.call), runOf(found), { wait: 0 }))
      // `begun_before` without a consumption: the answer to that begin was never sent.
      if (said && !said.may && said.why !== 'begun_before')
        throw new WrongCall(409, 'approval_expired', `the approval has ended (${reasonOf(said)}): ask again`)
      const consumed = { ...found, consumption: { key, consumed_at: journal.now() } }
      journal.put(approvals, consumed.id, consumed)
      return { status: 200, body: bodyOf(consumed) }
    })
  }

  async #report(id: string, call: LoopbackCall): Promise<LoopbackAnswer> {
    const { journal, calls } = this.#parts
    const { status, note } = readBody(Report, call)
    const { agent } = await this.#mustFind(id, call)
    const reported = await this.#alone(id, async () => {
      const found = findApproval(journal, id, agent)
      if (!found?.consumption) throw new WrongCall(409, 'not_consumed', 'its approval was not used')
      const { outcome } = found.consumption
      if (outcome && (outcome.status !== status || outcome.note !== note))
        throw new WrongCall(409, 'outcome_conflict', `it was reported as ${outcome.status} before`)
      if (outcome) return found
      const told = { status, ...defined({ note }), reported_at: journal.now() }
      const made = { ...found, consumption: { ...found.consumption, outcome: told } }
      journal.put(approvals, made.id, made)
      return made
    })
    // An end that cannot be reported now is stored, and reported with a later call.
    if (reported.call)
      await calls.end(runOf(reported), { became: status, note: note?.slice(0, longestNote) }).catch(() => {})
    return { status: 200, body: bodyOf(reported) }
  }

  /** Runs `work` while no other process of this machine changes the approval. */
  #alone<T>(id: string, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    return this.#parts.journal.alone(`aap-${id}`, work, signal)
  }

  async #mustFind(id: string, call: LoopbackCall): Promise<Approval> {
    const found = findApproval(this.#parts.journal, id, await this.#parts.calls.who(call.gone))
    if (found) return found
    throw new WrongCall(404, 'not_found', 'this agent has no such request on this machine')
  }

  /** Reads the state from Hotwork. A decision is final. */
  #settle(seen: Approval, signal: AbortSignal | undefined): Promise<Approval> {
    const { journal, calls } = this.#parts
    if (seen.decision || !seen.call) return Promise.resolve(seen)
    return this.#alone(
      seen.id,
      async () => {
        const found = findApproval(journal, seen.id, seen.agent) ?? seen
        if (found.decision || !found.call) return found
        if (journal.now() >= found.deadline_at) return this.#withdrawAlone(found, 'expired')
        const looked = await calls.look(callOf(found, found.call), { wait: 0, signal })
        const request = 'approved' in looked ? looked.approved : looked.request
        const known = { ...found, ...defined({ request }) }
        const decision = await this.#decisionOf(looked, journal.now())
        const made = { ...known, ...defined({ decision }) }
        if (decision || request !== found.request) journal.put(approvals, made.id, made)
        return made
      },
      signal,
    )
  }

  async #decisionOf(looked: Awaited<ReturnType<BegunCalls['look']>>, now: number): Promise<Decision | undefined> {
    const { calls, issuer } = this.#parts
    const decided = { decided_at: now }
    if ('approved' in looked) {
      const { grant } = (await calls.api.readTask(looked.approved)).hotwork
      const ends = grant?.status === 'live' ? Date.parse(grant.claim_by) : 0
      return ends > now ? { status: 'approved', ...decided, expires_at: ends } : { status: 'expired', ...decided }
    }
    if (looked.why === 'pending') return undefined
    const page = looked.request === undefined ? '' : ` See ${pageOf(issuer, looked.request)}`
    if (looked.why === 'narrowed') {
      const less = JSON.stringify(looked.arguments)
      return { status: 'denied', note: `Hotwork: people approved less: call with ${less}.${page}`, ...decided }
    }
    const reason = reasonOf(looked)
    const status = reason === 'expired' ? 'expired' : reason === 'withdrawn' ? 'cancelled' : 'denied'
    const words = wordsForModel(looked)
    return { status, note: `Hotwork: ${reason}.${page}${words === '' ? '' : ` ${words}`}`, ...decided }
  }

  #withdraw(found: Approval, status: 'cancelled' | 'expired'): Promise<Approval> {
    const { journal } = this.#parts
    return this.#alone(found.id, async () => {
      const now = findApproval(journal, found.id, found.agent) ?? found
      return now.decision ? now : this.#withdrawAlone(now, status)
    })
  }

  /** Withdraws a request that no host waits for, so that people need not decide it. */
  async #withdrawAlone(found: Approval, status: 'cancelled' | 'expired'): Promise<Approval> {
    const { journal, calls } = this.#parts
    const late = 'the host had given up on this call: it was not made'
    if (found.request !== undefined)
      await calls.api.cancel(found.request).catch(async (trouble: unknown) => {
        if (!(trouble instanceof Refusal)) throw trouble
        // It was decided at the same moment, so its grant is given back.
        await calls.api.complete(found.request ?? '', 'failed', late).catch((cause: unknown) => {
          if (!(cause instanceof Refusal)) throw cause
        })
      })
    const made: Approval = { ...found, decision: { status, decided_at: journal.now() } }
    journal.put(approvals, made.id, made)
    return made
  }
}

type Asked = Omit<Mapped, 'terms'> & ReturnType<typeof inTask>

/** @throws WrongCall */
function inTaskOf(mapped: Mapped | 'pass' | undefined, { headersDistinct }: LoopbackCall): Asked | 'pass' | undefined {
  try {
    const task = readTaskHeader(headersDistinct['hotwork-task'])
    if (typeof mapped !== 'object') return mapped
    const { terms, ...own } = mapped
    return { ...own, ...inTask(terms, task) }
  } catch (trouble) {
    if (!(trouble instanceof Refusal)) throw trouble
    throw new WrongCall(400, trouble.told.code, trouble.told.detail ?? trouble.told.title, 'Hotwork-Task')
  }
}

function decidedByMap(mapped: Asked | 'pass' | undefined, now: number): Decision | undefined {
  if (mapped === 'pass') return { status: 'approved', decided_at: now, expires_at: now + passedFor }
  const note = 'Hotwork: no map of this sidecar names this tool, so no person was asked. Tell the person who set it up.'
  return mapped === undefined ? { status: 'denied', note, decided_at: now } : undefined
}

const callOf = ({ id, submission }: Approval, call: NonNullable<Approval['call']>) => ({
  ...(call as Asked),
  arguments: submission.arguments,
  // Each row is a separate attempt, even with the same arguments.
  id,
  ...defined({ justification: submission.agent_reasoning?.slice(0, 4000) || undefined }),
})

const runOf = ({ id }: Approval): string => digest('aap', id)

const reasonOf = (said: { why: string; reason?: string; detail?: string }): string =>
  said.reason === undefined ? said.why : `${said.reason}${said.detail === undefined ? '' : ` (${said.detail})`}`
