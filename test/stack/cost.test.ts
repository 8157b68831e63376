import { statesOf, until } from './support/aws.ts'
import type { CallCount } from './support/call-meter.ts'
import { Deployment, prod, remediator, setParameter } from './support/deployment.ts'
import { priceOf } from './support/price.ts'
import { callsOf, type LifeUsage, liveOnce, Meter, splitOff, tableOf } from './support/usage.ts'

/**
 * What Hotwork asks of AWS, counted between its Lambdas and the emulator. Counts are exact where they could be money,
 * and where the number hangs on how a stream happens to batch its records they are bounds. Runs before all other tests
 * of its deployment, so that nothing else is going on there.
 */
jest.setTimeout(180_000)
const url = process.env['HOTWORK_METER']
if (!url) throw new Error('these counts need a metered stack: run `npm test`, or `node test/support/run.ts`')
const hotwork = new Deployment()
const { local, desk } = hotwork
const meter = new Meter(local, url)

describe('an approved request of two stages, from its evaluation to its completion', () => {
  let usage: LifeUsage
  let ofNotary: LifeUsage
  beforeAll(async () => {
    // The first one also pays for what each process asks and keeps for minutes: the secret, the public key. A life in which a
    // process asked for one of them again is not the one to count: that process does not ask in the next.
    const isKept = ({ service, operation }: CallCount) => service === 'secretsmanager' || operation === 'GetPublicKey'
    await untilCompared(await liveOnce(hotwork, meter))
    let whole: LifeUsage
    for (let lives = 0; ; lives++) {
      whole = await liveOnce(hotwork, meter)
      await untilCompared(whole)
      if (lives === 3 || !whole.calls.some(isKept)) break
    }
    ;[usage, ofNotary] = splitOff('NotaryNotarizeEntries', whole)
    const prices = { approval: priceOf(usage), notary: priceOf(ofNotary) }
    process.stdout.write(`\n${tableOf(whole)}\n${JSON.stringify(prices, undefined, 1)}\n`)
  }, 400_000)

  test('goes through two states, one for each answer that it waits for', () => {
    expect(usage.states).toEqual(['Tier2 owner', 'Tier2 sre'])
  })

  test('takes one KMS signature for its one access token, and one each for the denial and the approval that it carries', () => {
    const signs = usage.calls.filter(({ service, operation }) => service === 'kms' && operation === 'Sign')
    expect(Object.fromEntries(signs.map(({ caller, calls }) => [caller, calls]))).toEqual({
      IssueToken: usage.accessTokens,
      SignStatement: 2,
    })
  })

  test('reads what is there once a stage that is not the last, and once at the claim', () => {
    const reads = usage.calls.filter(({ service }) => service === 'ssm')
    expect(Object.fromEntries(reads.map(({ caller, calls }) => [caller, calls]))).toEqual({
      SubmitRequest: 1,
      ReceiveSlack: 1,
      IssueAwsCredentials: 1,
    })
    // A process that reads takes up the reader's role, and makes the key of the states, once an hour: not for each reading.
    const perProcess = usage.calls.filter(({ operation }) => operation === 'GenerateMac')
    for (const { calls } of perProcess) expect(calls).toBeLessThanOrEqual(1)
  })

  test('makes one session for the agent, writes one deny, and starts and signals one workflow', () => {
    const sessions = usage.calls.filter(({ operation }) => operation === 'AssumeRole')
    for (const { caller, calls } of sessions)
      expect(calls).toBeLessThanOrEqual(caller === 'IssueAwsCredentials' ? 2 : 1)

    const count = (service: string, operation: string) => callsOf(usage, service, operation)
    expect(count('iam', 'PutRolePolicy')).toBe(1)
    expect(count('states', 'StartExecution')).toBe(1)
    // One a wait. Where the state that waits and the stream look at once, both signal, and the second is late.
    expect(count('states', 'SendTaskSuccess')).toBeGreaterThanOrEqual(2)
    expect(count('states', 'SendTaskSuccess')).toBeLessThanOrEqual(4)
    expect(count('states', 'SendTaskFailure')).toBe(0)
  })

  test('commits seven times: once a step, and an intent before AWS credentials', () => {
    const commits = usage.calls.filter(({ operation }) => operation === 'TransactWriteItems')
    expect(Object.fromEntries(commits.map(({ caller, calls }) => [caller, calls]))).toEqual({
      SubmitRequest: 1,
      ReceiveSlack: 2,
      IssueToken: 1,
      IssueAwsCredentials: 2,
      CompleteRequest: 1,
    })
  })

  test('stays within a number of calls and invocations', () => {
    // The owner's stage reminds; its second reminder would come after its deadline. And before the grant in use ends,
    // unless the agent was done before that was set.
    expect([1, 2]).toContain(callsOf(usage, 'scheduler'))
    expect(callsOf(usage, 'dynamodb')).toBeLessThanOrEqual(112)
    expect(callsOf(usage, 'sqs')).toBeLessThanOrEqual(14)
    expect(Object.values(usage.invocations).reduce((sum, n) => sum + n, 0)).toBeLessThanOrEqual(45)
    const services = new Set(usage.calls.map(({ service }) => service))
    expect([...services].sort()).toEqual([
      'dynamodb',
      'events',
      'iam',
      'kms',
      'lambda',
      'scheduler',
      'sqs',
      'ssm',
      'states',
      'sts',
    ])
  })

  test('costs at most 26 cents for a thousand', () => {
    // L4 wants 20. The record is 10 of it, since a transaction pays twice; transitions are 5, signatures 4.5.
    expect(priceOf(usage)['total']).toBeLessThanOrEqual(0.26)
  })

  test('the notary costs at most 26 cents more for a thousand, where nothing else goes on that a batch could take along', () => {
    expect(ofNotary.calls.filter(({ service }) => service === 's3').length).toBeGreaterThan(0)
    expect(priceOf(ofNotary)['total']).toBeLessThanOrEqual(0.26)
  })
})

/** What a grant's sessions called is looked up some time after its end, by a sweep: in no count of another request. */
async function untilCompared({ entries }: LifeUsage): Promise<void> {
  const [id = ''] = entries[0]?.id.split('/') ?? []
  const types = await until(
    async () => {
      await meter.ofOneSweep()
      return (await hotwork.ledger(id)).map(({ type }) => type)
    },
    (found) => found.includes('CallsCompared'),
    90,
  )
  if (!types.includes('CallsCompared')) throw new Error(`the calls of ${id} were not compared in 90 s`)
}

describe('while people have not answered', () => {
  let ids: string[] = []
  let sweepOfNone: readonly CallCount[]
  const silenceSeconds = 20

  beforeAll(async () => {
    sweepOfNone = await meter.ofOneSweep()
    ids = await Promise.all(Array.from({ length: 5 }, () => hotwork.submitted(remediator, setParameter(prod))))
    for (const id of ids) {
      await desk.untilCard(id)
      await until(
        () => statesOf(local, id),
        (states) => states.includes('Tier2 owner'),
      )
    }
  })

  test('five requests ask nothing of AWS, and wake no Lambda', async () => {
    // Anything that asked for a request now and then would show here, unless less often than this window is long. What
    // rules start is left out; the sweep, which looks at requests, has its own test below.
    expect(await meter.inSilence(silenceSeconds)).toEqual({ calls: [], invocations: {} })
    for (const id of ids) expect((await hotwork.view(id)).status).toBe('pending')
  })

  test('the sweep asks as little as when nothing waits', async () => {
    expect(sweepOfNone).toMatchObject([{ service: 'dynamodb', operation: 'Query', calls: 3 }])
    expect(await meter.ofOneSweep()).toEqual(sweepOfNone)
  })

  afterAll(async () => {
    for (const id of ids)
      await hotwork.json('POST', `/access/v1/requests/${id}/cancel`, await hotwork.token(remediator))
    await meter.rest()
  })
})
