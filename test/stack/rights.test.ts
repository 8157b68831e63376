import {
  BatchGetItemCommand,
  DeleteItemCommand,
  DescribeTableCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb'
import {
  CreateRoleCommand,
  DeleteRoleCommand,
  DeleteRolePolicyCommand,
  GetRolePolicyCommand,
  IAMClient,
  ListRolePoliciesCommand,
  PutRolePolicyCommand,
} from '@aws-sdk/client-iam'
import { type FunctionConfiguration, LambdaClient, paginateListFunctions } from '@aws-sdk/client-lambda'
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts'
import { lambdas } from '../../infra/functions.ts'
import { type Granted, meets, type Need, needsOf, type Right, reachedBy } from '../infra/support/rights.ts'
import { listOf, statementsOf } from '../infra/support/template.ts'
import { administrator, connection } from './support/aws.ts'
import { deployed } from './support/deployment.ts'

const { local } = deployed()
const settings = { ...connection(local), credentials: administrator(local) }
const [iam, sts, lambda] = [new IAMClient(settings), new STSClient(settings), new LambdaClient(settings)]
const tables = new DynamoDBClient(settings)

/**
 * Each call of a table that a Lambda's code can reach is made once by the rights of its deployed role, which an engine
 * judges. A role of the test's own has them, since a Lambda's may be taken by Lambda alone. No call changes anything: a
 * write is asked to be over a row that is not there.
 */
const walker = `walker-${process.pid}-${Date.now()}`
const arnOf = (role: string) => `arn:aws:iam::${local.aws.accountId}:role/${role}`

beforeAll(async () => {
  const trust = {
    Effect: 'Allow',
    Principal: { AWS: `arn:aws:iam::${local.aws.accountId}:root` },
    Action: 'sts:AssumeRole',
  }
  const AssumeRolePolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement: [trust] })
  await iam.send(new CreateRoleCommand({ RoleName: walker, AssumeRolePolicyDocument }))
})
afterAll(async () => {
  await iam.send(new DeleteRolePolicyCommand({ RoleName: walker, PolicyName: 'Rights' })).catch(() => {})
  await iam.send(new DeleteRoleCommand({ RoleName: walker }))
})

type Deployed = { name: string; statements: readonly object[]; granted: Granted }

async function deployedLambdas(): Promise<readonly Deployed[]> {
  const found: FunctionConfiguration[] = []
  for await (const { Functions = [] } of paginateListFunctions({ client: lambda }, {}))
    found.push(...Functions.filter(({ FunctionName = '' }) => FunctionName.startsWith(`${local.aws.stackName}-`)))
  return Promise.all(
    found.flatMap(({ Description = '', Role = '', Environment: { Variables: told = {} } = {} }) => {
      const [, name] = /^Hotwork ([\w-]+)$/.exec(Description) ?? []
      return name === undefined ? [] : [rightsOf(Role.split('/').at(-1) ?? '').then((own) => ({ name, told, ...own }))]
    }),
  ).then((all) => all.map(({ name, told, statements, rights }) => ({ name, statements, granted: { told, rights } })))
}

async function rightsOf(RoleName: string): Promise<{ statements: readonly object[]; rights: readonly Right[] }> {
  const { PolicyNames = [] } = await iam.send(new ListRolePoliciesCommand({ RoleName }))
  const documents = await Promise.all(
    PolicyNames.map((PolicyName) => iam.send(new GetRolePolicyCommand({ RoleName, PolicyName }))),
  )
  const statements = documents.flatMap(({ PolicyDocument = '' }) =>
    statementsOf(JSON.parse(decodeURIComponent(PolicyDocument))),
  )
  const rights = statements.flatMap(({ Action, Resource }) =>
    listOf(Action).flatMap((action) =>
      listOf(Resource).map((resource) => ({ action: String(action), resource: tableIn(String(resource)), keys: [] })),
    ),
  )
  return { statements, rights }
}

/** The name of a table, with its index, as in a function's environment. */
const tableIn = (arn: string): string => /:table\/([^/]+(?:\/index\/.+)?)$/.exec(arn)?.[1] ?? arn

/** Calls that no function makes, as in test/infra/rights.test.ts, and that their roles deny. */
const neverMade: { readonly [name: string]: readonly string[] } = Object.fromEntries(
  ['cancel-request', 'erase-texts', 'lift-halt'].map((name) => [name, [`dynamodb:PutItem on ${local.aws.textsTable}`]]),
)

/** The calls of tables, each once. */
const needsIn = (name: string, granted: Granted) => {
  const code = reached[name]
  if (!code) throw new Error(`no code of ${name} is known`)
  const own = needsOf(code, granted).filter(
    ({ action, thing }) => action.startsWith('dynamodb:') && thing !== undefined,
  )
  return [...new Map(own.map((need) => [`${need.action} on ${need.thing}`, need])).values()]
}

type Key = { [attribute: string]: { S: string } | { N: string } }
/** Keys without an item, by table and index. */
const keys = new Map<string, Promise<Key>>()
function keyOf(table: string, index = ''): Promise<Key> {
  const known = keys.get(`${table} ${index}`) ?? describeKey(table, index)
  keys.set(`${table} ${index}`, known)
  return known
}

async function describeKey(TableName: string, index: string): Promise<Key> {
  const { Table } = await tables.send(new DescribeTableCommand({ TableName }))
  const { KeySchema = [] } =
    [Table, ...(Table?.GlobalSecondaryIndexes ?? [])].find(
      (each) => (each && 'IndexName' in each ? each.IndexName : '') === index,
    ) ?? {}
  const isNumber = (name: string) =>
    Table?.AttributeDefinitions?.some(
      ({ AttributeName, AttributeType }) => AttributeName === name && AttributeType === 'N',
    )
  return Object.fromEntries(
    KeySchema.map(({ AttributeName: name = '' }) => [name, isNumber(name) ? { N: '0' } : { S: 'nothing is here' }]),
  )
}

async function commandFor({ action, thing = '' }: Need) {
  const [TableName = '', IndexName] = thing.split('/index/')
  const Key = await keyOf(TableName, IndexName)
  const [partition = '', value = { S: '' }] = Object.entries(Key)[0] ?? []
  const ifThere = { ConditionExpression: 'attribute_exists(#k)', ExpressionAttributeNames: { '#k': partition } }
  const commands: { readonly [action: string]: () => unknown } = {
    'dynamodb:GetItem': () => new GetItemCommand({ TableName, Key }),
    'dynamodb:BatchGetItem': () => new BatchGetItemCommand({ RequestItems: { [TableName]: { Keys: [Key] } } }),
    'dynamodb:Query': () =>
      new QueryCommand({
        ...{ TableName, KeyConditionExpression: '#k = :v', Limit: 1, ...(IndexName !== undefined && { IndexName }) },
        ...{ ExpressionAttributeNames: { '#k': partition }, ExpressionAttributeValues: { ':v': value } },
      }),
    'dynamodb:Scan': () => new ScanCommand({ TableName, Limit: 1 }),
    'dynamodb:PutItem': () => new PutItemCommand({ TableName, Item: Key, ...ifThere }),
    'dynamodb:UpdateItem': () =>
      new UpdateItemCommand({ TableName, Key, UpdateExpression: 'REMOVE nothing', ...ifThere }),
    'dynamodb:DeleteItem': () => new DeleteItemCommand({ TableName, Key, ...ifThere }),
  }
  const made = commands[action]
  if (!made) throw new Error(`${action} is walked by no call`)
  return made() as GetItemCommand
}

/** The calls among `needs` that are denied under the rights of `statements` alone. */
async function deniedOf(statements: readonly object[], needs: readonly Need[]): Promise<readonly string[]> {
  const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement: statements })
  await iam.send(new PutRolePolicyCommand({ RoleName: walker, PolicyName: 'Rights', PolicyDocument }))
  const denied = await Promise.all(
    needs.map(async (need) => {
      const fault = await session.send(await commandFor(need)).then(
        () => 'done',
        ({ name }: Error) => name,
      )
      if (!['done', 'ConditionalCheckFailedException', 'AccessDeniedException'].includes(fault)) throw new Error(fault)
      return fault === 'AccessDeniedException' ? [`${need.action} on ${need.thing}`] : []
    }),
  )
  return denied.flat()
}

let all: readonly Deployed[]
let reached: ReturnType<typeof reachedBy>
let session: DynamoDBClient
beforeAll(async () => {
  reached = reachedBy()
  all = await deployedLambdas()
  const assumed = await sts.send(new AssumeRoleCommand({ RoleArn: arnOf(walker), RoleSessionName: 'walk' }))
  const { AccessKeyId = '', SecretAccessKey = '', SessionToken = '' } = assumed.Credentials ?? {}
  const credentials = { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken }
  session = new DynamoDBClient({ ...settings, credentials })
})

test('each call of a table that a Lambda can reach is allowed by its deployed role', async () => {
  expect(all).toHaveLength(lambdas.length)
  const walked: { [name: string]: number } = {}
  for (const { name, statements, granted } of all) {
    const needs = needsIn(name, granted)
    expect([name, await deniedOf(statements, needs)]).toEqual([name, neverMade[name] ?? []])
    walked[name] = needs.length
  }
  expect(Object.values(walked).reduce((sum, each) => sum + each, 0)).toBeGreaterThan(200)
})

test('no deployed role may make a call of a table that its code cannot reach', () => {
  for (const { name, granted } of all) {
    const needs = needsIn(name, granted)
    const unused = granted.rights
      .filter(({ action }) => /^dynamodb:(?!DescribeStream|GetRecords|GetShardIterator|ListStreams)/.test(action))
      .filter((right) => !needs.some((need) => meets(right, need)))
    expect([name, unused]).toEqual([name, []])
  }
})

test('a right that is taken away from a role is reported by name', async () => {
  const { name, statements, granted } = all.find((each) => each.name === 'receive-slack') as Deployed
  const needs = needsIn(name, granted)
  for (const index of ['by-time', 'open']) {
    const without = JSON.parse(JSON.stringify(statements).replaceAll(`/index/${index}"`, '/index/none"')) as object[]
    expect(await deniedOf(without, needs)).toEqual([`dynamodb:Query on ${local.aws.requestsTable}/index/${index}`])
  }
})
