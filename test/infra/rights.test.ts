import models from '../../functions/targets/aws/hosts/models.json' with { type: 'json' }
import { type Lambda, lambdas } from '../../infra/functions.ts'
import { synthesize } from './support/assembly.ts'
import { grantedIn, meets, type Need, needsOf, type Right, reachedBy } from './support/rights.ts'

/** The calls that each function's code can make, by a call graph, are compared with its rights in the template. */
const granted = grantedIn(synthesize().hotwork)
const reached = reachedBy()

const names = lambdas.map(({ name }) => name)
const rightsOf = (name: string) => granted[name]?.rights ?? []
const needsIn = (name: string): readonly Need[] => {
  const [code, own] = [reached[name], granted[name]]
  if (!code || !own) throw new Error(`${name} is no function of both the code and the template`)
  return needsOf(code, own)
}
/** Reads of hosts are named by data, which the graph does not read. */
const modelled: readonly Need[] = Object.keys(models).map((action) => ({ action, thing: undefined, by: [] }))
const usedBy = (name: string) => [...needsIn(name), ...(name === 'look-at-hosts' ? modelled : [])]
const sayRight = ({ action, resource }: Right) => `${action} on ${resource}`
const sayNeed = ({ action, thing = 'any' }: Need) => `${action} on ${thing}`

/** Calls that the graph finds but no function makes, each with its reason. */
const neverMade: { readonly [name: string]: { readonly [need: string]: string } } = {
  'erase-texts': { 'dynamodb:PutItem on <Texts>': 'the entry of an erasure has no personal text' },
  'cancel-request': { 'dynamodb:PutItem on <Texts>': 'a request is withdrawn without a word' },
  'follow-runs': {
    'sts:TagSession on any': 'a session of a follower has no tag: nothing ends it',
    'sts:SetSourceIdentity on any': 'the same: it reads and cancels the one run of its session policy',
  },
  'lift-halt': { 'dynamodb:PutItem on <Texts>': 'a halt is lifted without a word' },
}

/** A Lambda of another kind reads by its own reader, which the graph cannot tell from AWS's. */
const isAwsReading = ({ kind = 'aws' }: Lambda, { by }: Need) =>
  kind !== 'aws' && by.some((place) => place.startsWith('functions/targets/aws/reads/'))

/** Rights that AWS uses in the function's name, not its code. */
const ofLambda = [
  /^logs:(?:CreateLogStream|PutLogEvents) on /,
  /^dynamodb:(?:DescribeStream|GetRecords|GetShardIterator) on <\w+\.StreamArn>$/,
  /^dynamodb:ListStreams on <\w+>\/stream\/\*$/,
  /^sqs:(?:ReceiveMessage|DeleteMessage|GetQueueAttributes) on /,
  /^sqs:SendMessage on <DeadLettersInvocations>$/,
]

test.each(lambdas.map((each) => [each.name, each] as const))(
  'the function %s has the right to each call that its code can reach',
  (name, lambda) => {
    const missing = needsIn(name)
      .filter((need) => !rightsOf(name).some((right) => meets(right, need)))
      .filter((need) => neverMade[name]?.[sayNeed(need)] === undefined && !isAwsReading(lambda, need))
    expect(missing.map((need) => ({ right: sayNeed(need), path: need.by }))).toEqual([])
  },
)

test.each(names)('the function %s has no right that its code cannot use', (name) => {
  const unused = rightsOf(name).filter((right) => !usedBy(name).some((need) => meets(right, need)))
  expect(unused.map(sayRight).filter((right) => !ofLambda.some((each) => each.test(right)))).toEqual([])
})

test.each(names)('the function %s may put only rows that its code writes', (name) => {
  const keys = rightsOf(name)
    .filter(({ resource }) => resource === '<Requests>')
    .flatMap((right) => right.keys)
  const rows = new Set(reached[name]?.rows)
  expect(keys.filter((key) => !rows.has(/^[A-Z]+#/.exec(key)?.[0] ?? key))).toEqual([])
})

test('each exception is still needed', () => {
  for (const [name, reasons] of Object.entries(neverMade)) {
    const missing = needsIn(name).filter((need) => !rightsOf(name).some((right) => meets(right, need)))
    expect(Object.keys(reasons).filter((reason) => !missing.map(sayNeed).includes(reason))).toEqual([])
  }
  const all = names.flatMap((name) => rightsOf(name).map(sayRight))
  for (const each of ofLambda) expect(all.some((right) => each.test(right))).toBe(true)
})

test('the call graph follows ports, objects of functions and variables of classes to tables, indexes and queues', () => {
  const has = (name: string) => new Set(needsIn(name).map(sayNeed))
  expect(has('receive-slack')).toContain('dynamodb:Query on <Requests>/index/by-time')
  expect(has('sign-receipt')).toContain('dynamodb:BatchGetItem on <Requests>')
  expect(has('hand-on')).toContain('sqs:SendMessage on <Denies>')
  expect(has('decide-request')).toContain('lambda:InvokeFunction on <SignStatement>')
  expect(has('read-log')).not.toContain('dynamodb:GetItem on <Requests>')
})
