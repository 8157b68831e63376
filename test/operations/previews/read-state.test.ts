import { JmesPathExpressions } from '../../../functions/adapters/jmespath/expressions.ts'
import { digestOf } from '../../../functions/domain/digest.ts'
import type { Bundle } from '../../../functions/domain/policy/bundle.ts'
import { compareUpdate } from '../../../functions/domain/previews/update-expression.ts'
import { largestPreview, type Matched } from '../../../functions/domain/record/preview.ts'
import type { Json, JsonObject } from '../../../functions/domain/values.ts'
import { KeyUnavailable } from '../../../functions/operations/faults.ts'
import type { StateAsk } from '../../../functions/operations/previews/ports.ts'
import { CatalogueStateReader } from '../../../functions/operations/previews/read-state.ts'
import { readerOf as awsReader } from '../../../functions/targets/aws/reads/aws-reads.ts'
import { readerOf as toolReader } from '../../../functions/targets/tool/reach.ts'
import { requestId, submittedAt } from '../../support/ask.ts'
import { MemoryClock } from '../../support/memory-clock.ts'
import { MemoryLog } from '../../support/memory-log.ts'
import { MemorySources } from '../../support/previews/memory-sources.ts'
import { sampleBundle } from '../../support/world.ts'

/** The present state as people are shown it, and sources that do not answer as their entry expects. */

const canary = 'canary-7f2a-of-the-present-value'
const LastModifiedDate = '2027-01-14T12:00:00.000Z'
const parameter = (Value: unknown, Version: unknown = 7, more: JsonObject = {}) =>
  ({ Parameter: { Name: '/staging/x', Type: 'String', Value, Version, LastModifiedDate, ...more } }) as JsonObject

let bundle: Bundle
beforeAll(() => {
  bundle = sampleBundle()
}, 600_000)

function make({ change = (_: Bundle) => {}, patience = 200, stateKey = async () => 'k' } = {}) {
  const [sources, log, clock] = [new MemorySources(), new MemoryLog(), new MemoryClock(submittedAt)]
  const own = structuredClone(bundle)
  change(own)
  const policy = { bundle: own }
  const reader = new CatalogueStateReader(
    {
      ...{ policy, clock, log },
      readers: { aws: awsReader(sources, { policy }), tool: toolReader(sources, { policy }) },
      expressions: new JmesPathExpressions(),
      stateKey: { read: stateKey },
    },
    patience,
  )
  return { sources, log, clock, reader }
}
const ask: StateAsk = {
  request: requestId(1),
  action: 'ssm:PutParameter',
  arguments: { Name: '/staging/x', Value: '450', Overwrite: true },
  resource: { type: 'ssm:parameter', id: 'arn:aws:ssm:us-east-1:000000000000:parameter/staging/x' },
  classification: 'internal',
}
const asks = {
  concurrency: {
    ...ask,
    action: 'lambda:PutFunctionConcurrency',
    arguments: { FunctionName: 'staging-worker', ReservedConcurrentExecutions: 5 },
  },
  configuration: {
    ...ask,
    action: 'lambda:UpdateFunctionConfiguration',
    arguments: {
      FunctionName: 'staging-worker',
      Environment: { Variables: { MODE: 'new-and-longer-mode' } },
      Timeout: 60,
    },
  },
  item: {
    ...ask,
    action: 'dynamodb:UpdateItem',
    arguments: {
      TableName: 'staging-flags',
      Key: { id: { S: 'a' } },
      UpdateExpression: 'SET #n = :n',
      ExpressionAttributeNames: { '#n': 'n' },
      ExpressionAttributeValues: { ':n': { N: '2' } },
    },
    classification: 'confidential',
  },
  service: { ...ask, action: 'ecs:UpdateService', arguments: { cluster: 'staging', service: 'web', desiredCount: 4 } },
  flag: { ...ask, action: 'flags:set', arguments: { environment: 'staging', flag: 'dark', value: true } },
} satisfies { [name: string]: StateAsk }

async function matched({ reader }: { reader: CatalogueStateReader }, about: StateAsk = ask): Promise<Matched> {
  const reading = await reader.read(about)
  expect(reading?.preview).toMatchObject({ outcome: 'matched' })
  return reading?.preview as Matched
}

test('people are shown the present value and the one that would be, of the arguments that are asked for', async () => {
  const world = make()
  world.sources.answer('ssm:GetParameter', parameter('300'))
  expect(await matched(world)).toMatchObject({
    before: { Value: '300' },
    after: { Value: '450' },
    observedAt: submittedAt,
    gap: true,
  })
  expect(world.sources.asked).toEqual([
    { action: 'ssm:GetParameter', arguments: { Name: '/staging/x' }, of: '000000000000' },
  ])
})

test('people are shown nothing before of an absent resource, and a state all the same', async () => {
  const world = make()
  const absent = await matched(world)
  expect(absent).toMatchObject({ before: {}, after: { Value: '450' } })
  world.sources.answer('ssm:GetParameter', parameter('300', 1))
  expect((await matched(world)).state).not.toBe(absent.state)
})

test('people are shown of each sample action the result of its read', async () => {
  const world = make()
  const { sources } = world
  sources.answer('lambda:GetFunctionConcurrency', {})
  expect(await matched(world, asks.concurrency)).toMatchObject({
    before: {},
    after: { ReservedConcurrentExecutions: 5 },
  })
  sources.answer('lambda:GetFunctionConcurrency', { ReservedConcurrentExecutions: 2 })
  expect((await matched(world, asks.concurrency)).before).toEqual({ ReservedConcurrentExecutions: 2 })

  sources.answer('dynamodb:GetItem', { Item: { id: { S: 'a' }, n: { N: '1' } } })
  const item = await matched(world, asks.item)
  expect([item.before, item.after]).toEqual([
    { UpdateExpression: { n: { N: '(1 character)' } } },
    { UpdateExpression: { n: { N: '(1 character), another value' } } },
  ])
  expect(sources.asked.at(-1)?.arguments).toEqual({
    TableName: 'staging-flags',
    Key: { id: { S: 'a' } },
    ConsistentRead: true,
  })

  const taskDefinition = 'arn:aws:ecs:us-east-1:000000000000:task-definition/web:41'
  sources.answer('ecs:DescribeServices', {
    services: [{ desiredCount: 2, taskDefinition, createdAt: LastModifiedDate }],
  })
  expect(await matched(world, asks.service)).toMatchObject({ before: { desiredCount: 2 }, after: { desiredCount: 4 } })
  expect(sources.asked.at(-1)?.arguments).toEqual({ cluster: 'staging', services: ['web'] })

  sources.answer('flags:get', { environment: 'staging', flag: 'dark', value: false })
  expect(await matched(world, asks.flag)).toMatchObject({ before: { value: false }, after: { value: true } })
  expect(sources.asked.at(-1)?.of).toBe('tool:flag-service')
})

test.each<[expression: string, item: JsonObject | undefined, before: Json | undefined, after: Json]>([
  ['SET a = :v', { id: { S: 'x' }, a: { N: '1' } }, { a: { N: '1' } }, { a: { N: '2' } }],
  ['SET a = :v', { id: { S: 'x' } }, undefined, { a: { N: '2' } }],
  ['SET a = :v', undefined, undefined, { a: { N: '2' } }],
  ['ADD a :v', { a: { N: '1' }, b: { N: '3' } }, { a: { N: '1' }, b: { N: '3' } }, 'ADD a :v'],
])(
  'people are shown of an item what `%s` sets, and else all of it and the expression',
  (UpdateExpression, item, before, after) => {
    const args = { UpdateExpression, ExpressionAttributeValues: { ':v': { N: '2' } } }
    expect(compareUpdate(args, item)).toEqual({ ...(before !== undefined && { before }), after })
  },
)

test('people are shown the environment of a function in part at most, also of a class that is shown whole', async () => {
  const world = make()
  const Environment = { Variables: { MODE: canary } }
  world.sources.answer('lambda:GetFunctionConfiguration', { Environment, Timeout: 30, RevisionId: 'r1' })
  const preview = await matched(world, asks.configuration)
  expect(preview).toMatchObject({
    before: { Environment: { Variables: { MODE: 'cana... (32 characters)' } }, Timeout: 30 },
    after: { Timeout: 60 },
    masked: ['Environment'],
  })
  expect(preview).not.toHaveProperty('gap')
  expect(JSON.stringify(preview)).not.toContain(canary)
})

test.each([
  ['restricted', 'hidden, another value'],
  ['control-plane', 'hidden, another value'],
  ['unheard-of', 'hidden, another value'],
  ['confidential', '(3 characters), another value'],
])('people are shown no value whole of the class %s', async (classification, after) => {
  const world = make()
  world.sources.answer('ssm:GetParameter', parameter(canary))
  const preview = await matched(world, { ...ask, classification })
  expect(preview.after).toEqual({ Value: after })
  expect(preview.masked).toEqual(['Value'])
  expect(JSON.stringify(preview)).not.toContain(canary)
})

test('people are shown that a SecureString is not decrypted', async () => {
  const world = make()
  world.sources.answer('ssm:GetParameter', parameter('AQICAHh-ciphertext', 3, { Type: 'SecureString' }))
  expect((await matched(world)).before).toEqual({ Value: 'a SecureString, which Hotwork does not decrypt' })
})

test('people are shown no more than fits into a record, of characters of any width', async () => {
  for (const character of ['x', '"', '\u0000', '😀']) {
    const world = make()
    world.sources.answer('ssm:GetParameter', parameter(character.repeat(8000)))
    const preview = await matched(world, { ...ask, arguments: { ...ask.arguments, Value: character.repeat(4096) } })
    expect(Buffer.byteLength(JSON.stringify(preview))).toBeLessThanOrEqual(largestPreview)
    expect(preview.masked).toEqual(['Value'])
  }
})

describe('the state', () => {
  const stateOf = async (answer: JsonObject, about = ask, key = 'k') => {
    const world = make({ stateKey: async () => key })
    world.sources.answer('ssm:GetParameter', answer)
    return (await matched(world, about)).state
  }

  test('a state is the same while the guarded values are, and another as soon as they are not', async () => {
    const state = await stateOf(parameter('300', 7))
    expect(await stateOf(parameter('300', 7))).toBe(state)
    expect(await stateOf(parameter('300', 8))).not.toBe(state)
  })

  test('a state of a parameter or service that was deleted and made again is another, with the same version and values', async () => {
    const later = '2027-01-15T07:00:00.000Z'
    const again = parameter('300', 1, { LastModifiedDate: later })
    expect(await stateOf(again)).not.toBe(await stateOf(parameter('300', 1)))
    const serviceOf = async (createdAt: string) => {
      const world = make()
      const taskDefinition = 'arn:aws:ecs:us-east-1:000000000000:task-definition/web:41'
      world.sources.answer('ecs:DescribeServices', { services: [{ desiredCount: 2, taskDefinition, createdAt }] })
      return (await matched(world, asks.service)).state
    }
    expect(await serviceOf(later)).not.toBe(await serviceOf(LastModifiedDate))
  })

  test('a state cannot be guessed by its readers: it is bound to the deployment, the request and the resource', async () => {
    const [answer, state] = [parameter('300', 7), await stateOf(parameter('300', 7))]
    expect(await stateOf(answer, ask, 'other')).not.toBe(state)
    expect(await stateOf(answer, { ...ask, request: requestId(2) })).not.toBe(state)
    expect(await stateOf(answer, { ...ask, resource: { ...ask.resource, id: 'other' } })).not.toBe(state)
    expect(state).not.toBe(digestOf('hotwork.state.v1', [7]))
  })

  test('a state is not taken without the deployment’s key', async () => {
    const world = make({ stateKey: () => Promise.reject(new KeyUnavailable('no')) })
    world.sources.answer('ssm:GetParameter', parameter('300'))
    expect((await world.reader.read(ask))?.preview).toMatchObject({ outcome: 'failed', why: 'unavailable' })
  })

  test('a state goes with the raw answer, for a call that carries it', async () => {
    const world = make()
    world.sources.answer('ssm:GetParameter', parameter('300'))
    expect((await world.reader.read(ask))?.raw).toEqual(parameter('300'))
  })
})

test.each<[what: string, why: string, set: (sources: MemorySources) => void, fault: string]>([
  ['is slow', 'unavailable', (it) => it.set('ssm:GetParameter', 'silence'), 'TooLate'],
  [
    'is denied',
    'denied',
    (it) => it.set('ssm:GetParameter', { found: 'failed', why: 'denied', fault: 'AccessDeniedException' }),
    'AccessDeniedException',
  ],
  [
    'gives a huge answer',
    'unreadable',
    (it) => it.answer('ssm:GetParameter', parameter(canary.repeat(9000))),
    'Unreadable',
  ],
  [
    'gives null for what is guarded',
    'unreadable',
    (it) => it.answer('ssm:GetParameter', parameter(canary, null)),
    'Unreadable',
  ],
  [
    'gives text where an object should be',
    'unreadable',
    (it) => it.answer('ssm:GetParameter', { Parameter: canary }),
    'Unreadable',
  ],
  ['gives text that has no form', 'unreadable', (it) => it.answer('ssm:GetParameter', parameter(1, '\ud800')), 'Error'],
])('a reading from a source that %s is %s, with no value in the log', async (_what, why, set, fault) => {
  const world = make()
  set(world.sources)
  const reading = await world.reader.read(ask)
  expect(reading).toEqual({ preview: { outcome: 'failed', why, observedAt: submittedAt } })
  expect(world.log.lines).toMatchObject([{ level: 'warn', message: 'state_unread', fields: { why } }])
  expect(world.log.lines[0]?.fields['fault']).toBe(fault)
  expect(JSON.stringify(world.log.lines)).not.toMatch(/canary|ud800/)
})

test('an object in place of a number is shown as it is, since people decide', async () => {
  const world = make()
  world.sources.answer('lambda:GetFunctionConcurrency', { ReservedConcurrentExecutions: { of: 2 } })
  expect((await matched(world, asks.concurrency)).before).toEqual({ ReservedConcurrentExecutions: { of: 2 } })
})

test('an expression that a value of another type breaks fails the reading, and says nothing of the value', async () => {
  const world = make({
    change: ({ actions }) => {
      const { preview } = actions['ssm:PutParameter'] as NonNullable<(typeof actions)[string]>
      if (preview) preview.show['Value'] = 'join(`,`, Parameter.Value)'
    },
  })
  world.sources.answer('ssm:GetParameter', parameter(canary))
  expect((await world.reader.read(ask))?.preview).toMatchObject({ outcome: 'failed', why: 'unreadable' })
  expect(JSON.stringify(world.log.lines)).not.toContain(canary)
})

test('an action without a preview, and a tool that the deployment has no address for, are not read at all', async () => {
  const world = make({
    change: ({ actions, deployment }) => {
      delete actions['ssm:PutParameter']?.preview
      delete deployment.tools['flag-service']?.reads
    },
  })
  expect(await world.reader.read(ask)).toBeUndefined()
  expect(await world.reader.read(asks.flag)).toBeUndefined()
  expect(world.sources.asked).toEqual([])
})

describe('the facts about what an action reaches', () => {
  const running = {
    ...{ label: 'running tasks', action: 'ecs:DescribeServices', value: 'services[0].runningCount' },
    arguments: { cluster: '{arguments.Name}', services: ['{arguments.Value}'] },
  }
  const withReach = (...reach: (typeof running)[]) => ({
    change(own: Bundle) {
      const entry = own.actions['ssm:PutParameter']
      if (entry) entry.reach = reach.length > 0 ? reach : [running]
    },
  })
  const service = (runningCount: unknown) => ({ services: [{ runningCount }] }) as JsonObject

  test('a fact stands beside the preview, and is read with the arguments of the request', async () => {
    const world = make(withReach())
    world.sources.answer('ssm:GetParameter', parameter('300'))
    world.sources.answer('ecs:DescribeServices', service(24))
    expect((await matched(world)).reach).toEqual([{ label: 'running tasks', value: 24 }])
    expect(world.sources.asked).toContainEqual({
      ...{ action: 'ecs:DescribeServices', arguments: { cluster: '/staging/x', services: ['450'] } },
      of: '000000000000',
    })
  })

  test('another fact is no other state', async () => {
    const [bare, world] = [make(), make(withReach())]
    for (const { sources } of [bare, world]) sources.answer('ssm:GetParameter', parameter('300'))
    const states: string[] = [(await matched(bare)).state]
    for (const count of [24, 7, undefined]) {
      world.sources.answer('ecs:DescribeServices', service(count))
      states.push((await matched(world)).state)
    }
    expect(new Set(states).size).toBe(1)
  })

  test.each<[what: string, answer: JsonObject]>([
    ['nothing', service(undefined)],
    ['a list', service([1])],
    ['a boolean', service(true)],
  ])('a fact that is %s is unknown', async (_what, answer) => {
    const world = make(withReach())
    world.sources.answer('ssm:GetParameter', parameter('300'))
    world.sources.answer('ecs:DescribeServices', answer)
    expect((await matched(world)).reach).toEqual([{ label: 'running tasks' }])
  })

  test('a fact that cannot be read is unknown, and the preview is as it was', async () => {
    const world = make(withReach())
    world.sources.answer('ssm:GetParameter', parameter('300'))
    world.sources.set('ecs:DescribeServices', { found: 'failed', why: 'denied', fault: 'AccessDenied' })
    expect(await matched(world)).toMatchObject({ before: { Value: '300' }, reach: [{ label: 'running tasks' }] })
  })

  test('a fact is shown beside a state that could not be read', async () => {
    const world = make(withReach())
    world.sources.set('ssm:GetParameter', { found: 'failed', why: 'denied', fault: 'AccessDenied' })
    world.sources.answer('ecs:DescribeServices', service(24))
    expect((await world.reader.read(ask))?.preview).toEqual({
      ...{ outcome: 'failed', why: 'denied', observedAt: submittedAt },
      reach: [{ label: 'running tasks', value: 24 }],
    })
  })

  test('facts of an action without a preview are read alone, and one that cannot be read is unknown', async () => {
    const world = make({
      change(own) {
        withReach(running, { ...running, label: 'tasks', value: 'nothing' }).change(own)
        delete own.actions['ssm:PutParameter']?.preview
      },
    })
    const unread = [{ label: 'running tasks' }, { label: 'tasks' }]
    const found = (reach: object) => ({ preview: { outcome: 'none', observedAt: submittedAt, reach } })
    world.sources.answer('ecs:DescribeServices', service(24))
    expect(await world.reader.read(ask)).toEqual(found([{ label: 'running tasks', value: 24 }, { label: 'tasks' }]))
    world.sources.set('ecs:DescribeServices', { found: 'failed', why: 'denied', fault: 'AccessDenied' })
    expect(await world.reader.read(ask)).toEqual(found(unread))
    expect(world.sources.asked.map(({ action }) => action)).not.toContain('ssm:GetParameter')
  })

  test('a class hides a fact as it hides a value, and a long one is cut', async () => {
    const world = make(withReach())
    world.sources.answer('ssm:GetParameter', parameter('300'))
    world.sources.answer('ecs:DescribeServices', service(canary))
    for (const classification of ['confidential', 'restricted', 'unheard-of'])
      expect(JSON.stringify((await matched(world, { ...ask, classification })).reach)).not.toContain(canary)
    world.sources.answer('ecs:DescribeServices', service('x'.repeat(500)))
    const [fact] = (await matched(world)).reach ?? []
    expect(fact?.value).toBe(`${'x'.repeat(60)}... (500 characters)`)
  })
})
