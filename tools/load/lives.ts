import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import * as DPoP from 'dpop'
import { withCredentials } from '../../test/stack/support/aws.ts'
import { type Answer, Deployment, denialOf } from '../../test/stack/support/deployment.ts'
import type { Shown, SlackScreen } from '../meter/slack-screen.ts'
import { chance } from './chance.ts'
import { Gate } from './gate.ts'
import type { Arrival } from './plan.ts'

/** One arrival and its outcome, as its agent and its people know it. */
export type Life = Arrival & {
  sentAt?: number
  answeredAt?: number
  endedAt?: number
  outcome?: 'accepted' | 'refused' | 'unanswered'
  /** The code of the refusal, or of the step at which the life stopped. */
  code?: string
  id?: string
  /** Tokens issued and uses begun, as far as the answers arrived. */
  tokens: number
  uses: number
  /** Whether the agent's life reached its end. */
  ended: boolean
}

const patienceMs = 15 * 60_000
const tool = 'tool:flag-service'

/** Tokens of the identity provider last ten minutes; a load that drains may last longer. */
class Renewing extends Deployment {
  #fresh = new Deployment()
  #since = Date.now()

  override token(id: string, extra: Record<string, string> = {}): Promise<string> {
    if (Date.now() - this.#since > 5 * 60_000) [this.#fresh, this.#since] = [new Deployment(), Date.now()]
    return this.#fresh.token(id, extra)
  }
}

class Stopped extends Error {
  override readonly name = 'Stopped'
}

/** Agents, their tools and the people who decide: careful clients, which retry when no answer comes. */
export class Lives {
  readonly #hotwork = new Renewing()
  readonly #screen: SlackScreen
  readonly #seed: number
  readonly #gate: Gate
  /** Lists of bursts as of their last click. */
  readonly #clicked = new Map<string, { says: string; at: number }>()
  retries = 0
  throttled = 0
  /** Reasons of retries, with their counts. */
  readonly reasons = new Map<string, number>()

  /** @param atOnce the limit of concurrent calls of agents and clicks of people */
  constructor(screen: SlackScreen, { seed, atOnce }: { seed: number; atOnce: number }) {
    this.#screen = screen
    this.#seed = seed
    this.#gate = new Gate(atOnce)
  }

  get waiting(): number {
    return this.#gate.waiting
  }

  async live(life: Life): Promise<void> {
    try {
      await this.#ask(life)
      if (life.outcome === 'accepted') await this.#follow(life)
      life.ended = true
    } catch (fault) {
      life.outcome ??= 'unanswered'
      life.code = fault instanceof Stopped ? fault.message : `${(fault as Error).name}: ${(fault as Error).message}`
    }
    life.endedAt = Date.now()
  }

  async #ask(life: Life): Promise<void> {
    const { agent, body } = life
    const key = randomUUID()
    life.sentAt = Date.now()
    const evaluated = await this.#insist(async () => this.#hotwork.evaluate(agent, body), 'new')
    const { access_request } = evaluated.body.context ?? {}
    if (evaluated.status !== 200 || !access_request)
      return this.#refused(life, evaluated.body.context?.reason?.code ?? 'denied')
    const path = '/access/v1/requests'
    const asked = { ...body, denial: denialOf(evaluated.body.context) }
    const answer = await this.#insist(async () =>
      this.#hotwork.json('POST', path, await this.#hotwork.token(agent), asked, {
        dpop: await this.#hotwork.proof(agent, 'POST', path),
        'idempotency-key': key,
      }),
    )
    if (answer.status > 202) return this.#refused(life, codeOf(answer))
    life.answeredAt = Date.now()
    life.outcome = 'accepted'
    life.id = answer.body.task.id as string
  }

  #refused(life: Life, code: string): void {
    life.answeredAt = Date.now()
    life.outcome = 'refused'
    life.code = code
  }

  async #follow(life: Life): Promise<void> {
    const id = life.id as string
    switch (life.fate) {
      case 'automatic':
        return this.#changeParameter(life, id)
      case 'used':
        await this.#decide(id, 'approve', 'person:ana', 'owner')
        return this.#use(life, id)
      case 'two':
        await this.#decide(id, 'approve', 'person:ben', 'owner')
        await this.#decide(id, 'approve', 'person:eve', 'sre')
        return this.#changeParameter(life, id)
      case 'denied':
        await this.#decide(id, 'deny', 'person:chloe', 'owner')
        return this.#untilSettled(life, id)
      case 'withdrawn':
        await this.#expect('withdraw', [200, 409], async () =>
          this.#hotwork.json('POST', `/access/v1/requests/${id}/cancel`, await this.#hotwork.token(life.agent)),
        )
        return
      case 'burst':
        return this.#inBurst(life, id)
      case 'left':
      case 'forbidden':
        return
    }
    life.fate satisfies never
  }

  async #changeParameter(life: Life, id: string): Promise<void> {
    const token = await this.#claim(life, id)
    const credentials = await this.#expect('aws credentials', [200], () =>
      this.#hotwork.awsCredentials(life.agent, token),
    )
    const { Name } = (life.body as { action: { properties: { Name: string } } }).action.properties
    const done = await withCredentials(this.#hotwork.local, credentials).putParameter(Name)
    if (done !== 'done') throw new Stopped(`the credentials did not work: ${done}`)
    await this.#complete(life, id)
  }

  async #use(life: Life, id: string): Promise<void> {
    const { agent } = life
    const token = await this.#claim(life, id)
    const address = this.#hotwork.local.tools.find((each) => each.id === tool)?.addresses[0] ?? ''
    const { flag, ...rest } = (life.body as { action: { properties: { flag: string } } }).action.properties
    const url = `${address}/flags/prod/${flag}`
    const key = randomUUID()
    const begun = await this.#expect('begin a use', [200, 201], async () => {
      const proof = await DPoP.generateProof(await this.#hotwork.key(agent), url, 'PUT', undefined, token)
      const asked = { token, proof, method: 'PUT', url, action: 'flags:set', arguments: { flag, ...rest } }
      return this.#hotwork.json('POST', '/v1/uses', await this.#hotwork.token(tool), asked, { 'idempotency-key': key })
    })
    life.uses += 1
    await this.#expect('end a use', [200], async () =>
      this.#hotwork.json('POST', `/v1/uses/${begun.body.use}/end`, await this.#hotwork.token(tool), {
        outcome: 'succeeded',
      }),
    )
    await this.#complete(life, id)
  }

  async #claim(life: Life, id: string): Promise<string> {
    await this.#untilSettled(life, id)
    const answer = await this.#expect('token', [200], () => this.#hotwork.exchange(life.agent, id))
    life.tokens += 1
    return answer.body.access_token as string
  }

  #complete = ({ agent }: Life, id: string) =>
    this.#expect('complete', [200], () => this.#hotwork.complete(agent, id)).then(() => {})

  /**
   * Polls with growing pauses until the request is settled. @param meanwhile runs after each poll that finds it pending
   */
  async #untilSettled(life: Life, id: string, meanwhile: () => Promise<void> = async () => {}): Promise<void> {
    const deadline = Date.now() + patienceMs
    for (let seconds = 1; Date.now() < deadline; seconds = Math.min(30, 2 * seconds)) {
      const answer = await this.#expect('read the task', [200], () => this.#hotwork.task(life.agent, id))
      if (answer.body.task?.status !== 'pending') return
      await meanwhile()
      await pause(Math.max(seconds, Number(answer.headers.get('retry-after') ?? 0)) * 1000)
    }
    throw new Stopped('was never settled')
  }

  /** Clicks. A refusal by the desk, such as for a deleted message, is ignored. */
  #click = (card: Shown, action: string, person: string): Promise<unknown> =>
    this.#gate.within(() => this.#hotwork.desk.click(card, action, person).catch(() => undefined))

  /** A person clicks when they have seen the card, and again if the click had no effect. */
  async #decide(id: string, action: 'approve' | 'deny', person: string, stage: string): Promise<void> {
    const open = ({ buttons, says }: Shown) => buttons.includes(action) && says.startsWith(`Waiting for ${stage}:`)
    for (let tries = 0; tries < 12; tries++) {
      const card = await this.#screen.until(id, open, patienceMs)
      if (!card) throw new Stopped(`no card for ${stage}`)
      await pause(500 + 2_000 * chance(this.#seed, 'thinks', id, tries))
      await this.#click(card, action, person)
      // A card that was posted twice is updated in its newer message alone.
      const isDone = (now: Shown) => now === this.#screen.of(id).at(-1) && !open(now)
      if (await this.#screen.until(id, isDone, 30_000)) return
      this.retries += 1
    }
    throw new Stopped(`the click for ${stage} came to nothing`)
  }

  /** An owner approves the newest list in one click, and a request on no list on its own card. */
  async #inBurst(life: Life, id: string): Promise<void> {
    const lists = ({ buttons }: Shown) => buttons.includes('approve_all')
    await this.#screen.until(life.agent, lists, 60_000)
    await this.#untilSettled(life, id, async () => {
      const list = this.#screen.of(life.agent).findLast(lists)
      const own = this.#screen.of(id).findLast(({ buttons }) => buttons.includes('approve'))
      if (list && this.#mayClick(list)) await this.#click(list, 'approve_all', 'person:ana')
      else if (own && !list) await this.#click(own, 'approve', 'person:ana')
    })
  }

  /** Whether a list may be clicked: once in each version, and again when the click had no effect. */
  #mayClick({ ts, says }: Shown): boolean {
    const last = this.#clicked.get(ts)
    if (last && last.says === says && Date.now() - last.at < 30_000) return false
    this.#clicked.set(ts, { says, at: Date.now() })
    return true
  }

  async #expect(what: string, wanted: readonly number[], send: () => Promise<Answer>): Promise<Answer> {
    const answer = await this.#insist(send)
    if (wanted.includes(answer.status)) return answer
    throw new Stopped(`${what}: ${answer.status} ${codeOf(answer)}`)
  }

  /** Retries after a lost answer, a 5xx or a 429, by `Retry-After`. */
  async #insist(send: () => Promise<Answer>, turn: 'begun' | 'new' = 'begun'): Promise<Answer> {
    let deadline: number | undefined
    for (let tries = 0; ; tries++) {
      const answer = await this.#gate.within(send, turn).catch((fault: Error) => fault)
      const passes = answer instanceof Error || answer.status >= 500 || answer.status === 429
      if (!passes) return answer
      deadline ??= Date.now() + patienceMs
      if (Date.now() > deadline) throw new Stopped(answer instanceof Error ? answer.message : codeOf(answer))
      const why = answer instanceof Error ? answer.message : `${answer.status} ${codeOf(answer)}`
      this.reasons.set(why, (this.reasons.get(why) ?? 0) + 1)
      if (!(answer instanceof Error) && answer.status === 429) this.throttled += 1
      else this.retries += 1
      const asked = answer instanceof Error ? 0 : Number(answer.headers.get('retry-after') ?? 0)
      await pause(
        Math.max(asked * 1000, Math.min(10_000, 250 * 2 ** tries)) *
          (0.75 + chance(this.#seed, tries, this.retries) / 2),
      )
    }
  }
}

const codeOf = ({ status, body }: Answer): string =>
  String(body?.type ?? body?.error ?? status)
    .split(/[/:]/)
    .at(-1) as string
