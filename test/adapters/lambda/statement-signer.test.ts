import { randomUUID } from 'node:crypto'
import { CreateRoleCommand, IAMClient, PutRolePolicyCommand } from '@aws-sdk/client-iam'
import { CreateAliasCommand, CreateFunctionCommand, InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda'
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts'
import { LambdaStatementSigner } from '../../../functions/adapters/lambda/statement-signer.ts'
import { zipOne } from '../../../local/sample-target.ts'
import { MemoryClock } from '../../support/memory-clock.ts'
import { MemoryLog } from '../../support/memory-log.ts'
import { start } from '../../support/world.ts'
import { useAws } from '../emulator.ts'

/** A function with two aliases, which answers by which it was called, and a role that may call it by one of them. */
useAws()
const name = `signs-${randomUUID().slice(0, 8)}`
const tool = 'tool:flag-service' as never
let arn: string
let client: LambdaClient
let clock: MemoryClock
let log: MemoryLog
let signer: LambdaStatementSigner

beforeAll(async () => {
  const [iam, lambda] = [new IAMClient({}), new LambdaClient({})]
  const makeRole = async (RoleName: string, Principal: object) => {
    const trust = { Effect: 'Allow', Principal, Action: 'sts:AssumeRole' }
    const AssumeRolePolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement: [trust] })
    return (await iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument }))).Role?.Arn
  }
  const Role = await makeRole(name, { Service: 'lambda.amazonaws.com' })
  const source =
    'exports.handler = async (event, { invokedFunctionArn }) => ({ token: `${invokedFunctionArn}#${Date.now()}` })'
  const made = await lambda.send(
    new CreateFunctionCommand({
      ...{ FunctionName: name, Role, Runtime: 'nodejs24.x', Handler: 'index.handler' },
      Code: { ZipFile: zipOne('index.js', source) },
    }),
  )
  arn = made.FunctionArn as string
  for (const Name of ['read', 'approval'])
    await lambda.send(new CreateAliasCommand({ FunctionName: name, FunctionVersion: '$LATEST', Name }))

  const RoleArn = await makeRole(`${name}-caller`, { AWS: '*' })
  const allow = { Effect: 'Allow', Action: 'lambda:InvokeFunction', Resource: `${arn}:read` }
  const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement: [allow] })
  await iam.send(new PutRolePolicyCommand({ RoleName: `${name}-caller`, PolicyName: 'calls', PolicyDocument }))
  const session = await new STSClient({}).send(new AssumeRoleCommand({ RoleArn, RoleSessionName: 'caller' }))
  const { AccessKeyId = '', SecretAccessKey = '', SessionToken = '' } = session.Credentials ?? {}
  const credentials = { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken }
  client = new LambdaClient({ credentials })
})
beforeEach(() => {
  ;[clock, log] = [new MemoryClock(start), new MemoryLog()]
  signer = new LambdaStatementSigner(arn, { clock, log }, client)
})

test('a caller has a kind signed by the alias of that kind, which the function sees', async () => {
  expect(await signer.sign('read', { tool })).toMatch(new RegExp(`^${arn}:read#`))
})

test('IAM refuses a caller the aliases of other kinds, the function without an alias, and an alias named apart', async () => {
  expect(await signer.sign('approval', {} as never)).toBeUndefined()
  expect(log.lines).toMatchObject([{ message: 'statement_unsigned', fields: { fault: 'AccessDeniedException' } }])
  const asked = [
    { FunctionName: arn },
    { FunctionName: name },
    { FunctionName: `${arn}:$LATEST` },
    { FunctionName: arn, Qualifier: 'approval' },
  ]
  for (const each of asked)
    await expect(client.send(new InvokeCommand(each))).rejects.toMatchObject({ name: 'AccessDeniedException' })
})

test('a statement is used again for two minutes, and then signed again', async () => {
  const first = await signer.sign('read', { tool })
  clock.advance(119)
  expect(await signer.sign('read', { tool })).toBe(first)
  clock.advance(1)
  expect(await signer.sign('read', { tool })).not.toBe(first)
})
