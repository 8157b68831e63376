import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation'
import { CloudTrailClient, LookupEventsCommand } from '@aws-sdk/client-cloudtrail'
import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb'
import { DescribeServicesCommand, ECSClient } from '@aws-sdk/client-ecs'
import { GetFunctionConfigurationCommand, LambdaClient, ListEventSourceMappingsCommand } from '@aws-sdk/client-lambda'
import { GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs'
import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm'
import type { JsonObject } from '../../../../functions/domain/values.ts'
import { modelIn, modelOf, packageOf, prefixOf } from '../../../../functions/targets/aws/models/models.ts'
import { shapesFrom } from '../../../../functions/targets/aws/models/read-model.ts'
import { callBy } from '../../../../functions/targets/aws/reads/model-call.ts'

/** A model does what AWS's own client of its service does, to the byte. */

const root = process.cwd()

type Request = { [of in 'method' | 'url' | 'target' | 'type' | 'body' | 'signed']: string | undefined }
let server: Server
let asked: Request[] = []
let answer: { status: number; body: string | Buffer; type: string }
beforeAll(async () => {
  server = createServer(async (request, response) => {
    const chunks = await request.toArray()
    asked.push(told(request, Buffer.concat(chunks).toString()))
    response.writeHead(answer.status, { 'content-type': answer.type }).end(answer.body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
})
beforeEach(() => {
  asked = []
  process.env['AWS_ENDPOINT_URL'] = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => new Promise((resolve) => server.close(resolve)))

const told = ({ method, url, headers }: IncomingMessage, body: string): Request => ({
  ...{ method, url, body, target: headers['x-amz-target'] as string, type: headers['content-type'] },
  signed: /Credential=\w+\/\d+\/([\w/-]+)/.exec(headers.authorization ?? '')?.[1],
})

const settings = {
  credentials: async () => ({ accessKeyId: 'a', secretAccessKey: 'b', sessionToken: 'c', expiration: new Date(2e12) }),
  maxAttempts: 1,
  requestHandler: { connectionTimeout: 1000, requestTimeout: 5000, throwOnRequestTimeout: true },
}
const account = { partition: 'aws' as const, region: 'eu-west-3', accountId: '000000000000', externalId: 'xx' }

async function read(action: string, args: JsonObject): Promise<unknown> {
  const model = modelOf(action, [])
  if (!model) throw new Error(`no model of ${action}`)
  const { $metadata: _, ...found } = (await callBy(model, { account, ...settings })(
    args,
    new AbortController().signal,
  )) as JsonObject
  return found
}

const json = (body: object) => ({ status: 200, type: 'application/x-amz-json-1.1', body: JSON.stringify(body) })
const xml = (body: string) => ({ status: 200, type: 'text/xml', body })

const client = { region: 'eu-west-3', ...settings }
test.each<[action: string, args: JsonObject, byClient: () => Promise<object>, answer: typeof answer]>([
  [
    'ssm:GetParameter',
    { Name: '/a' },
    () => new SSMClient(client).send(new GetParameterCommand({ Name: '/a' })),
    json({ Parameter: { Value: 'x', LastModifiedDate: 1.7e9, Version: 3, Another: 1 } }),
  ],
  [
    'dynamodb:GetItem',
    { TableName: 't', Key: { id: { B: 'AQ==' } }, ConsistentRead: true },
    () =>
      new DynamoDBClient({ ...client, accountIdEndpointMode: 'disabled' }).send(
        new GetItemCommand({ TableName: 't', Key: { id: { B: Buffer.from([1]) } }, ConsistentRead: true }),
      ),
    json({
      Item: { id: { B: 'AQ==' }, n: { N: '1.5' }, l: { L: [{ M: { x: { NULL: true } } }] }, s: { BS: ['AQ=='] } },
    }),
  ],
  [
    'ecs:DescribeServices',
    { cluster: 'c', services: ['s'] },
    () => new ECSClient(client).send(new DescribeServicesCommand({ cluster: 'c', services: ['s'] })),
    json({ services: [{ desiredCount: 2, createdAt: 1.7e9, deployments: [{ status: 'PRIMARY' }] }], failures: [] }),
  ],
  [
    'lambda:GetFunctionConfiguration',
    { FunctionName: 'f', Qualifier: '$LATEST' },
    () =>
      new LambdaClient(client).send(new GetFunctionConfigurationCommand({ FunctionName: 'f', Qualifier: '$LATEST' })),
    json({ Timeout: 3, Environment: { Variables: { A: 'b' } }, LastModified: '2026-01-01T00:00:00.000+0000' }),
  ],
  [
    'lambda:ListEventSourceMappings',
    { FunctionName: 'f', MaxItems: 5 },
    () => new LambdaClient(client).send(new ListEventSourceMappingsCommand({ FunctionName: 'f', MaxItems: 5 })),
    json({ EventSourceMappings: [{ UUID: 'u', LastModified: 1.7e9 }] }),
  ],
  [
    'cloudtrail:LookupEvents',
    { StartTime: '2026-01-01T00:00:00.000Z' },
    () => new CloudTrailClient(client).send(new LookupEventsCommand({ StartTime: new Date('2026-01-01') })),
    json({ Events: [{ EventId: 'e', EventTime: 1.7e9 }] }),
  ],
  [
    'sqs:GetQueueAttributes',
    { QueueUrl: 'https://q/1/a', AttributeNames: ['All'] },
    () =>
      new SQSClient({ ...client, useQueueUrlAsEndpoint: false }).send(
        new GetQueueAttributesCommand({ QueueUrl: 'https://q/1/a', AttributeNames: ['All'] }),
      ),
    json({ Attributes: { ApproximateNumberOfMessages: '7' } }),
  ],
  [
    'cloudformation:DescribeStacks',
    { StackName: 's' },
    () => new CloudFormationClient(client).send(new DescribeStacksCommand({ StackName: 's' })),
    xml(
      '<DescribeStacksResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><DescribeStacksResult><Stacks><member><StackName>s</StackName><CreationTime>2026-01-01T00:00:00Z</CreationTime><DisableRollback>false</DisableRollback><Outputs/></member></Stacks></DescribeStacksResult></DescribeStacksResponse>',
    ),
  ],
])("%s sends and reads what AWS's own client does", async (action, args, byClient, given) => {
  answer = given
  const { $metadata: _, ...found } = (await byClient()) as JsonObject
  expect(await read(action, args)).toEqual(found)
  expect(asked[1]).toEqual(asked[0])
  expect(asked).toHaveLength(2)
})

test("EC2's protocol is sent and read", async () => {
  answer = xml(
    '<DescribeInstancesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><reservationSet><item><instancesSet><item><instanceId>i-1</instanceId><launchTime>2026-01-01T00:00:00Z</launchTime></item></instancesSet></item></reservationSet></DescribeInstancesResponse>',
  )
  expect(await read('ec2:DescribeInstances', { InstanceIds: ['i-1'] })).toEqual({
    Reservations: [{ Instances: [{ InstanceId: 'i-1', LaunchTime: new Date('2026-01-01') }] }],
  })
  expect(asked).toMatchObject([
    {
      method: 'POST',
      body: 'Action=DescribeInstances&Version=2016-11-15&InstanceId.1=i-1',
      signed: 'eu-west-3/ec2/aws4_request',
    },
  ])
})

test('a global service is signed for its own Region, and its path holds the arguments', async () => {
  answer = xml(
    '<ListResourceRecordSetsResponse><ResourceRecordSets><ResourceRecordSet><Name>a.b</Name><TTL>60</TTL></ResourceRecordSet></ResourceRecordSets></ListResourceRecordSetsResponse>',
  )
  expect(await read('route53:ListResourceRecordSets', { HostedZoneId: 'Z1', MaxItems: 1 })).toEqual({
    ResourceRecordSets: [{ Name: 'a.b', TTL: 60 }],
  })
  expect(asked).toMatchObject([
    { method: 'GET', url: '/2013-04-01/hostedzone/Z1/rrset?maxitems=1', signed: 'us-east-1/route53/aws4_request' },
  ])
})

test('an error has the name that the wire has, though its client is loaded', async () => {
  answer = {
    ...{ status: 400, type: 'text/xml' },
    body: '<ErrorResponse><Error><Code>AWS.SimpleQueueService.Nothing</Code><Message>no</Message></Error></ErrorResponse>',
  }
  await expect(read('rds:DescribeDBInstances', {})).rejects.toMatchObject({ name: 'AWS.SimpleQueueService.Nothing' })
})

test('an absent error has its code on the wire beside its name', () => {
  const model = modelOf('rds:DescribeDBInstances', ['DBInstanceNotFoundFault'])
  expect(model?.errors).toEqual({ DBInstanceNotFound: 'DBInstanceNotFoundFault' })
})

test.each([
  'dynamodb:GetItem',
  'ecs:DescribeServices',
  'lambda:GetFunctionConcurrency',
  'lambda:GetFunctionConfiguration',
  'ssm:GetParameter',
  'lambda:Invoke',
  'ssm:StartAutomationExecution',
  'states:StopExecution',
])("the model of %s is that of AWS's present client", (action) => {
  const [prefix = '', operation = ''] = action.split(':')
  const { shapes, operations: _, runs: _1, errors: __, ...service } = modelIn(packageOf(prefix), root) ?? fail()
  expect(modelOf(action, [])).toEqual({ ...service, operation, errors: {}, shapes: shapesFrom(shapes, operation) })
})

test('operations that change something are modelled only if they start or stop a run', () => {
  expect(modelOf('ssm:SendCommand', [])).toBeUndefined()
  expect(modelOf('lambda:UpdateFunctionConfiguration', [])).toBeUndefined()
})

const fail = (): never => {
  throw new Error('the client is not installed')
}

test('the prefix of a service and the name of its package belong together', () => {
  for (const prefix of ['autoscaling', 'states', 'rds']) {
    expect(prefixOf(packageOf(prefix).replace('@aws-sdk/', ''))).toBe(prefix)
    expect(modelOf(`${prefix}:Nothing`, [])).toBeUndefined()
  }
  expect(packageOf('elasticloadbalancing')).toBe('@aws-sdk/client-elastic-load-balancing-v2')
})
