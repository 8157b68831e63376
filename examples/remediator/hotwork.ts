import { generateKeyPair, generateProof } from 'dpop'
import { fetchToken, type Settings } from './identity.ts'
import {
  type Ask,
  type AwsCredentials,
  denialOf,
  type Evaluation,
  readAnswer,
  type Task,
  type TokenAnswer,
} from './wire.ts'

/** Proves that the caller holds one key (RFC 9449): for one call within a minute, and with an access token for that one alone. */
export type Prove = (method: string, url: string, accessToken?: string) => Promise<string>

/**
 * Makes a key that never leaves this process. The grant is bound to it: a credential without the key is worth nothing.
 * An agent that must survive a restart between asking and claiming stores its key in a safe place instead.
 */
export async function createProver(): Promise<Prove> {
  const keys = await generateKeyPair('ES256')
  return (method, url, accessToken) => generateProof(keys, url, method, undefined, accessToken)
}

/** An agent's side of Hotwork's API: one method for each call, over plain `fetch`. All throw `Refusal` for a no. */
export class Hotwork {
  readonly settings: Settings
  /** A proof of this agent's key. A tool that takes its access tokens wants one for each call of the tool's own address. */
  readonly prove: Prove
  #workload: { token: string; expiresAt: number } | undefined

  private constructor(settings: Settings, prove: Prove) {
    this.settings = settings
    this.prove = prove
  }

  /** Makes a client with a key of its own: only the same client can claim what it asked for. */
  static async connect(settings: Settings): Promise<Hotwork> {
    return new Hotwork(settings, await createProver())
  }

  /** May I? With `context.approval`, whether that approval covers this. A deny is an answer, not an error. */
  async evaluate(ask: Ask): Promise<Evaluation> {
    return this.#post(`${this.settings.apiUrl}/access/v1/evaluation`, ask)
  }

  /** The same key and body is the same request, however often it is sent. @param until ends the wait and the grant */
  async submit(ask: Ask, evaluation: Evaluation, idempotencyKey: string, until?: Date): Promise<Task> {
    const url = evaluation.context.access_request?.endpoint ?? `${this.settings.apiUrl}/access/v1/requests`
    const requested_access = until && { requested_until: until.toISOString() }
    const body = { ...ask, denial: denialOf(evaluation.context), requested_access }
    const headers = { 'idempotency-key': idempotencyKey, dpop: await this.prove('POST', url) }
    return this.#asTask(await this.#post(url, body, headers))
  }

  /** As soon as it changes, with `waitSeconds` (at most 25). Without a held call this waits as long as `Retry-After` says. */
  async readTask(id: string, waitSeconds = 0): Promise<Task> {
    const wait = waitSeconds > 0 ? `?wait=${waitSeconds}` : ''
    const answer = await fetch(`${this.settings.apiUrl}/access/v1/requests/${id}${wait}`, {
      headers: { authorization: `Bearer ${await this.workloadToken()}` },
    })
    const task = this.#asTask(await readAnswer(answer))
    const pause = Number(answer.headers.get('retry-after') ?? 0)
    if (waitSeconds > 0 && task.task.status === 'pending' && pause > 0)
      await new Promise((resolve) => setTimeout(resolve, pause * 1000))
    return task
  }

  /** Waits until people, policy or time have settled it. `onChange` is told each change. */
  async waitUntilSettled(id: string, onChange: (task: Task) => void | Promise<void> = () => {}): Promise<Task> {
    let seen = ''
    for (;;) {
      const task = await this.readTask(id, 25)
      const looks = JSON.stringify([task.task.status, task.hotwork.round, task.hotwork.stages])
      if (looks !== seen) await onChange(task)
      seen = looks
      if (task.task.status !== 'pending') return task
    }
  }

  async cancel(id: string): Promise<Task> {
    const url = `${this.settings.apiUrl}/access/v1/requests/${id}/cancel`
    const headers = { authorization: `Bearer ${await this.workloadToken()}` }
    return this.#asTask(await readAnswer(await fetch(url, { method: 'POST', headers })))
  }

  /** Exchanges the workload token for the access token of an approved request (RFC 8693, RFC 9396). */
  async exchangeToken(id: string): Promise<TokenAnswer> {
    const url = `${this.settings.apiUrl}/token`
    const answer = await fetch(url, {
      method: 'POST',
      headers: { dpop: await this.prove('POST', url) },
      body: new URLSearchParams({
        grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
        subject_token: await this.workloadToken(),
        subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
        authorization_details: JSON.stringify([{ type: 'hotwork_action', request: id }]),
      }),
    })
    return readAnswer(answer)
  }

  /** Exchanges the access token, with proof of the key, for AWS credentials that can do the approved action alone. */
  async awsCredentials(accessToken: string): Promise<AwsCredentials> {
    return this.#postProven('/aws/credentials', accessToken)
  }

  /** Hotwork makes the one approved call, once: after a 409 `outcome_unknown`, asking again looks up what became of it. */
  async awsCall(accessToken: string): Promise<{ output: Record<string, unknown> }> {
    return this.#postProven('/aws/calls', accessToken)
  }

  /** The same or narrower, with uses of this grant. Takes a proof of the key that asked. @returns the other agent's task */
  async delegate(
    id: string,
    right: { agent: string; action: Ask['action']; resource: Ask['resource']; uses?: number; expires_at?: string },
    idempotencyKey: string,
  ): Promise<Task> {
    const url = `${this.settings.apiUrl}/v1/requests/${id}/delegations`
    const headers = { 'idempotency-key': idempotencyKey, dpop: await this.prove('POST', url) }
    return this.#asTask(await this.#post(url, right, headers))
  }

  /** Reports the end of the task. The credential is dead from then on. */
  async complete(id: string, outcome: 'succeeded' | 'failed', note?: string): Promise<Task> {
    const url = `${this.settings.apiUrl}/v1/requests/${id}/complete`
    return this.#asTask(await this.#post(url, { outcome, note }))
  }

  /** The token that says who the agent is, renewed a minute before it ends. */
  async workloadToken(): Promise<string> {
    if (!this.#workload || this.#workload.expiresAt < Date.now() + 60_000) {
      const { identityProviderUrl, agent, apiUrl } = this.settings
      this.#workload = await fetchToken(identityProviderUrl, agent, apiUrl)
    }
    return this.#workload.token
  }

  async #post<T>(url: string, body: object, headers: Record<string, string> = {}): Promise<T> {
    const authorization = `Bearer ${await this.workloadToken()}`
    const answer = await fetch(url, {
      method: 'POST',
      headers: { ...headers, authorization, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    return readAnswer(answer)
  }

  async #postProven<T>(path: string, accessToken: string): Promise<T> {
    const url = `${this.settings.apiUrl}${path}`
    const dpop = await this.prove('POST', url, accessToken)
    return readAnswer(await fetch(url, { method: 'POST', headers: { authorization: `DPoP ${accessToken}`, dpop } }))
  }

  /** Hotwork's own members are named by a URL, as the profile asks; here they get a short name. */
  #asTask(answer: Omit<Task, 'hotwork'> & { task: { display?: Record<string, unknown> } }): Task {
    return { ...answer, hotwork: answer.task.display?.[`${this.settings.apiUrl}/ns/hotwork`] } as Task
  }
}
