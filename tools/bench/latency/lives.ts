import { randomUUID } from 'node:crypto'
import { withCredentials } from '../../../test/stack/support/aws.ts'
import { type Answer, denialOf, setParameter } from '../../../test/stack/support/deployment.ts'
import type { Shown } from '../../meter/slack-screen.ts'
import type { DelayedWorld } from './world.ts'

/** A span of time, in milliseconds of `performance.now`. */
export type Span = { from: number; to: number }
/** Spans by the names of their steps. */
export type Spans = { [what: string]: Span }

const evaluation = '/access/v1/evaluation'
const requests = '/access/v1/requests'

/** Evaluates a change of a parameter of production. @returns the answer, which the submission repeats */
export async function evaluate({ hotwork, agentOf }: DelayedWorld, n: number) {
  const agent = agentOf(n)
  const body = { ...setParameter(`/prod/checkout/bench-${n}`), subject: { type: 'agent', id: agent } }
  const token = await hotwork.token(agent)
  const from = performance.now()
  const answer = expectStatus(200, await hotwork.json('POST', evaluation, token, body))
  return { agent, body, denial: denialOf(answer.body.context), span: { from, to: performance.now() } }
}

/**
 * One request of two stages from its evaluation to its completion, with people who click at once.
 *
 * @param tryOn whether the agent keeps calling AWS after its completion, until IAM refuses
 */
export async function live(world: DelayedWorld, n: number, tryOn = false): Promise<Spans> {
  const { hotwork } = world
  const spans: Spans = {}
  const timed = async <T>(what: string, work: () => Promise<T>): Promise<T> => {
    const from = performance.now()
    const done = await work()
    spans[what] = { from, to: performance.now() }
    return done
  }
  const since = (what: string, from: number, to = performance.now()) => {
    spans[what] = { from, to }
  }

  const { agent, body, denial, span } = await evaluate(world, n)
  spans['evaluate'] = span
  const headers = { dpop: await hotwork.proof(agent, 'POST', requests), 'idempotency-key': randomUUID() }
  const token = await hotwork.token(agent)
  const submittedAt = performance.now()
  const submitted = await timed('submit', () => hotwork.json('POST', requests, token, { ...body, denial }, headers))
  const id = expectStatus(202, submitted).body.task.id as string
  const card = await shown(world, id)
  since('request to card', submittedAt, card.postedAt)
  const settled = hotwork.untilSettled(agent, id)
  // A failed click rejects first, and this promise later for the same reason.
  settled.catch(() => {})

  const firstAt = performance.now()
  await timed('click', () => hotwork.desk.click(card, 'approve', 'person:ben'))
  const { changedAt } = await shown(world, id, firstAt)
  since('click to redrawn card', firstAt, changedAt)
  const lastAt = performance.now()
  await hotwork.desk.click(card, 'approve', 'person:eve')
  const { status } = expectStatus(200, await settled).body.task
  if (status !== 'approved') throw new Error(`${id} is ${status}`)
  const exchanged = await timed('token', () => hotwork.exchange(agent, id))
  const accessToken = expectStatus(200, exchanged).body.access_token as string
  since('click to token', lastAt)
  const credentials = await timed('AWS credentials', () => hotwork.awsCredentials(agent, accessToken))
  expectStatus(200, credentials)
  since('click to AWS credentials', lastAt)
  expectStatus(200, await timed('complete', () => hotwork.complete(agent, id)))
  if (tryOn) await timed('completion to refusal by AWS', () => untilRefused(world, credentials, n))
  return spans
}

/** The card of a request, once it is posted, or changed since then. */
async function shown({ slack }: DelayedWorld, id: string, since?: number) {
  const isWanted = ({ changedAt = 0 }: Shown) => since === undefined || changedAt > since
  const card = await slack.until(id, isWanted, 60_000)
  if (!card) throw new Error(`the card of ${id} did not come in a minute`)
  return card
}

const mostTries = 1000

async function untilRefused({ hotwork }: DelayedWorld, credentials: Answer, n: number): Promise<void> {
  const aws = withCredentials(hotwork.local, credentials)
  for (let tries = 0; tries < mostTries; tries++)
    if ((await aws.putParameter(`/prod/checkout/bench-${n}`)) !== 'done') return
  throw new Error(`AWS still takes the credentials of request ${n} after ${mostTries} calls`)
}

export function expectStatus(status: number, answer: Answer): Answer {
  if (answer.status !== status) throw new Error(`${answer.status}: ${JSON.stringify(answer.body)}`)
  return answer
}
