import { randomUUID } from 'node:crypto'
import type * as z from 'zod'
import { type Action, Actions } from '../../functions/domain/cards/wire/action.ts'
import {
  Ask,
  AwsCredentials,
  Called,
  ClusterCredentials,
  Evaluation,
  TaskAnswer,
  TaskMembers,
  TokenAnswer,
} from '../../functions/domain/cards/wire/task.ts'
import { claimsOf } from '../audience.ts'
import { defined, readAnswer, type Sending, send, type Waiting } from '../http.ts'
import type { Prove } from '../journal/keys.ts'
import { Fault } from '../outcome.ts'
import { pause } from '../surroundings.ts'
import { contextOf, type Denial, denialOf, type PartialAsk, type Right, type Task } from './ask.ts'

export type AgentApiOptions = {
  /** Hotwork's address. */
  issuer: string
  /** Gives the agent's workload token, whose audience is the issuer. */
  identity: (audience: string, signal?: AbortSignal) => Promise<string>
  /** Signs a DPoP proof. Only the key that sends a request can claim its grant. */
  prove: Prove
  /** Ends every call and every wait. */
  signal?: AbortSignal | undefined
  waiting?: Waiting
}

type Call = {
  method?: 'GET' | 'POST'
  path: string
  json?: unknown
  form?: (workloadToken: string) => { readonly [name: string]: string }
  headers?: { readonly [name: string]: string }
  proven?: boolean
  /** Sent by the DPoP scheme in place of the workload token. */
  accessToken?: string
}

/** `notBefore`: RFC 3339. */
type Submission = { idempotencyKey: string; until?: Date; notBefore?: string | undefined }

export type More = { minutes: number; justification?: string | undefined }

/** Attempts of one call. Their pauses total about a minute, longer than a deployment interrupts the API. */
const tries = 9
/** The longest that the API holds a read. Seconds. */
const longestHold = 25

const quiet: Waiting = { err: () => {}, pause }

const isPending = ({ task }: Task): boolean => task.status === 'pending'

/** @internal Whether what the approved call started goes on. */
export const isRunning = ({ hotwork }: Pick<Task, 'hotwork'>): boolean => hotwork.run?.status === 'running'

/**
 * @internal The kind of target that an access token is for, by its audience, `{issuer}/{kind}`. Undefined for a tool's.
 */
export function targetOf(accessToken: string): string | undefined {
  const { iss, aud } = claimsOf(accessToken) ?? {}
  const kind = /^\/([a-z]+)$/.exec(
    iss !== undefined && typeof aud === 'string' && aud.startsWith(iss) ? aud.slice(iss.length) : '',
  )
  return kind?.[1]
}

/**
 * Hotwork's API for one agent and one key. Calls are idempotent, and retried if unanswered. Each method throws Refusal
 * if Hotwork refuses, Fault if the call fails, and the signal's reason if it is aborted.
 */
export class AgentApi {
  readonly issuer: string
  readonly #options: AgentApiOptions
  readonly #waiting: Waiting

  constructor(options: AgentApiOptions) {
    this.issuer = options.issuer.replace(/\/+$/, '')
    this.#options = options
    this.#waiting = options.waiting ?? quiet
  }

  /** The same agent and key, with another signal. */
  within(signal: AbortSignal | undefined): AgentApi {
    return new AgentApi({ ...this.#options, signal })
  }

  /** The DPoP proof for one call to a tool's address. Tools require it with an access token. */
  prove(method: string, url: string, accessToken?: string): Promise<string> {
    return this.#options.prove(method, url, accessToken)
  }

  /** All actions that policy could permit the agent, from every page. */
  async listActions(
    wanted: { readonly [part in 'resource' | 'tool' | 'purpose']?: string | undefined },
  ): Promise<Action[]> {
    const found: Action[] = []
    for (let after: string | undefined; ; ) {
      const query = new URLSearchParams(defined({ ...wanted, after })).toString()
      const page = await this.#call(Actions, { method: 'GET', path: `/access/v1/actions${query && `?${query}`}` })
      found.push(...page.actions)
      if (page.next === undefined) return found
      after = page.next
    }
  }

  /** Adds the agent that asks, and the resource that the arguments name. */
  completeAsk(partial: PartialAsk): Promise<Ask> {
    const action = { name: partial.action, properties: partial.arguments }
    return this.#call(Ask, { path: '/v1/asks', json: { action, context: contextOf(partial) } })
  }

  /** Adds the agent that asks, and the resource of each step. */
  completePlan(partial: Omit<PartialAsk, 'action'>): Promise<Ask> {
    const json = { kind: 'plan', steps: partial.arguments['steps'], ...contextOf(partial) }
    return this.#call(Ask, { path: '/v1/asks', json })
  }

  /**
   * Evaluates the ask; with `context.approval`, also whether that approval covers it. A deny is returned as an
   * answer.
   */
  evaluate(ask: Ask): Promise<Evaluation> {
    return this.#call(Evaluation, { path: '/access/v1/evaluation', json: ask })
  }

  /** Asks for approval. The same key and body are the same request. `until` ends the wait and the grant. */
  submit(ask: Ask, evaluation: Evaluation, how: Submission): Promise<Task> {
    return this.submitDenied(ask, denialOf(evaluation), how)
  }

  /** Asks for approval by the evaluation's recorded denial. */
  submitDenied(ask: Ask, denial: Denial, { idempotencyKey, until, notBefore }: Submission): Promise<Task> {
    const access = defined({ not_before: notBefore, requested_until: until?.toISOString() })
    const requested_access = Object.keys(access).length === 0 ? undefined : access
    return this.#task({
      path: '/access/v1/requests',
      json: { ...ask, denial, requested_access },
      headers: { 'idempotency-key': idempotencyKey },
      proven: true,
    })
  }

  /** Reads the task, or waits at most `waitSeconds` (up to 25) for its next change. */
  readTask(id: string, waitSeconds = 0): Promise<Task> {
    return this.#read(id, waitSeconds).then(({ task }) => task)
  }

  /**
   * Waits until people, policy or time have settled it, or until `until`: then the returned task is still pending.
   * `onChange` gets each change.
   */
  async waitUntilSettled(
    id: string,
    how: {
      until?: Date | undefined
      signal?: AbortSignal | undefined
      onChange?: (task: Task) => void | Promise<void>
      /** True for a pending task that ends the wait. */
      isEnough?: (task: Task) => boolean
      /** True while the task may change. */
      goesOn?: (task: Task) => boolean
    } = {},
  ): Promise<Task> {
    const { signal, ...rest } = how
    const { until, onChange, isEnough, goesOn = isPending } = rest
    if (signal) return this.within(signal).waitUntilSettled(id, rest)
    let seen = ''
    for (;;) {
      const left = until ? Math.max(0, Math.ceil((until.getTime() - Date.now()) / 1000)) : longestHold
      const { task, retryAfter } = await this.#read(id, Math.min(left, longestHold))
      const { round, stages, questions, run } = task.hotwork
      const looks = JSON.stringify([task.task.status, round, stages, questions, run])
      if (looks !== seen) await onChange?.(task)
      seen = looks
      if (!goesOn(task) || isEnough?.(task)) return task
      if (until && Date.now() >= until.getTime()) return task
      if (retryAfter > 0) await this.#waiting.pause(Math.min(retryAfter, left) * 1000, this.#options.signal)
    }
  }

  /** Waits until the run of an approved request has ended, or until `until`: then it still goes on. */
  waitForRun(id: string, how: { until?: Date | undefined; signal?: AbortSignal | undefined } = {}): Promise<Task> {
    return this.waitUntilSettled(id, { ...how, goesOn: isRunning })
  }

  /** Answers a question of an approver, once, by the key of the request. */
  answer(id: string, question: string, text: string): Promise<Task> {
    // The key makes a retry after a lost answer idempotent.
    const headers = { 'idempotency-key': randomUUID() }
    return this.#task({ path: `/access/v1/requests/${id}/answers`, json: { question, text }, headers, proven: true })
  }

  cancel(id: string): Promise<Task> {
    return this.#task({ path: `/access/v1/requests/${id}/cancel` })
  }

  /** Reports the end of the task. All its credentials are dead from then on. */
  complete(id: string, outcome: 'succeeded' | 'failed', note?: string): Promise<Task> {
    return this.#task({ path: `/v1/requests/${id}/complete`, json: { outcome, note } })
  }

  /** Asks the same people for more time of a live grant, once. @returns the task of the request that asks for it */
  extend(id: string, more: More, idempotencyKey: string): Promise<Task> {
    const headers = { 'idempotency-key': idempotencyKey }
    return this.#task({ path: `/v1/requests/${id}/extend`, json: more, headers, proven: true })
  }

  /** Exchanges the workload token for the access token of an approved request (RFC 8693, RFC 9396). */
  exchangeToken(id: string): Promise<TokenAnswer> {
    return this.#call(TokenAnswer, {
      path: '/token',
      form: (workloadToken) => ({
        grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
        subject_token: workloadToken,
        subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
        authorization_details: JSON.stringify([{ type: 'hotwork_action', request: id }]),
      }),
      proven: true,
    })
  }

  /** AWS credentials that can do the approved action and nothing else. */
  awsCredentials(accessToken: string): Promise<AwsCredentials> {
    return this.#call(AwsCredentials, { path: '/aws/credentials', accessToken })
  }

  /** Tokens that can do the approved act in a cluster, and read what it needs. */
  clusterCredentials(accessToken: string): Promise<ClusterCredentials> {
    return this.#call(ClusterCredentials, { path: '/kubernetes/credentials', accessToken })
  }

  /** Has Hotwork make the one approved call, once. After `outcome_unknown`, the next call looks up its outcome. */
  mediatedCall(accessToken: string): Promise<Called> {
    return this.#call(Called, { path: `/${targetOf(accessToken) ?? 'aws'}/calls`, accessToken })
  }

  /** Gives another agent the same right or less, with uses of this grant. @returns the other agent's task */
  delegate(id: string, right: Right, idempotencyKey: string): Promise<Task> {
    const headers = { 'idempotency-key': idempotencyKey }
    return this.#task({ path: `/v1/requests/${id}/delegations`, json: right, headers, proven: true })
  }

  async #read(id: string, waitSeconds: number): Promise<{ task: Task; retryAfter: number }> {
    const sending = this.#sending({
      method: 'GET',
      path: `/access/v1/requests/${id}${waitSeconds > 0 ? `?wait=${waitSeconds}` : ''}`,
    })
    const answered = await send(sending, this.#waiting)
    const retryAfter = Number(answered.response.headers.get('retry-after') ?? 0)
    const task = this.#withMembers(readAnswer(TaskAnswer, answered, sending))
    return { task, retryAfter: Number.isFinite(retryAfter) ? retryAfter : 0 }
  }

  async #task(call: Call): Promise<Task> {
    return this.#withMembers(await this.#call(TaskAnswer, call))
  }

  #withMembers(answer: z.infer<typeof TaskAnswer>): Task {
    const members = TaskMembers.safeParse(answer.task.display[`${this.issuer}/ns/hotwork`])
    if (members.success) return { ...answer, hotwork: members.data }
    throw new Fault({
      code: 'unreadable_answer',
      title: 'the answer cannot be read',
      detail: `the task has no members of \`${this.issuer}\`. Check that this is the address of the deployment`,
    })
  }

  async #call<T>(shape: z.ZodType<T>, call: Call): Promise<T> {
    const sending = this.#sending(call)
    return readAnswer(shape, await send(sending, this.#waiting), sending)
  }

  #sending({ method = 'POST', path, json, form, headers, proven, accessToken }: Call): Sending {
    const { identity, prove, signal } = this.#options
    const url = `${this.issuer}${path}`
    return {
      method,
      url,
      signal,
      tries,
      prepare: async () => {
        const workloadToken = accessToken === undefined ? await identity(this.issuer, signal) : ''
        const text = json === undefined ? undefined : JSON.stringify(json)
        const body = form ? new URLSearchParams(form(workloadToken)) : text
        const authorization = accessToken === undefined ? `Bearer ${workloadToken}` : `DPoP ${accessToken}`
        return {
          headers: defined({
            ...headers,
            // The token endpoint takes the token in the form alone.
            authorization: form ? undefined : authorization,
            'content-type': text === undefined ? undefined : 'application/json',
            dpop: proven || accessToken !== undefined ? await prove(method, url, accessToken) : undefined,
          }),
          ...defined({ body }),
        }
      },
    }
  }
}
