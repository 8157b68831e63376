// Rules: test/local/python-environment.test.ts
import { crc32 } from 'node:zlib'
import { CreateTableCommand, DynamoDBClient, PutItemCommand, waitUntilTableExists } from '@aws-sdk/client-dynamodb'
import { CreateRoleCommand, IAMClient, PutRolePolicyCommand } from '@aws-sdk/client-iam'
import { CreateFunctionCommand, LambdaClient } from '@aws-sdk/client-lambda'
import { CreateStateMachineCommand, SFNClient } from '@aws-sdk/client-sfn'
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm'
import { type AwsAccess, clientSettings } from './emulator.ts'

/** A ZIP archive of one uncompressed file (APPNOTE 6.3.10, sections 4.3.7, 4.3.12 and 4.3.16). */
export function zipOne(name: string, content: string): Uint8Array {
  const path = Buffer.from(name)
  const data = Buffer.from(content)
  const sizes = [crc32(data), data.length, data.length]
  // The part that the local and the central header share: version 2.0, no flags, stored, 1 January 1980.
  const shared = Buffer.concat([uint16(20, 0, 0, 0, 0x21), uint32(...sizes), uint16(path.length, 0)])
  const local = Buffer.concat([uint32(0x04034b50), shared, path, data])
  // Made by version 2.0; no comment, disk 0, no attributes, and the offset of the local header: 0.
  const central = Buffer.concat([uint32(0x02014b50), uint16(20), shared, uint16(0, 0, 0), uint32(0, 0), path])
  const end = Buffer.concat([uint32(0x06054b50), uint16(0, 0, 1, 1), uint32(central.length, local.length), uint16(0)])
  return Buffer.concat([local, central, end])
}

const uint16 = (...values: number[]) => pack(values, 2)
const uint32 = (...values: number[]) => pack(values, 4)

function pack(values: number[], width: number): Buffer {
  const bytes = Buffer.alloc(values.length * width)
  for (const [index, value] of values.entries()) bytes.writeUIntLE(value, index * width, width)
  return bytes
}

/** In prod the payment timeout is wrong: the checkout service is unhealthy, so the example agent asks. */
export const parameters = {
  '/staging/checkout/payment-timeout-ms': '3000',
  '/prod/checkout/payment-timeout-ms': '30',
  '/prod/checkout/other': 'must not change',
  '/prod/hotwork/x': 'no approval can change this',
}

const functions = ['checkout-worker', 'staging-checkout-worker']
const table = 'checkout-flags'

/**
 * Creates the resources of the sample organisation's actions. In an emulator that has them they get their first values
 * again.
 */
export async function createSampleTarget(aws: AwsAccess, accountId: string): Promise<void> {
  await Promise.all([
    ...[setParameters(aws), createFunctions(aws, accountId), createMachine(aws, accountId)],
    ...[createFlags(aws), createHosts(aws)],
  ])
}

async function setParameters(aws: AwsAccess): Promise<void> {
  const ssm = new SSMClient(clientSettings(aws))
  for (const [Name, Value] of Object.entries(parameters)) {
    await ssm.send(new PutParameterCommand({ Name, Value, Type: 'String', Overwrite: true }))
  }
  ssm.destroy()
}

async function createFunctions(aws: AwsAccess, accountId: string): Promise<void> {
  const iam = new IAMClient(clientSettings(aws))
  const lambda = new LambdaClient(clientSettings(aws))
  const RoleName = 'checkout-worker'
  const trust = { Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' }
  const AssumeRolePolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement: [trust] })
  await iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument })).catch(unlessThere)
  const ZipFile = zipOne('index.js', 'exports.handler = async () => ({ done: true })\n')
  for (const FunctionName of functions) {
    const role = { Role: `arn:aws:iam::${accountId}:role/${RoleName}` }
    const code = { Runtime: 'nodejs24.x' as const, Handler: 'index.handler', Code: { ZipFile } }
    await lambda.send(new CreateFunctionCommand({ FunctionName, ...role, ...code })).catch(unlessThere)
  }
  iam.destroy()
  lambda.destroy()
}

/** Version 1 of the state machine of `states:StartExecution`, whose one state takes as long as its input says. */
async function createMachine(aws: AwsAccess, accountId: string): Promise<void> {
  const [iam, sfn] = [new IAMClient(clientSettings(aws)), new SFNClient(clientSettings(aws))]
  const name = 'checkout-backfill'
  const trust = { Effect: 'Allow', Principal: { Service: 'states.amazonaws.com' }, Action: 'sts:AssumeRole' }
  const AssumeRolePolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement: [trust] })
  await iam.send(new CreateRoleCommand({ RoleName: name, AssumeRolePolicyDocument })).catch(unlessThere)
  const Pace = { Type: 'Wait', SecondsPath: '$.pauseSeconds', Next: 'Sent' }
  const definition = JSON.stringify({ StartAt: 'Pace', States: { Pace, Sent: { Type: 'Succeed' } } })
  const roleArn = `arn:aws:iam::${accountId}:role/${name}`
  await sfn.send(new CreateStateMachineCommand({ name, roleArn, definition, publish: true })).catch(unlessThere)
  iam.destroy()
  sfn.destroy()
}

/** The hosts of `agent:remediator`, whose role may do nothing, and of `agent:nightly`, whose role needs no permit. */
async function createHosts(aws: AwsAccess): Promise<void> {
  const iam = new IAMClient(clientSettings(aws))
  const allow = (rest: object) => JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', ...rest }] })
  const AssumeRolePolicyDocument = allow({ Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' })
  for (const RoleName of ['remediator', 'nightly-jobs'])
    await iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument })).catch(unlessThere)
  const PolicyDocument = allow({ Action: 'ssm:*', Resource: 'arn:aws:ssm:*:*:parameter/staging/*' })
  const put = { RoleName: 'nightly-jobs', PolicyName: 'everything-of-staging', PolicyDocument }
  await iam.send(new PutRolePolicyCommand(put))
  iam.destroy()
}

async function createFlags(aws: AwsAccess): Promise<void> {
  const dynamo = new DynamoDBClient(clientSettings(aws))
  await dynamo
    .send(
      new CreateTableCommand({
        TableName: table,
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: [{ AttributeName: 'flag', AttributeType: 'S' }],
        KeySchema: [{ AttributeName: 'flag', KeyType: 'HASH' }],
      }),
    )
    .catch(unlessThere)
  await waitUntilTableExists({ client: dynamo, maxWaitTime: 30, minDelay: 1 }, { TableName: table })
  const Item = { flag: { S: 'express-checkout' }, enabled: { BOOL: true } }
  await dynamo.send(new PutItemCommand({ TableName: table, Item }))
  dynamo.destroy()
}

/** The caller's own emulator may have the resource already. */
function unlessThere(fault: Error): void {
  const names = ['EntityAlreadyExistsException', 'ResourceConflictException', 'ResourceInUseException']
  if (!names.includes(fault.name)) throw fault
}
