import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Bundle } from '../../../functions/domain/policy/bundle.ts'
import type { CatalogueEntry } from '../../../functions/domain/policy/catalogue.ts'
import type { ApprovalRequest, Use } from '../../../functions/domain/record/request.ts'
import { grantOf } from '../../../functions/domain/record/request.ts'
import { type KeyServer, startKeyServer } from '../../adapters/jose/key-server.ts'
import { type Key, makeKey, signed } from '../../adapters/jose/tokens.ts'
import { ApiServer, type CallFate } from '../../client/support/api-server.ts'
import { sampleBundle, World } from '../../support/world.ts'

const idp = 'https://id.example.org'
const many = { perMinute: 60_000, burst: 10_000 }
const limits = {
  ...{ openPerAgent: 1000, openPerOwner: 5000, burst: 100 },
  // A held read would end when the clock has moved on.
  ...{ submissions: many, evaluations: many, heldReads: { perMinute: 1, burst: 1 } },
}
/** Any of them may be asked; an ineligible one is refused. */
const people = ['ana', 'eve', 'jade', 'hana', 'gus']

/** The agent of the runs, and the gate's tool. */
export const subjects = { agent: 'agent-builder', tool: 'tool-files-gate' }
/** The action of each run. */
export const action = 'files:WriteFile'

/** Hotwork in memory, on the real time. */
export class Hotwork {
  readonly api = new ApiServer()
  readonly #key: Key
  readonly #keys: KeyServer

  private constructor(key: Key, keys: KeyServer) {
    this.#key = key
    this.#keys = keys
  }

  static async open(bundle = sampleBundle()): Promise<Hotwork> {
    const key = await makeKey()
    const hotwork = new Hotwork(key, await startKeyServer(key))
    await hotwork.api.open(() => new World(hotwork.#deployed(bundle)))
    hotwork.meet = () => 'answered'
    return hotwork
  }

  /** See `ApiServer.meet`. */
  set meet(meet: (call: string) => CallFate | Promise<CallFate>) {
    this.api.meet = (call) => {
      this.goOn()
      return meet(call)
    }
  }

  /** Moves its clock to the real time. */
  goOn(): void {
    const { clock } = this.api.world
    clock.advance(Math.floor(Date.now() / 1000) - clock.now())
  }

  /** Writes fresh workload tokens, as a platform does. */
  identify(folder: string): { HOTWORK_WORKLOAD_TOKEN_FILE: string; HOTWORK_TOOL_TOKEN_FILE: string } {
    const now = Math.floor(Date.now() / 1000)
    const write = (sub: string) => {
      const claims = { iss: idp, aud: this.api.url, sub, iat: now, exp: now + 300 }
      const path = join(folder, sub)
      writeFileSync(path, signed(this.#key, { alg: 'ES256', kid: this.#key.kid }, claims), { mode: 0o600 })
      return path
    }
    return { HOTWORK_WORKLOAD_TOKEN_FILE: write(subjects.agent), HOTWORK_TOOL_TOKEN_FILE: write(subjects.tool) }
  }

  /** The requests of one parent task, the newest first. */
  async requestsOf(task: string): Promise<ApprovalRequest[]> {
    const { items } = await this.api.world.requests.list({ task }, { limit: 20 })
    return items.map(({ state }) => state)
  }

  /** People decide pending requests. @returns whether there was one */
  async decide(task: string, verdict: 'approve' | 'deny'): Promise<boolean> {
    const waiting = (await this.requestsOf(task)).filter(({ status }) => status === 'pending')
    for (const { ask } of waiting)
      for (const who of people) {
        const state = await this.api.world.state(ask.id)
        if (state.status === 'pending')
          await this.api.world.decide(state, who, verdict, { comment: 'as it was agreed' })
      }
    return waiting.length > 0
  }

  async close(): Promise<void> {
    await Promise.all([this.api.close(), this.#keys.close()])
  }

  #deployed(bundle: Bundle): Bundle {
    const issuers = Object.fromEntries(
      Object.entries(bundle.deployment.issuers).map(([alias, each]) => [alias, { ...each, jwksUri: this.#keys.url }]),
    )
    // The server here has another version of the tool than the sample's.
    const { mcp: _, ...entry } = bundle.actions[action] as CatalogueEntry
    const actions = { ...bundle.actions, [action]: entry }
    return { ...bundle, actions, ladder: { ...bundle.ladder, limits }, deployment: { ...bundle.deployment, issuers } }
  }
}

export const usesOf = (request: ApprovalRequest): readonly Use[] => grantOf(request)?.uses ?? []
