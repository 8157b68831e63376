import { randomUUID } from 'node:crypto'
import * as DPoP from 'dpop'
import type { TimedCall } from './support/calls-in-sequence.ts'
import { type Answer, Deployment, denialOf, prod, remediator, setParameter } from './support/deployment.ts'
import { Meter } from './support/usage.ts'

/**
 * How many calls of AWS in sequence each verb waits for: what a caller feels, wherever AWS is slow. Counts, since the
 * times of an emulator say nothing. Runs before all other tests of its deployment, so that nothing else calls the same
 * functions meanwhile.
 */
jest.setTimeout(300_000)
const url = process.env['HOTWORK_METER']
if (!url) throw new Error('these counts need a metered stack: run `npm test`, or `node test/support/run.ts`')
const hotwork = new Deployment()
const { desk, local } = hotwork
const meter = new Meter(local, url)
const builder = 'agent:builder'

/** L1. `wanted` where a verb does not hold it yet. */
const bounds: { [verb: string]: { most: number; wanted?: number } } = {
  evaluate: { most: 7, wanted: 1 },
  submit: { most: 10, wanted: 3 },
  'click that is not the last': { most: 4, wanted: 3 },
  'click that is the last': { most: 4, wanted: 3 },
  token: { most: 8, wanted: 3 },
  'AWS credentials': { most: 8, wanted: 4 },
  'begin a use': { most: 4, wanted: 2 },
  'end a use': { most: 3, wanted: 2 },
  complete: { most: 3, wanted: 2 },
}

type Chains = { [verb: string]: readonly TimedCall[] }

describe('calls in sequence', () => {
  const found: { [verb: string]: (readonly TimedCall[])[] } = {}
  beforeAll(async () => {
    // So long that calls which are made side by side overlap.
    await meter.hold(80)
    // What a process asks once and keeps is in the first life of that process alone.
    for (let lives = 0; lives < 4; lives++)
      for (const [verb, chain] of Object.entries({ ...(await liveOnAws()), ...(await liveAtATool()) }))
        found[verb] = [...(found[verb] ?? []), chain]
    process.stdout.write(`\n${tableOf(found)}\n`)
  })
  afterAll(() => meter.hold(0))

  test.each(Object.entries(bounds).map(([verb, { most }]) => ({ verb, most })))(
    '$verb: $most at most',
    ({ verb, most }) => {
      expect(Math.min(...(found[verb] ?? []).map((chain) => chain.length))).toBeLessThanOrEqual(most)
    },
  )

  test('every verb was seen to call', () => {
    for (const verb of Object.keys(bounds)) expect(found[verb]?.map((chain) => chain.length)).not.toContain(0)
  })
})

/** A request of two stages, decided in Slack, whose agent takes AWS credentials. */
async function liveOnAws(): Promise<Chains> {
  const chains: Chains = {}
  const measured = measuring(chains)
  const body = setParameter(prod)
  const id = await evaluateAndSubmit(remediator, body, measured)
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
  return chains
}

/** A request whose agent calls a tool that asks the gate. */
async function liveAtATool(): Promise<Chains> {
  const chains: Chains = {}
  const measured = measuring(chains)
  const flag = `flag-${randomUUID()}`
  const args = { environment: 'prod', flag, value: true }
  const id = await hotwork.submitted(builder, {
    subject: { type: 'agent', id: builder },
    action: { name: 'flags:set', properties: args },
    resource: { type: 'flags:flag', id: `prod/${flag}` },
    context: { purpose: 'release', parent_task: { id: 'REL-7' } },
  })
  await hotwork.decide('person:ana', id)
  const token = (await hotwork.exchange(builder, id)).body.access_token as string
  const tool = await hotwork.token('tool:flag-service')
  const address = `${local.tools[0]?.addresses[0]}/flags/prod/${flag}`
  const proof = await DPoP.generateProof(await hotwork.key(builder), address, 'PUT', undefined, token)
  const use = { token, proof, method: 'PUT', url: address, action: 'flags:set', arguments: args }
  const begun = await measured('begin a use', 'BeginUse', () =>
    hotwork.json('POST', '/v1/uses', tool, use, { 'idempotency-key': randomUUID() }),
  )
  await measured('end a use', 'EndUse', () =>
    hotwork.json('POST', `/v1/uses/${begun.body.use}/end`, tool, { outcome: 'succeeded' }),
  )
  return chains
}

type Measured = <T extends { status: number }>(verb: string, handler: string, act: () => Promise<T>) => Promise<T>

const measuring =
  (chains: Chains): Measured =>
  async (verb, handler, act) => {
    const { answer, chain } = await meter.chainOf(handler, act)
    if (answer.status >= 300) throw new Error(`${verb}: ${answer.status} ${JSON.stringify(answer)}`)
    chains[verb] = chain
    return answer
  }

async function evaluateAndSubmit(agent: string, body: object, measured: Measured): Promise<string> {
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

/** The shortest chain of each verb, for a person to read. */
const tableOf = (found: { [verb: string]: (readonly TimedCall[])[] }): string =>
  Object.entries(found)
    .map(([verb, chains]) => {
      const [shortest = []] = chains.toSorted((one, other) => one.length - other.length)
      const calls = shortest.map(({ service, operation, invoked }) => `${service} ${invoked ?? operation}`)
      return `${verb}: ${shortest.length} (lives: ${chains.map((chain) => chain.length).join(', ')})\n  ${calls.join(', ')}`
    })
    .join('\n')
