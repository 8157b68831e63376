// Rules: test/client/agent/permit.test.ts
import type { TokenAnswer } from '../../functions/domain/cards/wire/task.ts'
import { type ClusterProxy, openClusterProxy } from '../exec/cluster-proxy.ts'
import { defined } from '../http.ts'
import { endOfCluster } from '../journal/keys.ts'
import { isAlive, type Run } from '../journal/runs.ts'
import { exitOfStatus, exits, isStateChanged, Refusal, Trouble } from '../outcome.ts'
import { renewing } from '../renewing.ts'
import { isRunning } from './agent-api.ts'
import type { Task } from './ask.ts'
import { type Held, waitForPeople } from './held.ts'
import { endOfWait, type Permit } from './permit-call.ts'
import { type Message, messagesIn } from './words.ts'

/** Credentials in the form of the AWS SDKs. */
export type AwsCredentialIdentity = {
  accessKeyId: string
  secretAccessKey: string
  sessionToken: string
  expiration: Date
}

/** The work of this request was begun before, here or in another process, and is not begun again. */
export class AlreadyRun extends Error {
  override readonly name = 'AlreadyRun'
  readonly request: string
  readonly became: 'running' | 'succeeded' | 'failed' | 'outcome unknown'

  constructor(request: string, became: AlreadyRun['became']) {
    super(`the work of ${request} was begun before and is not begun again: ${became}`)
    this.request = request
    this.became = became
  }
}

/** The work was done, and its end could not be reported to Hotwork. `value` is its result. */
export class NotReported extends Error {
  override readonly name = 'NotReported'
  readonly request: string
  readonly value: unknown

  constructor(request: string, value: unknown, cause: unknown) {
    super(
      `the work of ${request} is done, but its end could not be reported: it counts as not ended until its time is over`,
      { cause },
    )
    this.request = request
    this.value = value
  }
}

export type Extension = {
  minutes: number
  justification?: string | undefined
  /** The longest wait for people, as in `permit`. */
  wait?: string | number | undefined
  signal?: AbortSignal | undefined
}

/** The run that a call started. `unknown`: Hotwork could not see its end. */
export type PermitRun = {
  status: 'running' | 'succeeded' | 'failed' | 'cancelled' | 'unknown'
  since: Date
  until?: Date
}

const longestName = 64

export class Approved {
  readonly outcome = 'approved'
  readonly request: string
  /** The requested start: nothing can be claimed before it. */
  readonly startsAt: Date | undefined
  /** The approved arguments. */
  readonly arguments: { readonly [name: string]: unknown }
  /** Words of approvers to the agent. */
  readonly messages: readonly Message[]
  readonly #held: Held
  #expiresAt: Date
  #token: () => Promise<TokenAnswer>
  #shown: string | undefined
  #run: PermitRun | undefined

  /** @internal */
  constructor({ task, hotwork }: Task, args: Approved['arguments'], held: Held) {
    this.request = task.id
    this.messages = messagesIn({ task, hotwork })
    this.#expiresAt = endOf({ task, hotwork })
    this.startsAt = hotwork.not_before === undefined ? undefined : new Date(hotwork.not_before)
    this.arguments = args
    this.#held = held
    this.#token = this.#tokens()
  }

  /** The end of everything under the grant. The first claim starts the grant's time, which makes this earlier. */
  get expiresAt(): Date {
    return this.#expiresAt
  }

  /**
   * * A provider for an AWS client's `credentials`: AWS credentials for only the approved action, renewed shortly
   * before they end. New credentials end the earlier ones.
   */
  awsCredentials(): () => Promise<AwsCredentialIdentity> {
    return renewing(
      async () => {
        const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = await this.#claim(async () =>
          this.#held.api.awsCredentials((await this.#token()).access_token),
        )
        return {
          accessKeyId: AccessKeyId,
          secretAccessKey: SecretAccessKey,
          sessionToken: SessionToken,
          expiration: new Date(Expiration),
        }
      },
      ({ expiration }) => expiration.getTime(),
    )
  }

  /**
   * Opens an API server on loopback for `kubectl` and other clients of Kubernetes, which does the approved act in its
   * cluster, reads what that needs, and refuses all else. `file` is its kubeconfig, which no other user can read and in
   * which no token of the cluster stands. `close` ends it, and this process does.
   */
  kubeConfig(): Promise<ClusterProxy> {
    return openClusterProxy(
      renewing(
        () => this.#claim(async () => this.#held.api.clusterCredentials((await this.#token()).access_token)),
        endOfCluster,
      ),
    )
  }

  /** The access token for the action's tool: `Authorization: DPoP TOKEN`. */
  async token(): Promise<string> {
    this.#shown = (await this.#claim(() => this.#token())).access_token
    return this.#shown
  }

  /** The proof of the key for one call of the tool, bound to the newest token: `DPoP: PROOF`. */
  async proof(method: string, url: string): Promise<string> {
    return this.#held.api.prove(method, url, this.#shown ?? (await this.token()))
  }

  /** The run that `call` started, as last seen. */
  get run(): PermitRun | undefined {
    return this.#run
  }

  /**
   * Waits for the end of the run, which completes the request.
   * @returns the run; `running` if it goes on after the wait
   */
  async waitForRun({ wait, signal }: Pick<Extension, 'wait' | 'signal'> = {}): Promise<PermitRun> {
    const until = endOfWait(wait)
    const { hotwork } = await this.#held.api.waitForRun(this.request, { until, signal: signal ?? this.#held.signal })
    if (!hotwork.run) throw new TypeError(`${this.request} has no run: \`call\` starts it`)
    this.#run = runOf(hotwork.run)
    if (!isRunning({ hotwork })) this.#held.forget('completed')
    return this.#run
  }

  /** Has Hotwork make a mediated call, once, and returns the target's answer. `run` is what it started, if that goes on. */
  async call(): Promise<{ readonly [name: string]: unknown }> {
    const { api, signal, pause } = this.#held
    for (let count = 1; ; count++)
      try {
        return await this.#claim(async () => {
          const { output, run } = await api.mediatedCall((await this.#token()).access_token)
          this.#run = run && runOf(run)
          return output
        })
      } catch (trouble) {
        const after = trouble instanceof Trouble && trouble.told.code === 'outcome_unknown' && trouble.told.retryAfter
        if (!after || count === 3) throw trouble
        await pause(after * 1000, signal)
      }
  }

  /**
   * Runs `work` once, ever, and returns its value. Then completes the request: as succeeded, or as failed if `work`
   * throws; its error is rethrown. Hotwork gets only the error's name and code.
   *
   * @throws AlreadyRun, NotReported, Refusal if the grant has ended, and any error of `work`
   */
  async use<T>(work: (permit: Approved) => Promise<T> | T): Promise<T> {
    await this.#mustBeLive()
    this.#held.signal?.throwIfAborted()
    await this.#mustBeFirst()
    let value: T
    try {
      value = await work(this)
    } catch (error) {
      await this.complete('failed', nameOf(error)).catch(() => {})
      throw error
    }
    await this.complete('succeeded').catch((cause: unknown) => {
      // The grant ended before the work did. The work is done.
      if (!(cause instanceof Refusal)) throw new NotReported(this.request, value, cause)
    })
    return value
  }

  /**
   * Asks the people who approved this request for more time, once: at most as long as the grant was. The result is a
   * separate permit; this one still ends at its own time.
   */
  extend({ minutes, justification, wait, signal }: Extension): Promise<Permit> {
    return this.#held.extend(this, { minutes, ...defined({ justification }) }, { wait, signal })
  }

  /** Reports the end, which ends every credential of the grant. `use` does this by itself. */
  async complete(outcome: 'succeeded' | 'failed', note?: string): Promise<void> {
    const { reporting, runs, forget } = this.#held
    runs?.end(this.request, outcome)
    await reporting.complete(this.request, outcome, note)
    forget(outcome)
  }

  /** Claims. If the resource has changed since the approval, waits for a second decision. */
  async #claim<T>(work: () => Promise<T>): Promise<T> {
    for (;;)
      try {
        return await work()
      } catch (trouble) {
        if (!isStateChanged(trouble)) throw trouble
        await this.#waitForDecision(trouble)
      }
  }

  /** @throws `changed` if the wait is over; Refusal if people decide otherwise */
  async #waitForDecision(changed: unknown): Promise<void> {
    const { api, until, forget } = this.#held
    const task = await waitForPeople(await api.readTask(this.request), this.#held, until)
    const { status } = task.task
    if (status === 'pending') throw changed
    const stands = status === 'approved' ? (task.hotwork.grant?.status ?? 'unknown') : (task.hotwork.outcome ?? status)
    if (stands !== 'live') {
      forget(stands)
      const title = `the resource had changed, and the request was not approved again: ${stands}`
      throw new Refusal(exitOfStatus(stands), { code: stands, title })
    }
    const { arguments: args } = task.hotwork.narrowed ?? this
    if (JSON.stringify(args) !== JSON.stringify(this.arguments)) {
      const title = 'the resource had changed, and people approved other arguments than before'
      throw new Refusal(exits.denied, { code: 'narrowed', title, detail: 'ask for the permit again' })
    }
    this.#expiresAt = endOf(task)
    this.#token = this.#tokens()
  }

  /** One access token shared by all callers, renewed shortly before its end. It ends with the grant. */
  #tokens(): () => Promise<TokenAnswer> {
    const token = renewing(
      async () => {
        const askedAt = Date.now()
        const answer = await this.#held.api.exchangeToken(this.request)
        const end = askedAt + answer.expires_in * 1000
        if (end < this.#expiresAt.getTime()) this.#expiresAt = new Date(end)
        return { answer, end }
      },
      ({ end }) => end,
    )
    return async () => (await token()).answer
  }

  /** Checked now, since the grant may have been revoked since its approval. */
  async #mustBeLive(): Promise<void> {
    const { hotwork } = await this.#held.api.readTask(this.request)
    const status = hotwork.grant?.status ?? 'unknown'
    if (status === 'live') return
    const run = status === 'completed' ? this.#held.runs?.of(this.request) : undefined
    if (status === 'completed') throw new AlreadyRun(this.request, becameOf(run))
    throw new Refusal(exits.revoked, { code: status, title: `the grant of ${this.request} has ended: ${status}` })
  }

  async #mustBeFirst(): Promise<void> {
    const { runs, work } = this.#held
    if (work.begun) throw new AlreadyRun(this.request, 'running')
    work.begun = true
    const before = runs?.begin(this.request)
    if (!runs || !before) return
    if (before.became === undefined && isAlive(before) === false) await this.#endForDead()
    throw new AlreadyRun(this.request, becameOf(runs.of(this.request)))
  }

  /** The process that did the work died, and its progress is unknown, so the work is not repeated. */
  async #endForDead(): Promise<void> {
    const { runs, reporting, forget } = this.#held
    const note = 'outcome unknown: the process that did the work has ended'
    await reporting.complete(this.request, 'failed', note).catch((cause: unknown) => {
      if (!(cause instanceof Refusal)) throw cause
    })
    runs?.end(this.request, 'outcome unknown')
    forget('outcome unknown')
  }
}

const runOf = ({ status, since, until }: NonNullable<Task['hotwork']['run']>): PermitRun => ({
  status: status as PermitRun['status'],
  since: new Date(since),
  ...(until === undefined ? {} : { until: new Date(until) }),
})

const endOf = ({ task, hotwork }: Task): Date => new Date(hotwork.grant?.not_after ?? task.expires_at)

const outcomes = ['succeeded', 'failed', 'outcome unknown'] as const
const becameOf = (run: Run | undefined): AlreadyRun['became'] =>
  outcomes.find((outcome) => outcome === run?.became) ?? (run ? 'running' : 'outcome unknown')

/** An error's name and code. Its message may contain a secret, and the note stays on the record. */
export function nameOf(error: unknown): string {
  const { name, code } = Object(error) as { name?: unknown; code?: unknown }
  const words = [name, code].filter((word) => typeof word === 'string' && /^[\w.:-]+$/.test(word))
  return words.length > 0 ? words.join(' ').slice(0, longestName) : 'an error without a name'
}
