import { randomUUID } from 'node:crypto'
import { CreateAliasCommand, InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda'
import { LambdaStatementSigner } from '../../../functions/adapters/lambda/statement-signer.ts'
import { MemoryClock } from '../../support/memory-clock.ts'
import { MemoryLog } from '../../support/memory-log.ts'
import { start } from '../../support/world.ts'
import { become, documentOf, makeFunction, makeRole, putPolicy } from '../../targets/aws/iam/target-role.ts'
import { useAws } from '../emulator.ts'

/** A function that answers with its called alias, and a role that may call it by one of two. */
useAws()
const name = `signs-${randomUUID().slice(0, 8)}`
const tool = 'tool:flag-service' as never
let arn: string
let client: LambdaClient
let clock: MemoryClock
let log: MemoryLog
let signer: LambdaStatementSigner

beforeAll(async () => {
  arn = await makeFunction(
    name,
    'exports.handler = async (event, { invokedFunctionArn }) => ({ token: `${invokedFunctionArn}#${Date.now()}` })',
  )
  for (const Name of ['read', 'approval'])
    await new LambdaClient({}).send(new CreateAliasCommand({ FunctionName: name, FunctionVersion: '$LATEST', Name }))
  const caller = await makeRole(`${name}-caller`, { Principal: { AWS: '*' } })
  const allow = { Effect: 'Allow', Action: 'lambda:InvokeFunction', Resource: `${arn}:read` }
  await putPolicy(`${name}-caller`, 'calls', documentOf(allow))
  client = new LambdaClient({ credentials: await become(caller) })
})
beforeEach(() => {
  ;[clock, log] = [new MemoryClock(start), new MemoryLog()]
  signer = new LambdaStatementSigner(arn, { clock, log }, client)
})

test('a kind is signed through its alias, which the function sees', async () => {
  expect(await signer.sign('read', { tool })).toMatch(new RegExp(`^${arn}:read#`))
})

test('IAM refuses a caller the aliases of other kinds, the function without an alias, and a separately named alias', async () => {
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

test('a statement is reused for two minutes, and then signed again', async () => {
  const first = await signer.sign('read', { tool })
  clock.advance(119)
  expect(await signer.sign('read', { tool })).toBe(first)
  clock.advance(1)
  expect(await signer.sign('read', { tool })).not.toBe(first)
})
