import { type AgentApi, targetOf } from '../agent/agent-api.ts'
import { type Task, toDoOf } from '../agent/ask.ts'
import { nextCommand } from '../context.ts'
import { openClusterProxy } from '../exec/cluster-proxy.ts'
import {
  type Ended,
  endpointVariables,
  exitOfSignal,
  Interrupted,
  runCommand,
  Signals,
  whereVariables,
  withCluster,
  withoutCredentials,
} from '../exec/command.ts'
import { openCredentialsEndpoint } from '../exec/credentials-endpoint.ts'
import { endOfCluster } from '../journal/keys.ts'
import { isAlive } from '../journal/runs.ts'
import { exits, Fault, isOver, isStateChanged, Refusal, Trouble, wrongUsage } from '../outcome.ts'
import { renewing } from '../renewing.ts'
import { jsonText, lines } from '../screen.ts'
import { usualWait } from '../span.ts'
import { askFor, concludeAbandoned, exitOfEnded, forgetEnded, readAsk, readId, readWithoutKey, waitFor } from './ask.ts'
import { type AgentContext, agentApiOf } from './context.ts'
import { leftOf, statusOf } from './describe.ts'
import type { KeptRequest } from './kept-requests.ts'

export type ExecTyped = {
  words: readonly string[]
  request?: string | undefined
  reason?: string | undefined
  wait?: number | undefined
}

/** The longest report of the command's end. Milliseconds. */
const longestReport = 60_000

/** Waits for approval, runs a command with the approved rights, and completes by its exit code, which is returned. */
export async function exec(typed: ExecTyped, given: AgentContext): Promise<number> {
  const { surroundings } = given
  const { source, command } = readWords(typed)
  const signals = new Signals()
  const context = { ...given, signal: signals.stop }
  let asked: KeptRequest | undefined
  try {
    const found = await find(source, typed, context)
    asked = found.kept
    const until = Date.now() + (typed.wait ?? usualWait)
    for (let { task } = found; ; ) {
      const settled = found.kept ? await waitFor(task, found.api, Math.max(0, until - Date.now()), context) : task
      forgetEnded(settled, context)
      if (!found.kept || statusOf(settled) !== 'approved') return tellNotRun(settled, context)
      if (settled === task) for (const line of leftOf(settled)) surroundings.err(lines(`${asked?.id}: ${line}`))
      try {
        return await runOnce(command, { ...found, signals }, context)
      } catch (trouble) {
        if (!isStateChanged(trouble)) throw trouble
        surroundings.err(lines(`${asked?.id}: the resource has changed since it was approved: people decide again`))
        task = await found.api.readTask(found.kept.id)
      }
    }
  } catch (cause) {
    if (!(cause instanceof Interrupted)) throw cause
    const next = asked
      ? `\`${asked.id}\` stays as it is: go on with \`${nextCommand(`exec ${asked.id}`, context.settings, ' -- CMD...')}\``
      : ''
    surroundings.err(lines('nothing was started', ...(next ? [next] : [])))
    return exitOfSignal(cause.signal)
  } finally {
    signals.close()
  }
}

type Source = { file: string } | { id: string }

function readWords({ words, request }: ExecTyped): { source: Source; command: readonly string[] } {
  const [first = '', ...others] = words
  const [source, command] = request === undefined ? [{ id: first }, others] : [{ file: request }, words]
  if (command.length > 0) return { source: 'id' in source ? { id: readId(source.id) } : source, command }
  throw wrongUsage(
    'which command?',
    'write it behind `--`: `npx --no-install hotwork exec --request FILE -- aws ssm put-parameter ...`',
  )
}

type Found = { kept: KeptRequest; api: AgentApi; task: Task }

/** Finds or makes the request. It refuses a request without a command's credential before people are asked. */
async function find(
  source: Source,
  { reason }: ExecTyped,
  context: AgentContext,
): Promise<Found | { kept?: undefined; task: Task }> {
  if ('id' in source) return findAsked(source.id, context)
  await concludeAbandoned(context)
  const ask = readAsk({ ...source, reason }, context)
  if (ask.action.name === 'plan')
    throw wrongUsage(
      'a plan gets no credential: each step is done by its own agent',
      'ask with `npx --no-install hotwork request FILE`; then each agent runs its step with `npx --no-install hotwork exec STEP -- CMD...`',
    )
  if (!isAtTarget.test(ask.resource.id))
    throw wrongUsage(
      `\`${ask.action.name}\` is done at a tool, for which a command gets no credential`,
      'the tool takes an access token with a proof for each call: use the client (docs/agents/README.md)',
    )
  const asked = await askFor(ask, context)
  context.surroundings.err(lines(`${asked.kept.id}: asked for ${ask.action.name} on ${ask.resource.id}`))
  return asked
}

/** The id of a resource in AWS, or of one in a cluster, which is a path of its API server. */
const isAtTarget = /^arn:|^[^/\s]+\/apis?\//

/** Finds a request without its key: a request that has ended has no key. */
async function findAsked(id: string, context: AgentContext): Promise<Found | { kept?: undefined; task: Task }> {
  if ((await concludeAbandoned(context, id)).length > 0)
    throw new Fault({
      code: 'outcome_unknown',
      title: `an earlier command of \`${id}\` was killed, and its progress is unknown`,
      detail: 'it is completed now: check its changes, then ask again',
    })
  const kept = context.kept.find(id)
  if (kept) {
    const api = await agentApiOf(kept, context)
    return { kept, api, task: mustBeNoPlan(await api.readTask(id)) }
  }
  const task = mustBeNoPlan(await readWithoutKey(id, context))
  if (!['pending', 'approved'].includes(statusOf(task))) return { task }
  const toDo = toDoOf(task)
  if (!toDo) throw context.kept.missing(id)
  return takeUnbound(task, toDo, context)
}

/** A step of a plan, or a request on behalf, has no key yet: the first key that its agent uses is bound to it. */
async function takeUnbound(task: Task, { agent }: { agent: string }, context: AgentContext): Promise<Found> {
  const kept = await context.kept.take(task, agent)
  return { kept, api: await agentApiOf(kept, context), task }
}

function mustBeNoPlan(task: Task): Task {
  if (!task.hotwork.steps) return task
  throw wrongUsage(
    `\`${task.task.id}\` is a plan, which gets no credential: each step is done by its own agent`,
    task.hotwork.steps
      .filter(({ status }) => status !== 'struck')
      .map(
        ({ step, agent, request }) =>
          `step ${step}, as ${agent}: \`npx --no-install hotwork exec ${request} -- CMD...\``,
      )
      .join('; '),
  )
}

function tellNotRun(task: Task, { surroundings, settings, json }: AgentContext): number {
  const { id } = task.task
  const status = statusOf(task)
  const exit = exitOfEnded(task)
  const next = status === 'pending' ? `; go on with \`${nextCommand(`exec ${id}`, settings, ' -- CMD...')}\`` : ''
  if (json) tell({ surroundings }, { id, status, started: false, exit })
  else surroundings.err(lines(`hotwork: \`${id}\` is ${status}: nothing was started${next}`))
  return exit
}

const tell = ({ surroundings }: Pick<AgentContext, 'surroundings'>, body: object): void =>
  surroundings.out(jsonText(body))

type Running = { kept: KeptRequest; api: AgentApi; signals: Signals }

/** The mark is written before the start, so that no second process starts the command. */
async function runOnce(command: readonly string[], running: Running, context: AgentContext): Promise<number> {
  const { kept: requests } = context
  const { id } = running.kept
  const before = requests.beginRun(running.kept)
  if (before) {
    const who = isAlive(before) === false ? 'its command has ended' : `process ${before.pid} runs it`
    const title = `nothing was started for \`${id}\`: ${who}`
    throw new Refusal(exits.pending, {
      code: 'already_run',
      title,
      detail: `\`${nextCommand(`wait ${id}`, context.settings)}\` shows its state`,
    })
  }
  let right: Claimed
  try {
    right = await claim(running, context)
    if (running.signals.stop.aborted) await right.close()
    running.signals.stop.throwIfAborted()
  } catch (cause) {
    // The command was not started, so a retry may start it.
    requests.runs.forget(id)
    if (cause instanceof Refusal && isOver(cause)) requests.forget(id)
    throw cause
  }
  const ended = await runWith(right, command, running, context)
  const { first } = running.signals
  const exit = first === undefined ? ended.exit : exitOfSignal(first)
  if (ended.fault) context.surroundings.err(lines(`hotwork: ${command[0]}: it could not be started (${ended.fault})`))
  return report(noteOf(ended, first), exit, running, context)
}

type Claimed = {
  /** The environment of the command, with the address of the credential. */
  environment(own: { [name: string]: string }): { [name: string]: string }
  close(): Promise<void>
}

/** Claims credentials before the command starts, so that a failure is reported here and not by the command. */
async function claim({ kept: { id }, api }: Running, { settings: { local } }: AgentContext): Promise<Claimed> {
  const token = await api.exchangeToken(id)
  const [detail] = token.authorization_details as { resource?: { id?: string } }[]
  // One access token suffices, since it ends with the grant. It ignores the signal: a stopping command may need
  // credentials.
  const later = api.within(undefined)
  if (targetOf(token.access_token) === 'kubernetes') {
    const proxy = await openClusterProxy(
      await claimed(id, () => later.clusterCredentials(token.access_token), endOfCluster),
    )
    return { environment: (own) => withCluster(own, proxy.file), close: proxy.close }
  }
  const endpoint = await openCredentialsEndpoint(
    await claimed(
      id,
      () => later.awsCredentials(token.access_token),
      ({ Expiration }) => Date.parse(Expiration),
    ),
  )
  const region = detail?.resource?.id?.split(':')[3] || local?.aws.region
  return {
    environment: (own) => ({
      ...own,
      ...whereVariables(own, { region, endpointUrl: local?.aws.endpointUrl }),
      ...endpointVariables(endpoint),
    }),
    close: endpoint.close,
  }
}

/** Credentials that are renewed, of which the first are there. */
async function claimed<T>(id: string, make: () => Promise<T>, endOf: (made: T) => number): Promise<() => Promise<T>> {
  const credentials = renewing(make, endOf)
  await credentials().catch((trouble: unknown) => {
    if (trouble instanceof Refusal && trouble.told.code === 'mediated')
      throw wrongUsage(
        `Hotwork makes the call of \`${id}\` itself, and a command gets no credential for it`,
        `have it made: \`npx --no-install hotwork call ${id}\``,
      )
    throw trouble
  })
  return credentials
}

async function runWith(
  { environment, close }: Claimed,
  command: readonly string[],
  { signals }: Running,
  { surroundings, json }: AgentContext,
): Promise<Ended> {
  try {
    const env = environment(withoutCredentials(surroundings.env))
    // With `--json` standard output has only the one document.
    const stdio = ['inherit', json ? 2 : 'inherit', 'inherit'] as const
    return await runCommand(command, { env, folder: surroundings.folder, stdio: [...stdio] }, (child) => {
      signals.child = child
    })
  } finally {
    signals.child = undefined
    await close()
  }
}

const noteOf = ({ exit, fault, signal }: Ended, first: NodeJS.Signals | undefined) => ({
  outcome: exit === 0 && first === undefined ? ('succeeded' as const) : ('failed' as const),
  note: fault
    ? `the command could not be started (${fault})`
    : first
      ? `the command was interrupted by ${first}`
      : signal
        ? `the command was ended by ${signal}`
        : `the command exited with ${exit}`,
})

async function report(
  { outcome, note }: ReturnType<typeof noteOf>,
  exit: number,
  { kept: { id }, api }: Running,
  context: AgentContext,
): Promise<number> {
  const { kept: requests, surroundings } = context
  requests.runs.end(id, outcome)
  let told = true
  try {
    await api.within(AbortSignal.timeout(longestReport)).complete(id, outcome, note)
    requests.forget(id)
  } catch (cause) {
    told = false
    const ended = cause instanceof Refusal && cause.told.code === 'invalid_task_state'
    if (ended) requests.forget(id)
    const why = cause instanceof Trouble ? cause.told.title : 'it took too long'
    const next = ended
      ? `its right had ended before the command did (${cause.told.detail ?? why})`
      : `Hotwork was not told: ${why}; repeat \`${nextCommand(`complete ${id}${outcome === 'failed' ? ' --failed' : ''}`, context.settings)}\``
    surroundings.err(lines(`hotwork: \`${id}\`: ${next}`))
  }
  const final = told || exit !== 0 ? exit : exits.fault
  if (context.json) tell(context, { id, outcome, note, told, started: true, exit: final })
  return final
}
