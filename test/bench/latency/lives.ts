import { randomUUID } from 'node:crypto'
import { type Answer, denialOf, setParameter } from '../../stack/support/deployment.ts'
import { agentName } from './many-agents.ts'
import type { DelayedWorld } from './world.ts'

/** Milliseconds, each by its name. */
export type Times = { [what: string]: number }

/** Agents that ask and people who click, each life of a request by another agent than the one before. */
export class Lives {
  readonly #world: DelayedWorld
  readonly #agents: number

  constructor(world: DelayedWorld, agents: number) {
    this.#world = world
    this.#agents = agents
  }

  agentOf(n: number): string {
    return agentName(n % this.#agents)
  }

  /** One request of two stages from its evaluation to its completion, by people who click as soon as they can. */
  async live(n: number): Promise<Times> {
    const { hotwork, slack } = this.#world
    const agent = this.agentOf(n)
    const times: Times = {}
    const timed = async <T>(what: string, work: Promise<T>): Promise<T> => {
      const began = performance.now()
      const done = await work
      times[what] = performance.now() - began
      return done
    }
    const body = { ...setParameter(`/prod/checkout/bench-${n}`), subject: { type: 'agent', id: agent } }
    const evaluated = expectStatus(200, await timed('evaluate', hotwork.evaluate(agent, body)))
    const path = '/access/v1/requests'
    const [token, dpop] = await Promise.all([hotwork.token(agent), hotwork.proof(agent, 'POST', path)])
    const asked = { ...body, denial: denialOf(evaluated.body.context) }
    const submittedAt = performance.now()
    const submission = hotwork.json('POST', path, token, asked, { dpop, 'idempotency-key': randomUUID() })
    const id = expectStatus(202, await timed('submit', submission)).body.task.id as string
    const card = await slack.until(id, ({ isNew }) => isNew)
    times['request to card'] = card.at - submittedAt
    const approved = hotwork.untilSettled(agent, id)

    const firstAt = performance.now()
    await timed('click', hotwork.desk.click(card, 'approve', 'person:ben'))
    times['click to card'] = (await slack.until(id, ({ at, isNew }) => !isNew && at > firstAt)).at - firstAt
    const lastAt = performance.now()
    await timed('click', hotwork.desk.click(card, 'approve', 'person:eve'))
    const { status } = expectStatus(200, await approved).body.task
    if (status !== 'approved') throw new Error(`${id} is ${status}`)
    times['click to approved'] = performance.now() - lastAt
    const accessToken = expectStatus(200, await timed('token', hotwork.exchange(agent, id))).body.access_token as string
    times['click to token'] = performance.now() - lastAt
    expectStatus(200, await timed('AWS credentials', hotwork.awsCredentials(agent, accessToken)))
    times['click to AWS credentials'] = performance.now() - lastAt
    expectStatus(200, await timed('complete', hotwork.complete(agent, id)))
    slack.forget(id)
    return times
  }
}

export function expectStatus(status: number, answer: Answer): Answer {
  if (answer.status !== status) throw new Error(`${answer.status}: ${JSON.stringify(answer.body)}`)
  return answer
}
