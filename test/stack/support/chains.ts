import type { TimedCall } from '../../../tools/meter/calls-in-sequence.ts'
import { claimFlag, tool } from './claimed-flag.ts'
import { type Deployment, denialOf, prod, remediator, setParameter } from './deployment.ts'
import type { Meter } from './usage.ts'

/** The sequential calls of AWS that a caller waited for, by verb. */
export type Chains = { [verb: string]: readonly TimedCall[] }

/** L1: the limit of sequential calls for each verb. */
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
  const begun = await measured('begin a use', 'BeginUse', () => begin())
  const path = `/v1/uses/${begun.body.use}/end`
  await measured('end a use', 'EndUse', () => hotwork.as(tool, 'POST', path, { outcome: 'succeeded' }))
}

async function evaluateAndSubmit(hotwork: Deployment, body: object, measured: Measured): Promise<string> {
  const evaluated = await measured('evaluate', 'Evaluate', () => hotwork.evaluate(remediator, body))
  const submission = { ...body, denial: denialOf(evaluated.body.context) }
  const submitted = await measured('submit', 'SubmitRequest', () => hotwork.submission(remediator, submission))
  return submitted.body.task.id as string
}
