import { randomUUID } from 'node:crypto'
import type { TimedCall } from './calls-in-sequence.ts'
import { claimFlag, tool } from './claimed-flag.ts'
import { type Answer, type Deployment, denialOf, prod, remediator, setParameter } from './deployment.ts'
import type { Meter } from './usage.ts'

/** By verb, the calls of AWS in sequence that its caller waited for. */
export type Chains = { [verb: string]: readonly TimedCall[] }

/** L1: how many each verb may wait for. */
export const wantedInSequence: { [verb: string]: number } = {
  evaluate: 1,
  submit: 3,
  'click that is not the last': 3,
  'click that is the last': 3,
  token: 3,
  'AWS credentials': 4,
  'begin a use': 2,
  'end a use': 2,
  complete: 2,
}

/** Two requests from their evaluation to their end: one whose agent takes AWS credentials, one whose agent calls a tool. */
export async function chainsOfLives(hotwork: Deployment, meter: Meter): Promise<Chains> {
  const chains: Chains = {}
  const measured: Measured = async (verb, handler, act) => {
    const { answer, chain } = await meter.chainOf(handler, act)
    if (answer.status >= 300) throw new Error(`${verb}: ${answer.status} ${JSON.stringify(answer)}`)
    chains[verb] = chain
    return answer
  }
  await liveOnAws(hotwork, measured)
  await liveAtATool(hotwork, measured)
  return chains
}

type Measured = <T extends { status: number }>(verb: string, handler: string, act: () => Promise<T>) => Promise<T>

/** A request of two stages, decided in Slack, whose agent takes AWS credentials. */
async function liveOnAws(hotwork: Deployment, measured: Measured): Promise<void> {
  const { desk } = hotwork
  const body = setParameter(prod)
  const id = await evaluateAndSubmit(hotwork, body, measured)
  const card = await desk.untilCard(id)
  await measured('click that is not the last', 'ReceiveSlack', () => desk.click(card, 'approve', 'person:ben'))
  await desk.untilCard(id, ({ says }) => says.includes('sre'))
  await measured('click that is the last', 'ReceiveSlack', () => desk.click(card, 'approve', 'person:eve'))
  await hotwork.untilSettled(remediator, id)
  const token = await measured('token', 'IssueToken', () => hotwork.exchange(remediator, id))
  await measured('AWS credentials', 'IssueAwsCredentials', () =>
    hotwork.awsCredentials(remediator, token.body.access_token),
  )
  await measured('complete', 'CompleteRequest', () => hotwork.complete(remediator, id))
}

/** A request whose agent calls a tool that asks the gate. */
async function liveAtATool(hotwork: Deployment, measured: Measured): Promise<void> {
  const { begin } = await claimFlag(hotwork)
  const as = await hotwork.token(tool)
  const begun = await measured('begin a use', 'BeginUse', () => begin())
  await measured('end a use', 'EndUse', () =>
    hotwork.json('POST', `/v1/uses/${begun.body.use}/end`, as, { outcome: 'succeeded' }),
  )
}

async function evaluateAndSubmit(hotwork: Deployment, body: object, measured: Measured): Promise<string> {
  const agent = remediator
  const path = '/access/v1/requests'
  const token = await hotwork.token(agent)
  const evaluated = await measured('evaluate', 'Evaluate', () => hotwork.evaluate(agent, body))
  const headers = { dpop: await hotwork.proof(agent, 'POST', path), 'idempotency-key': randomUUID() }
  const submission = { ...body, denial: denialOf(evaluated.body.context) }
  const submitted = await measured<Answer>('submit', 'SubmitRequest', () =>
    hotwork.json('POST', path, token, submission, headers),
  )
  return submitted.body.task.id as string
}
