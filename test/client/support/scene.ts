import type { Bundle } from '../../../functions/domain/policy/bundle.ts'
import { limitsOf } from '../../../functions/domain/policy/ladder.ts'
import type { ApprovalRequest } from '../../../functions/domain/record/request.ts'
import type { RequestId, Verdict } from '../../../functions/domain/values.ts'
import { type KeyServer, startKeyServer } from '../../adapters/jose/key-server.ts'
import { type Key, makeKey, signed } from '../../adapters/jose/tokens.ts'
import { sampleBundle, start, World } from '../../support/world.ts'
import { ApiServer } from './api-server.ts'
import { Terminal } from './terminal.ts'

const idp = 'https://id.example.org'

/** Only the date is faked: timers and the event loop stay real. */
const real = [
  ...(['hrtime', 'nextTick', 'performance', 'queueMicrotask', 'setImmediate', 'clearImmediate'] as const),
  ...(['setInterval', 'clearInterval', 'setTimeout', 'clearTimeout'] as const),
]

/** The sample organisation with an API and a machine for each person, all on one clock. */
export class Scene {
  readonly api = new ApiServer()
  readonly #sample = sampleBundle()
  #key!: Key
  #keys!: KeyServer
  #terminals = new Map<string, Terminal>()
  readonly #noun: readonly string[]

  constructor(...noun: readonly string[]) {
    this.#noun = noun
  }

  async open(): Promise<void> {
    this.#key = await makeKey()
    this.#keys = await startKeyServer(this.#key)
    jest.useFakeTimers({ now: start * 1000, doNotFake: real })
    await this.api.open(() => new World(this.#bundle()))
  }

  /** Begins a fresh world. */
  begin(): void {
    jest.setSystemTime(start * 1000)
    this.api.use(new World(this.#bundle()))
    this.api.nextCalls.length = 0
    this.api.calls.length = 0
    for (const terminal of this.#terminals.values()) terminal.close()
    this.#terminals = new Map()
  }

  async close(): Promise<void> {
    this.begin()
    jest.useRealTimers()
    await Promise.all([this.api.close(), this.#keys.close()])
  }

  advance(seconds: number): void {
    jest.setSystemTime(Date.now() + seconds * 1000)
    this.api.world.clock.advance(seconds)
    // An earlier login is no longer strong.
    for (const [name, terminal] of this.#terminals) terminal.env['HOTWORK_TOKEN'] = this.token(name)
  }

  /** The machine of Jade, who is on call. */
  get jade(): Terminal {
    return this.at('jade')
  }

  /** A person's own machine, on which they are logged in. */
  at(who: string): Terminal {
    const found = this.#terminals.get(who)
    if (found) return found
    const made = new Terminal({ HOTWORK_API: this.api.url, HOTWORK_TOKEN: this.token(who) }, ...this.#noun)
    this.#terminals.set(who, made)
    return made
  }

  /** A token of a person, by default after a fresh strong login. */
  token(who: string, login: object = { acr: 'strong', auth_time: Math.floor(Date.now() / 1000) }): string {
    const now = Math.floor(Date.now() / 1000)
    const claims = { iss: idp, aud: `${this.api.url}/people`, sub: `person-${who}`, iat: now, exp: now + 600, ...login }
    return signed(this.#key, { alg: 'ES256', kid: this.#key.kid }, claims)
  }

  /** A workload token of an agent or a tool, by its subject and its other claims. */
  workload(sub: string, more: object = {}): string {
    const now = Math.floor(Date.now() / 1000)
    const claims = { iss: idp, aud: this.api.url, sub, iat: now, exp: now + 300, ...more }
    return signed(this.#key, { alg: 'ES256', kid: this.#key.kid }, claims)
  }

  /** The requests of the world, the newest first. */
  async requests(status?: 'pending'): Promise<ApprovalRequest[]> {
    const { items } = await this.api.world.requests.list(status ? { status } : {}, { limit: 100 })
    return items.map(({ state }) => state)
  }

  state(id = ''): Promise<ApprovalRequest> {
    return this.api.world.state(id as RequestId)
  }

  /** These people decide each pending request in turn. */
  async decideAll(verdict: Verdict = 'approve', by?: readonly string[], terms: object = {}): Promise<void> {
    for (const { ask } of await this.requests('pending'))
      for (const who of by ?? (verdict === 'approve' ? ['ana', 'eve'] : ['ana']))
        await this.api.world.decide(await this.state(ask.id), who, verdict, terms as never)
  }

  /** A person sends each pending request back. */
  sendBack(toAgent: string, suggest?: object, by = 'ana'): Promise<void> {
    return this.decideAll('revise', [by], { toAgent, ...(suggest ? { suggest: { arguments: suggest } } : {}) })
  }

  /** Ana asks the agent of each pending request. @returns the questions */
  async question(text: string): Promise<string[]> {
    const asked = (await this.requests('pending')).map(async ({ ask }) => {
      const { exit, body } = await this.at('ana').json('question', ask.id, text)
      if (exit !== 0) throw new Error(JSON.stringify(body))
      return body.questions.at(-1).id as string
    })
    return Promise.all(asked)
  }

  /** From now on the tokens of these agents differ in one claim alone, their `workflow`. */
  shareSubject(workflows: { readonly [agent: string]: string }): void {
    const { agents, ...bundle } = this.#bundle()
    const shared = agents.map((agent) => {
      const workflow = workflows[agent.id]
      return workflow === undefined ? agent : { ...agent, identities: [{ issuer: 'workloads', claims: { workflow } }] }
    })
    const world = new World({ ...bundle, agents: shared as typeof agents })
    world.clock.advance(this.api.world.clock.now() - world.clock.now())
    this.api.use(world)
  }

  #bundle(): Bundle {
    const { deployment, ladder } = this.#sample
    const issuers = Object.fromEntries(
      Object.entries(deployment.issuers).map(([alias, each]) => [alias, { ...each, jwksUri: this.#keys.url }]),
    )
    // A held read ends when the world's clock has moved on, and only tests move it.
    const limits = { ...limitsOf(ladder), heldReads: { perMinute: 1, burst: 1 } }
    return { ...this.#sample, ladder: { ...ladder, limits }, deployment: { ...deployment, issuers } }
  }
}

/** A fresh scene for each test of the file. `noun` comes before the typed words. */
export function useScene(...noun: readonly string[]): Scene {
  const scene = new Scene(...noun)
  beforeAll(() => scene.open())
  beforeEach(() => scene.begin())
  afterAll(() => scene.close())
  return scene
}

const profile = ['--profile', 'checkout-recovery']
/** The options that say why one opens. */
export const why = (reason = 'checkout refuses payments since the deploy, putting the timeout back') => [
  ...['--reason', reason, '--incident', 'INC-2041'],
]
export const recovery = [...profile, ...why(), '--minutes', '30']

export const minute = 60

/** Opens, and returns the id. */
export async function opened(terminal: Terminal, words: readonly string[] = recovery): Promise<string> {
  const { exit, body } = await terminal.json('start', ...words)
  expect([exit, body.detail]).toEqual([0, undefined])
  return body.id
}
