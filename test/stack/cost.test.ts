import type { CallCount } from '../../tools/meter/call-meter.ts'
import { until, untilState } from './support/aws.ts'
import { deployed, prod, remediator, setParameter } from './support/deployment.ts'
import { priceOf } from './support/price.ts'
import { callsOf, type LifeUsage, liveOnce, Meter, splitOff, tableOf } from './support/usage.ts'

/**
 * Hotwork's calls of AWS, counted between its Lambdas and the emulator. Counts are exact where they cost money, and upper
 * bounds where they depend on how a stream batches its records. Runs before all other tests of its deployment, which is
 * otherwise idle.
 */
const hotwork = deployed()
const { local, desk } = hotwork
const meter = new Meter(local)

describe('an approved request of two stages, from its evaluation to its completion', () => {
  let usage: LifeUsage
  let ofNotary: LifeUsage
  beforeAll(async () => {
    // The first life also pays for calls that each process caches: the secret, the public key. A life in which a cache
    // expired is not counted either: the next one finds it filled.
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

  test('an approved request goes through two states, one for each awaited answer', () => {
    expect(usage.states).toEqual(['Tier2 owner', 'Tier2 sre'])
  })

  test('an approved request takes a KMS signature for its access token, one for its denial and one for its approval', () => {
    const signs = usage.calls.filter(({ service, operation }) => service === 'kms' && operation === 'Sign')
    expect(Object.fromEntries(signs.map(({ caller, calls }) => [caller, calls]))).toEqual({
      IssueToken: usage.accessTokens,
      SignStatement: 2,
    })
  })

  test('an approved request reads the resource once in each stage but the last, and once at the claim', () => {
    const reads = usage.calls.filter(({ service }) => service === 'ssm')
    expect(Object.fromEntries(reads.map(({ caller, calls }) => [caller, calls]))).toEqual({
      SubmitRequest: 1,
      ReceiveSlack: 1,
      IssueAwsCredentials: 1,
    })
    // A process assumes the reader's role and makes the key of the states once an hour, and not for each reading.
    const perProcess = usage.calls.filter(({ operation }) => operation === 'GenerateMac')
    for (const { calls } of perProcess) expect(calls).toBeLessThanOrEqual(1)
  })

  test('an approved request makes one session, writes one deny, and starts and signals one workflow', () => {
    const sessions = usage.calls.filter(({ operation }) => operation === 'AssumeRole')
    for (const { caller, calls } of sessions)
      expect(calls).toBeLessThanOrEqual(caller === 'IssueAwsCredentials' ? 2 : 1)

    const count = (service: string, operation: string) => callsOf(usage, service, operation)
    expect(count('iam', 'PutRolePolicy')).toBe(1)
    expect(count('states', 'StartExecution')).toBe(1)
    // One signal for each wait. If the waiting state and the stream look at once, both signal.
    expect(count('states', 'SendTaskSuccess')).toBeGreaterThanOrEqual(2)
    expect(count('states', 'SendTaskSuccess')).toBeLessThanOrEqual(4)
    expect(count('states', 'SendTaskFailure')).toBe(0)
  })

  test('an approved request commits seven times: once a step, and an intent before AWS credentials', () => {
    const commits = usage.calls.filter(({ operation }) => operation === 'TransactWriteItems')
    expect(Object.fromEntries(commits.map(({ caller, calls }) => [caller, calls]))).toEqual({
      SubmitRequest: 1,
      ReceiveSlack: 2,
      IssueToken: 1,
      IssueAwsCredentials: 2,
      CompleteRequest: 1,
    })
  })

  test('an approved request stays within a number of calls and invocations', () => {
    // A reminder of the owner's stage, and a notice before the grant's end unless the agent was done first.
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

  test('a thousand approved requests cost at most 26 cents', () => {
    // L4 wants 20. The record is 10 of it, since a transaction pays twice; transitions are 5, signatures 4.5.
    expect(priceOf(usage)['total']).toBeLessThanOrEqual(0.26)
  })

  test('the notary costs at most 26 cents more for a thousand requests, one at a time', () => {
    expect(ofNotary.calls.filter(({ service }) => service === 's3').length).toBeGreaterThan(0)
    expect(priceOf(ofNotary)['total']).toBeLessThanOrEqual(0.26)
  })
})

/** Waits until a sweep has compared the calls of a grant's sessions, so that no later count includes it. */
async function untilCompared({ entries }: LifeUsage): Promise<void> {
  const [id = ''] = entries[0]?.id.split('/') ?? []
  const types = await until(
    async () => {
      await meter.sweep()
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
      await untilState(local, id, 'Tier2 owner')
    }
  })

  test('five pending requests ask nothing of AWS, and wake no Lambda', async () => {
    // A poll of requests would show here, unless its interval is longer than this window. Work that rules start is left
    // out; the sweep, which looks at requests, has its own test below.
    expect(await meter.inSilence(silenceSeconds)).toEqual({ calls: [], invocations: {} })
    for (const id of ids) expect((await hotwork.view(id)).status).toBe('pending')
  })

  test('the sweep makes no more calls with pending requests than without', async () => {
    // The registry of agents is read once in a call.
    expect(sweepOfNone).toMatchObject([
      { service: 'dynamodb', operation: 'BatchGetItem', calls: 1 },
      { service: 'dynamodb', operation: 'Query', calls: 3 },
    ])
    expect(await meter.ofOneSweep()).toEqual(sweepOfNone)
  })

  afterAll(async () => {
    for (const id of ids) await hotwork.as(remediator, 'POST', `/access/v1/requests/${id}/cancel`)
    await meter.rest()
  })
})
