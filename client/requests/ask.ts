import { randomUUID } from 'node:crypto'
import { resolve } from 'node:path'
import type { Ask, Evaluation } from '../../functions/domain/cards/wire/task.ts'
import { type AgentApi, isRunning } from '../agent/agent-api.ts'
import type { Task } from '../agent/ask.ts'
import { waitedForOf } from '../agent/waiting.ts'
import { questionsIn, quoteForModel } from '../agent/words.ts'
import { type IdTyped, nextCommand, show } from '../context.ts'
import { defined } from '../http.ts'
import { agentIn, isIdentified } from '../identity/identity.ts'
import { proverOf } from '../journal/keys.ts'
import { type Exit, exitOfStatus, exits, Refusal, wrongUsage } from '../outcome.ts'
import { lines } from '../screen.ts'
import { readTime, usualWait } from '../span.ts'
import { type AgentContext, agentApi, agentApiOf } from './context.ts'
import { type Asked, bodyOf, describe, leftOf, statusOf } from './describe.ts'
import { readEvidenceFiles } from './evidence-files.ts'
import type { CommandRun, KeptRequest } from './kept-requests.ts'
import { readRequestFile } from './request-file.ts'

export type RequestTyped = {
  file: string
  wait?: number | undefined
  reason?: string | undefined
  revises?: string | undefined
  evidence?: readonly string[] | undefined
  notBefore?: string | undefined
}

/** Evaluates and asks; with `--wait`, waits for the decision. */
export async function request(typed: RequestTyped, context: AgentContext): Promise<Exit> {
  const { surroundings } = context
  const { notBefore } = typed
  const start = notBefore === undefined ? undefined : readTime('--not-before', notBefore, 1, surroundings)
  await concludeAbandoned(context)
  const asked = await askFor(readAsk(typed, context), context, start)
  const { api } = asked
  const task = typed.wait === undefined ? asked.task : await waitFor(asked.task, api, typed.wait, context)
  forgetEnded(task, context)
  const told: Asked = { ...asked, task }
  return show(context, bodyOf(told), () => describe(told, context), exitOfStatus(statusOf(task)))
}

export async function wait({ id: typed, for: span = usualWait }: IdTyped & { for?: number }, context: AgentContext) {
  const id = readId(typed)
  await concludeAbandoned(context)
  const api = agentApi(context, { agent: context.kept.find(id)?.agent })
  return followed(await waitFor(await api.readTask(id), api, span, context), api, span, context)
}

/** Waits until a run that an approved call started has ended. Without one it tells the task. */
export async function followed(task: Task, api: AgentApi, milliseconds: number, context: AgentContext): Promise<Exit> {
  const until = new Date(Date.now() + milliseconds)
  const last = isRunning(task) ? await api.waitForRun(task.task.id, { until }) : task
  forgetEnded(last, context)
  return show(context, bodyOf({ task: last }), () => describe({ task: last }, context), exitOfTask(last))
}

/** A run that did not succeed is a failure, also of a completed request. */
function exitOfTask(task: Task): Exit {
  const { run } = task.hotwork
  if (!run || statusOf(task) === 'revoked') return exitOfStatus(statusOf(task))
  return run.status === 'running' ? exits.pending : run.status === 'succeeded' ? exits.done : exits.fault
}

/** Withdraws a request. Idempotent. */
export async function cancel({ id: typed }: IdTyped, context: AgentContext): Promise<Exit> {
  const id = readId(typed)
  const api = agentApi(context, { agent: context.kept.find(id)?.agent })
  const task = await api.cancel(id).catch(async (trouble: unknown) => {
    if (!(trouble instanceof Refusal) || trouble.told.code !== 'invalid_task_state') throw trouble
    const now = await api.readTask(id)
    const status = statusOf(now)
    if (status === 'withdrawn') return now
    const fix = `\`${nextCommand(`complete ${id} --failed`, context.settings)}\` gives an approval back`
    throw new Refusal(exits.denied, { code: status, title: `\`${id}\` is ${status} already`, detail: fix })
  })
  context.kept.forget(id)
  return show(context, bodyOf({ task }), () => describe({ task }, context))
}

export type ExtendTyped = IdTyped & { minutes: number; reason?: string | undefined; wait?: number | undefined }

/** Extends a grant by its key, which only the machine that asked has. */
export async function extend({ id: typed, minutes, reason, wait: span }: ExtendTyped, context: AgentContext) {
  const kept = await keyOf(readId(typed), context)
  const api = await agentApiOf(kept, context)
  const asked = await api.extend(kept.id, { minutes, justification: reason }, randomUUID())
  context.kept.asked({ kept, place: kept.place, again: true }, asked, kept.agent)
  const task = span === undefined ? asked : await waitFor(asked, api, span, context)
  forgetEnded(task, context)
  return show(context, bodyOf({ task }), () => describe({ task }, context), exitOfStatus(statusOf(task)))
}

export type CompleteTyped = IdTyped & { failed: boolean; note?: string | undefined }

/** Ends every credential of the request. Idempotent. */
export async function complete({ id: typed, failed, note }: CompleteTyped, context: AgentContext): Promise<Exit> {
  const id = readId(typed)
  const api = agentApi(context, { agent: context.kept.find(id)?.agent })
  const task = await api.complete(id, failed ? 'failed' : 'succeeded', note)
  context.kept.forget(id)
  return show(context, bodyOf({ task }), () => describe({ task }, context))
}

export function readAsk(
  { file, reason, revises, evidence: files = [] }: Pick<RequestTyped, 'file' | 'reason' | 'revises' | 'evidence'>,
  context: AgentContext,
): Ask {
  const { settings, surroundings } = context
  const { local } = settings
  const path = file === '-' ? file : resolve(surroundings.folder, file)
  const ask = readRequestFile(path, local ? local.agents.map(({ id }) => id) : undefined)
  const as = settings.as ?? agentIn(surroundings.env)
  const { id } = ask.subject
  if (as?.startsWith('agent:') && as !== id)
    throw wrongUsage(
      `the ask in \`${file}\` is by \`${id}\`, and you are \`${as}\``,
      `ask as \`${id}\`, or write \`${as}\` into its \`subject.id\``,
    )
  const attached = readEvidenceFiles(files, surroundings.folder)
  const evidence = attached.length === 0 ? undefined : [...(ask.context.evidence ?? []), ...attached]
  return {
    ...ask,
    context: { ...ask.context, ...defined({ justification: reason, evidence, revises: revises && readId(revises) }) },
  }
}

export type AskedNow = { ask: Ask; evaluation: Evaluation; task: Task; api: AgentApi; kept: KeptRequest }

/** Asks. A pending request for the same ask is returned. @throws Refusal if policy refuses */
export async function askFor(ask: Ask, context: AgentContext, notBefore?: string): Promise<AskedNow> {
  const { kept: requests, signal } = context
  const agent = ask.subject.id
  const begun = await requests.begin(ask)
  const evaluateAndSubmit = async (): Promise<AskedNow> => {
    const api = agentApi(context, { agent, prove: await proverOf(begun.kept) })
    const evaluation = await api.evaluate(ask)
    if (!evaluation.context.access_request) {
      requests.notAsked(begun)
      throw refusalOf(evaluation)
    }
    const task = await api.submit(ask, evaluation, { idempotencyKey: randomUUID(), notBefore })
    return { ask, evaluation, task, api, kept: requests.asked(begun, task, agent) }
  }
  return requests.journal.alone(begun.place, evaluateAndSubmit, signal)
}

/** Wrong usage if the author of the file can fix the error; otherwise a refusal. */
function refusalOf({ context: { reason = 'policy_denied', detail } }: Evaluation): Refusal {
  const isUsage = ['unknown_action', 'invalid_arguments'].includes(reason)
  const title = isUsage ? 'this cannot be asked for' : 'policy refuses it, and people cannot approve it'
  return new Refusal(isUsage ? exits.usage : exits.denied, { code: reason, title, detail })
}

/** Prints each change on standard error. The returned task may still be pending. */
export async function waitFor(
  task: Task,
  api: AgentApi,
  milliseconds: number,
  { surroundings, settings }: AgentContext,
): Promise<Task> {
  if (task.task.status !== 'pending') return task
  const until = new Date(Date.now() + milliseconds)
  let last = ''
  const asked = new Set<string>()
  const tell = (now: Task): void => {
    for (const { id, text, answered } of questionsIn(now)) {
      if (answered || asked.has(id)) continue
      asked.add(id)
      const how = nextCommand(`answer ${now.task.id} TEXT --question ${id}`, settings)
      surroundings.err(lines(`${now.task.id}: an approver asks (${id}): ${quoteForModel(text)}`, `  ${how}`))
    }
    const words = now.task.status === 'pending' ? `waiting for ${waitedForOf(now)}` : statusOf(now)
    const said = lines(`${now.task.id}: ${words}`, ...leftOf(now).map((line) => `  ${line}`))
    if (said !== last) surroundings.err(said)
    last = said
  }
  tell(task)
  return api.waitUntilSettled(task.task.id, { until, onChange: tell })
}

/** Deletes the useless key of a request that has ended. */
export function forgetEnded(task: Task, { kept }: AgentContext): void {
  if (!['pending', 'approved'].includes(statusOf(task))) kept.forget(task.task.id)
}

/** Reports the ends of commands whose `exec` was killed. */
export async function concludeAbandoned(context: AgentContext, only?: string): Promise<CommandRun[]> {
  const { kept, surroundings, settings } = context
  const isMine = ({ id, agent }: CommandRun) => (only ?? id) === id && (settings.as ?? agent) === agent
  const all = kept.abandonedRuns().filter(isMine)
  const concluded: CommandRun[] = []
  for (const run of all) {
    const { id, agent, pid, became = 'failed' } = run
    const note = run.became ? undefined : `outcome unknown: process ${pid}, which ran it, was killed`
    try {
      await agentApi(context, { agent }).complete(id, became, note)
    } catch (trouble) {
      // The request has ended otherwise. Other errors keep the mark: for `unknown_task`, another agent of this machine
      // may have asked.
      if (!(trouble instanceof Refusal) || trouble.told.code !== 'invalid_task_state') continue
    }
    surroundings.err(lines(`${id}: ${note ?? `had ended, ${became}`}; completed as ${became}`))
    kept.forget(id)
    concluded.push(run)
  }
  return concluded
}

/**
 * The key of a request. If the request has ended the key is gone, and the refusal names the outcome.
 * @throws Refusal
 */
export async function keyOf(id: string, context: AgentContext): Promise<KeptRequest> {
  const kept = context.kept.find(id)
  if (kept) return kept
  const task = await readWithoutKey(id, context)
  if (['pending', 'approved'].includes(statusOf(task))) throw context.kept.missing(id)
  throw new Refusal(exitOfEnded(task), { code: statusOf(task), title: `\`${id}\` is ${statusOf(task)}` })
}

/**
 * Reads a request without its key.
 * @throws Refusal, also if no setting names the agent; on the local stack the key names it
 */
export function readWithoutKey(id: string, context: AgentContext): Promise<Task> {
  const { settings, surroundings, kept } = context
  if (settings.local && settings.as === undefined && !isIdentified(surroundings.env)) throw kept.missing(id)
  return agentApi(context, {}).readTask(id)
}

/** Never 0, since the caller would think that this call did the work. */
export function exitOfEnded(task: Task): Exit {
  const status = statusOf(task)
  return status === 'completed' ? exits.revoked : exitOfStatus(status)
}

export function readId(typed: string): string {
  if (/^req_[0-9a-z]{26}$/.test(typed)) return typed
  throw wrongUsage(
    `\`${typed.slice(0, 64)}\` is not the id of a request`,
    'an id is `req_` and 26 characters, as `npx --no-install hotwork request` prints it',
  )
}
