import { CedarPolicy } from '../../../functions/adapters/cedar/cedar-policy.ts'
import type { Bundle } from '../../../functions/domain/policy/bundle.ts'
import type { ApprovalRequest } from '../../../functions/domain/record/request.ts'
import { CurrentPolicy } from '../../../functions/operations/agents/current-policy.ts'
import { type KeyServer, startKeyServer } from '../../adapters/jose/key-server.ts'
import { type Key, makeKey, signed } from '../../adapters/jose/tokens.ts'
import { ApiServer } from '../../client/support/api-server.ts'
import { World } from '../../support/world.ts'

const idp = 'https://id.example.org'

/** The verdict of Ana, who decides. Undefined: she has not looked at the request yet. */
export type Verdict = 'approve' | 'deny' | undefined

/**
 * Hotwork's own handlers in memory, at an address for other programs, in the real time. Ana decides each request at
 * once, by `decides`.
 */
export class HotworkInMemory {
  readonly api = new ApiServer()
  /** The submitted requests, in order. */
  readonly asked: ApprovalRequest[] = []
  decides: (request: ApprovalRequest) => Verdict = () => undefined
  /** The states of requests, with their time in milliseconds. */
  readonly history: { at: number; state: ApprovalRequest }[] = []
  #key!: Key
  #keys!: KeyServer
  readonly #looks = new Set<() => void>()

  async open(bundle: Bundle): Promise<this> {
    this.#key = await makeKey()
    this.#keys = await startKeyServer(this.#key)
    await this.api.open(() => this.#worldOf(bundle))
    return this
  }

  async close(): Promise<void> {
    await Promise.all([this.api.close(), this.#keys.close()])
  }

  get world(): World {
    return this.api.world
  }

  /** A workload token of an agent or a tool, by its subject, good for an hour. */
  workload(sub: string): string {
    const now = this.world.clock.now()
    return this.#sign({ iss: idp, aud: this.api.url, sub, iat: now, exp: now + 3600 })
  }

  #sign(claims: object): string {
    return signed(this.#key, { alg: 'ES256', kid: this.#key.kid }, claims)
  }

  /** The first request that fits, now or later. */
  request(fits: (request: ApprovalRequest) => boolean): Promise<ApprovalRequest> {
    return new Promise((resolve) => {
      const look = () => {
        const found = this.asked.find(fits)
        if (!found) return
        this.#looks.delete(look)
        resolve(found)
      }
      this.#looks.add(look)
      look()
    })
  }

  async decide({ ask }: ApprovalRequest, verdict: 'approve' | 'deny'): Promise<void> {
    const decided = await this.world.decide(await this.world.state(ask.id), 'ana', verdict)
    if (!decided.ok) throw new Error(`Ana could not decide: ${decided.code}`)
  }

  /** Replaces policies or terms; decided requests stay. */
  use(bundle: Bundle): void {
    this.world.policy = new CurrentPolicy(new CedarPolicy(this.#known(bundle)), this.world)
  }

  /** A person halts an agent. */
  async halt(agent: string, reason: string): Promise<string> {
    const now = this.world.clock.now()
    const claims = { iss: idp, aud: `${this.api.url}/people`, sub: 'person-gus', iat: now, exp: now + 600 }
    const token = this.#sign({ ...claims, acr: 'strong', auth_time: now })
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
    const body = JSON.stringify({ agent, reason })
    const response = await fetch(`${this.api.url}/v1/halts`, { method: 'POST', headers, body })
    if (!response.ok) throw new Error(`no halt: ${await response.text()}`)
    return ((await response.json()) as { id: string }).id
  }

  /** Points the issuers' keys to loopback. */
  #known(bundle: Bundle): Bundle {
    const issuers = Object.fromEntries(
      Object.entries(bundle.deployment.issuers).map(([alias, each]) => [alias, { ...each, jwksUri: this.#keys.url }]),
    )
    return { ...bundle, deployment: { ...bundle.deployment, issuers } }
  }

  #worldOf(bundle: Bundle): World {
    const world = new World(this.#known(bundle))
    world.clock.now = () => Math.floor(Date.now() / 1000)
    const seen = new Set<string>()
    const commit = world.requests.commit.bind(world.requests)
    world.requests.commit = async (change) => {
      const committed = await commit(change)
      const { state } = change
      this.history.push({ at: Date.now(), state })
      if (!seen.has(state.ask.id)) {
        seen.add(state.ask.id)
        await this.#submitted(state)
      }
      return committed
    }
    return world
  }

  async #submitted(request: ApprovalRequest): Promise<void> {
    this.asked.push(request)
    for (const look of this.#looks) look()
    const verdict = request.status === 'pending' ? this.decides(request) : undefined
    if (verdict) await this.decide(request, verdict)
  }
}
