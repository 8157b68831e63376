import { randomUUID } from 'node:crypto'
import { decodeJwt } from 'jose'
import type { Ask } from '../../functions/domain/cards/wire/task.ts'
import { defined } from '../http.ts'
import type { Identity } from '../identity/identity.ts'
import { digest, type Journal } from '../journal/journal.ts'
import { makeJwk, type Prove, proverOf } from '../journal/keys.ts'
import { Runs } from '../journal/runs.ts'
import { exits, Refusal, wrongUsage } from '../outcome.ts'
import type { Surroundings } from '../surroundings.ts'
import { AgentApi } from './agent-api.ts'
import type { Answers } from './answers.ts'
import { Approved } from './approved.ts'
import { askOf, type Denial, denialOf, type PartialAsk, type Task, toDoOf } from './ask.ts'
import { type Held, pendingOf, waitForPeople } from './held.ts'
import { callAt, calls, endCall, type KeptCall } from './kept-calls.ts'
import { endOfWait, type Permit, type PermitCall, type Refused, type Revise, readCall } from './permit-call.ts'
import { followPlan, type Plan, type PlanCall, planAsCall, type RevisedPlan } from './plan.ts'
import { revisedBy, revisionOf, suggestedSteps } from './revision.ts'
import type { Waiting } from './waiting.ts'
import { messagesIn } from './words.ts'

/** @internal The caller's side of a call: its identity, key, journal and clock. */
export type Asker = {
  issuer: string
  identity: Identity
  /** Keeps the keys of calls with a `callId`. */
  journal: Journal
  /** The agent's own key, which replaces the key for each request. */
  own?: { prove: Prove; jkt: string } | undefined
  pause: Surroundings['pause']
  /** Called with the people that a request waits for, at each change of them. */
  onWait?: ((waiting: Waiting) => void) | undefined
  answers?: Answers | undefined
}

/**
 * @internal
 * @returns the decision of people, policy or time
 * @throws Fault; Refusal if the call is wrong; the reason of the signal
 */
export async function askForPermit(call: PermitCall, asker: Asker): Promise<Permit> {
  const { begun, until } = await begin(call, asker)
  if (isRefused(begun)) return begun
  const revise = (task: Task): Revise => ({
    ...revisedBy(task),
    ...defined({ suggested: task.hotwork.suggest?.arguments }),
    ask: (args, how) => askForPermit(revisionOf(task, { ...call, arguments: args }, how), asker),
  })
  return follow({ ...begun, held: { ...begun.held, revise, stopsAt: call.stopsAt } }, until)
}

/** @internal The plan's counterpart of `askForPermit`. */
export async function askForPlan(call: PlanCall, asker: Asker): Promise<Plan> {
  const { begun, until } = await begin(planAsCall(call), asker)
  if (isRefused(begun)) return begun
  const revise = (task: Task): RevisedPlan => ({
    ...revisedBy(task),
    ...defined({ suggested: suggestedSteps(call.steps, task) }),
    ask: (steps, how) => askForPlan(revisionOf(task, { ...call, steps }, how), asker),
  })
  return followPlan(begun, until, revise)
}

async function begin(call: PermitCall, asker: Asker): Promise<{ begun: Begun | Refused; until: Date }> {
  const { signal, callId } = call
  const ask = readCall(call)
  const until = endOfWait(call.wait)
  signal?.throwIfAborted()
  const begun = callId === undefined ? await askInMemory(ask, asker, signal) : await askOnce(ask, callId, asker, signal)
  return { begun, until }
}

/**
 * @internal Takes a step of a plan, or a request that a person made on behalf of this agent, and waits for its turn.
 * Its key is kept, since no other key can take it.
 * @throws Fault; Refusal unless it is a request of this agent
 */
export async function takeStep(
  request: string,
  { wait, signal }: Pick<PermitCall, 'wait' | 'signal'>,
  asker: Asker,
): Promise<Permit> {
  const until = endOfWait(wait)
  signal?.throwIfAborted()
  const find = async ({ id, record, api, held }: CallOnce): Promise<Begun> => {
    const task = await api.readTask(request)
    const forget = (ended: string) => endCall(asker.journal, id, { ...record, id: request }, ended)
    return { task, arguments: toDoOf(task)?.arguments ?? {}, held: { ...held, forget } }
  }
  return follow(await once(`step ${request}`, digest(request), find, asker, signal), until)
}

/** @internal */
export type Begun = { task: Task; arguments: PartialAsk['arguments']; held: Held }

async function askInMemory(partial: PartialAsk, asker: Asker, signal?: AbortSignal): Promise<Begun | Refused> {
  const api = apiFor(asker, asker.own?.prove ?? (await proverOf({ jwk: await makeJwk() })), signal)
  return orRefused(async () => {
    const asked = await evaluate(partial, api)
    if (isRefused(asked)) return asked
    const { ask, denial } = asked
    const { notBefore } = partial
    const task = await api.submitDenied(ask, denial, { idempotencyKey: randomUUID(), notBefore })
    return { task, arguments: partial.arguments, held: heldBy(api, asker, signal) }
  })
}

/** Processes with one `callId` ask one after another: the second finds the request of the first. */
async function askOnce(
  partial: PartialAsk,
  callId: string,
  asker: Asker,
  signal?: AbortSignal,
): Promise<Begun | Refused> {
  const { journal } = asker
  // Without a tool the digest equals that of versions before MCP tools.
  const tool = partial.mcp === undefined ? [] : [partial.mcp]
  const call = digest(partial.action, partial.arguments, partial.purpose, partial.parentTask, ...tool)
  const find = async ({ id, record, api, held }: CallOnce): Promise<Begun | Refused> => {
    const keep = (more: Partial<KeptCall>) => journal.put(calls, id, { ...record, ...more })
    const asked =
      record.id === undefined ? await orRefused(() => submitOnce(partial, record, { api, keep, callId })) : undefined
    if (asked && isRefused(asked)) {
      // No request was made, so the call is forgotten: policy may permit it later.
      journal.remove(calls, id)
      return asked
    }
    const task = asked ?? (await taskOf(record, api))
    if (isRefused(task)) return task
    const whole = { ...record, id: task.task.id }
    if (asked) keep({ id: whole.id })
    const forget = (ended: string) => endCall(journal, id, whole, ended)
    return { task, arguments: partial.arguments, held: { ...held, forget } }
  }
  return once(callId, call, find, asker, signal)
}

type CallOnce = { id: string; record: KeptCall; api: AgentApi; held: Held }

/** Serializes all processes that ask for one call of one agent. */
async function once<T>(
  callId: string,
  call: string,
  find: (own: CallOnce) => Promise<T>,
  asker: Asker,
  signal?: AbortSignal,
): Promise<T> {
  const { issuer, identity, journal, own } = asker
  journal.mustKeep()
  const id = digest(issuer, whoIs(await identity(issuer, signal)), callId)
  const work = async () => {
    const record = await callAt(journal, id, { api: issuer, call, jkt: own?.jkt })
    const api = apiFor(asker, await proverFor(record, own), signal)
    return find({ id, record, api, held: { ...heldBy(api, asker, signal), runs: new Runs(journal) } })
  }
  return journal.alone(`call-${id}`, work, signal)
}

/** Sends a kept submission again unchanged. Hotwork returns the request that it already made of it, if any. */
async function submitOnce(
  partial: PartialAsk,
  record: KeptCall,
  { api, keep, callId }: { api: AgentApi; keep(more: Partial<KeptCall>): void; callId: string },
): Promise<Task | Refused> {
  // The first `notBefore` counts.
  const { notBefore } = record.asked ?? partial
  const how = { idempotencyKey: isHeader(callId) ? callId : digest(callId), notBefore }
  const submitted = async (ask: Ask, denial: Denial) => {
    try {
      return await api.submitDenied(ask, denial, how)
    } catch (trouble) {
      if (!(trouble instanceof Refusal) || trouble.told.code !== 'duplicate_request') throw trouble
      const detail = 'or for this call with a different key, as on another machine; give each call its own id'
      throw new Refusal(exits.usage, {
        code: 'duplicate_request',
        title: 'this `callId` was used for a different call',
        detail,
      })
    }
  }
  const askFresh = async () => {
    const asked = await evaluate(partial, api)
    if (isRefused(asked)) return asked
    const { ask, denial } = asked
    const { subject, resource } = ask
    const { justification, evidence, taskSource, revises } = partial
    const first = { justification, evidence, taskSource, revises, notBefore }
    keep({ asked: { subject, resource, denial, ...defined(first) } })
    return submitted(ask, denial)
  }
  if (!record.asked) return askFresh()
  const { subject, resource, denial, justification, evidence, taskSource, revises } = record.asked
  try {
    const repeated = { ...partial, justification, evidence, taskSource, revises }
    const task = await submitted(askOf(repeated, subject, resource), denial)
    // The answer to a repeated submission lacks people's messages.
    return task.task.status === 'pending' ? task : await api.readTask(task.task.id)
  } catch (trouble) {
    // Hotwork gives this answer only after it has looked for an earlier request.
    if (trouble instanceof Refusal && trouble.told.code === 'expired_denial') return askFresh()
    throw trouble
  }
}

async function taskOf({ id = '', ended }: KeptCall, api: AgentApi): Promise<Task | Refused> {
  try {
    return await api.readTask(id)
  } catch (trouble) {
    if (ended === undefined || !(trouble instanceof Refusal) || trouble.told.code !== 'unknown_task') throw trouble
    return { outcome: 'refused', request: id, reason: 'completed', detail: `it has ended: ${ended}` }
  }
}

async function evaluate(partial: PartialAsk, api: AgentApi): Promise<{ ask: Ask; denial: Denial } | Refused> {
  const { subject, resource } = await (partial.action === 'plan' ? api.completePlan(partial) : api.completeAsk(partial))
  const ask = askOf(partial, subject, resource)
  const evaluation = await api.evaluate(ask)
  if (evaluation.context.access_request) return { ask, denial: denialOf(evaluation) }
  const { reason = 'not_requestable', detail } = evaluation.context
  return { outcome: 'refused', reason, ...defined({ detail }) }
}

async function follow({ task, arguments: args, held }: Begun, until: Date): Promise<Permit> {
  const settled = await waitForPeople(task, held, until)
  const permit = permitOf(settled, args, { ...held, until })
  const isOpen = permit.outcome === 'approved' || permit.outcome === 'narrowed' || permit.outcome === 'pending'
  if (!isOpen) held.forget(permit.outcome === 'refused' ? permit.reason : permit.outcome)
  return permit
}

function permitOf(task: Task, args: PartialAsk['arguments'], held: Held): Permit {
  const request = task.task.id
  switch (task.task.status) {
    case 'pending':
      return {
        ...pendingOf(task, held),
        resume: ({ wait, signal } = {}) => {
          const api = held.api.within(signal)
          return follow({ task, arguments: args, held: { ...held, api, signal } }, endOfWait(wait))
        },
      }
    case 'denied':
      if (task.hotwork.outcome === 'revise') return held.revise(task)
      return { outcome: 'denied', request, messages: messagesIn(task) }
    case 'expired':
      return { outcome: 'expired', request }
    case 'cancelled':
      return { outcome: 'refused', request, reason: 'withdrawn', detail: 'the agent withdrew the request' }
    case 'approved':
      return grantedBy(task, args, held)
    default:
      return task.task.status satisfies never
  }
}

function grantedBy(task: Task, args: PartialAsk['arguments'], held: Held): Permit {
  const request = task.task.id
  const status = task.hotwork.grant?.status
  if (status === 'expired') return { outcome: 'expired', request }
  if (status !== 'live')
    return { outcome: 'refused', request, reason: status ?? 'unknown', detail: 'its grant has ended' }
  const { narrowed } = task.hotwork
  const approved = new Approved(task, narrowed?.arguments ?? args, held)
  if (!narrowed) return approved
  return {
    outcome: 'narrowed',
    request,
    arguments: narrowed.arguments,
    uses: narrowed.uses,
    minutes: narrowed.lifetime / 60,
    messages: approved.messages,
    accept: () => approved,
    complete: (outcome, note) => approved.complete(outcome, note),
  }
}

/** @internal */
export const apiFor = ({ issuer, identity, pause }: Asker, prove: Prove, signal: AbortSignal | undefined): AgentApi =>
  new AgentApi({ issuer, identity, prove, signal, waiting: { err: () => {}, pause } })

const heldBy = (
  api: AgentApi,
  { pause, onWait, answers }: Pick<Asker, 'pause' | 'onWait' | 'answers'>,
  signal: AbortSignal | undefined,
): Held => ({
  api,
  pause,
  onWait,
  answers,
  reporting: api.within(undefined),
  signal,
  forget: () => {},
  work: { begun: false },
  until: new Date(),
  // Steps and extensions come from no call, so the agent asks for a revision itself.
  revise: (task) => ({
    ...revisedBy(task),
    ...defined({ suggested: task.hotwork.suggest?.arguments }),
    ask: async () => {
      throw wrongUsage('the request comes from a step or an extension', 'ask with `permit({ ..., revises })`')
    },
  }),
  extend: async ({ request, arguments: args }, more, { wait, signal: own = signal }) => {
    const within = api.within(own)
    const until = endOfWait(wait)
    const task = await within.extend(request, more, randomUUID())
    return follow({ task, arguments: args, held: heldBy(within, { pause, onWait, answers }, own) }, until)
  },
})

async function proverFor({ jwk, jkt, ended }: KeptCall, own: Asker['own']): Promise<Prove> {
  if (own && (jkt === own.jkt || ended !== undefined)) return own.prove
  if (jwk && !own) return proverOf({ jwk })
  // An ended request needs no proof of its own key.
  if (ended !== undefined) return proverOf({ jwk: await makeJwk() })
  throw wrongUsage('this `callId` was used with a different key', 'give the client the key of the first call')
}

/** Returns Hotwork's refusal of a call as a value. */
async function orRefused<T>(work: () => Promise<T>): Promise<T | Refused> {
  try {
    return await work()
  } catch (trouble) {
    if (!(trouble instanceof Refusal) || !refusals.has(trouble.told.code)) throw trouble
    const { code: reason, title, detail } = trouble.told
    return { outcome: 'refused', reason, detail: detail ?? title }
  }
}
const refusals = new Set([
  ...['unknown_action', 'invalid_arguments', 'tool_changed', 'not_requestable', 'too_many_open'],
  ...['justification_required', 'unknown_parent_task', 'invalid_parent_task', 'invalid_evidence'],
  ...['invalid_revision', 'too_many_revisions'],
])

const isRefused = (value: Refused | object): value is Refused => 'outcome' in value && value.outcome === 'refused'

/** @internal The unverified identity in the agent's token. It keeps the calls of two agents on one machine apart. */
export function whoIs(workloadToken: string): string {
  const { iss = '', sub = '' } = decodeJwt(workloadToken)
  return `${iss} ${sub}`
}

const isHeader = (callId: string): boolean => /^[\x21-\x7e]{1,255}$/.test(callId)
