import { randomUUID } from 'node:crypto'
import { LambdaClient, PublishVersionCommand } from '@aws-sdk/client-lambda'
import {
  CreateStateMachineCommand,
  DescribeExecutionCommand,
  ListExecutionsCommand,
  SFNClient,
} from '@aws-sdk/client-sfn'
import type { Ask } from '../../../../functions/domain/record/request.ts'
import type { JsonObject, UseId } from '../../../../functions/domain/values.ts'
import { CallRefused, CallUnanswered } from '../../../../functions/operations/faults.ts'
import { SdkModelCaller } from '../../../../functions/targets/aws/reads/sdk-model-caller.ts'
import { describeRunAs } from '../../../../functions/targets/aws/runs/describe-run.ts'
import { keyOf, lookUpRun, startRun } from '../../../../functions/targets/aws/runs/start-run.ts'
import { useAws } from '../../../adapters/emulator.ts'
import { makeFunction, makeRole } from '../iam/target-role.ts'
import { readerAs, runNamed } from './played.ts'

/** State machines and functions, on the local engine. */

useAws()
jest.setTimeout(60_000)

const models = new SdkModelCaller()
const credentials = () => ({
  accessKeyId: process.env['AWS_ACCESS_KEY_ID'] ?? '',
  secretAccessKey: process.env['AWS_SECRET_ACCESS_KEY'] ?? '',
  sessionToken: '',
})
const own: typeof models = { call: (ask) => models.call({ ...ask, credentials: credentials() }) } as typeof models
const now = () => Math.floor(Date.now() / 1000)

function world(name: string, args: JsonObject, classification = 'internal') {
  const { example, ...of } = runNamed(name, { accountId: '000000000000' } as never)
  const use = `use_${randomUUID()}` as UseId
  const asked = { ...example, ...args }
  const ask = { id: 'req_00000000000000000000000001', arguments: asked, classification } as unknown as Ask
  const aws = readerAs('reader', own)
  return {
    use,
    start: () => startRun(ask, { use, session: credentials() }, of, { models }),
    lookUp: (begunAt = now()) =>
      lookUpRun(ask, { id: use, begunAt }, of, { aws, runnerRole: 'hotwork/Hotwork-runner' }),
    describe: () => describeRunAs(asked, of, aws, AbortSignal.timeout(5000)),
  }
}

async function makeMachine(
  states: JsonObject = { A: { Type: 'Wait', Seconds: 60, End: true } },
  type: 'STANDARD' | 'EXPRESS' = 'STANDARD',
) {
  const name = `machine-${randomUUID().slice(0, 8)}`
  const roleArn = await makeRole(name, { Principal: { Service: 'states.amazonaws.com' } })
  const definition = JSON.stringify({ StartAt: Object.keys(states)[0], States: states })
  const made = await new SFNClient({}).send(
    new CreateStateMachineCommand({ name, roleArn, definition, type, publish: true }),
  )
  return { arn: made.stateMachineArn ?? '', version: made.stateMachineVersionArn ?? '', roleArn }
}

describe('an execution of a state machine', () => {
  const executions = async (arn: string) =>
    (await new SFNClient({}).send(new ListExecutionsCommand({ stateMachineArn: arn }))).executions ?? []

  test('an execution has the key of its use as its name and id, and the approved input', async () => {
    const { arn, version } = await makeMachine()
    const { start, use } = world('states:StartExecution', { stateMachineArn: version, input: { order: 'o-1' } })
    const name = keyOf(use)
    expect(await start()).toMatchObject({ outcome: 'started', run: name })
    const [only] = await executions(arn)
    expect(only?.name).toBe(name)
    const { input } = await new SFNClient({}).send(new DescribeExecutionCommand({ executionArn: only?.executionArn }))
    expect(JSON.parse(input ?? '')).toEqual({ order: 'o-1' })
  })

  test('a second start of the same use starts nothing, and is found by reading', async () => {
    const { arn, version } = await makeMachine()
    const { start, lookUp, use } = world('states:StartExecution', { stateMachineArn: version })
    expect(await lookUp()).toEqual({ found: 'not_done' })
    await start()
    await expect(start()).rejects.toThrow(CallUnanswered)
    expect(await executions(arn)).toHaveLength(1)
    expect(await lookUp()).toEqual({ found: 'started', run: keyOf(use) })
  })

  test('a definition has the role, a digest, and the functions that it calls without a version', async () => {
    const fn = 'arn:aws:lambda:us-east-1:000000000000:function:fix'
    const branch = { StartAt: 'C', States: { C: { Type: 'Task', Resource: `${fn}:live`, End: true } } }
    const states = {
      A: { Type: 'Task', Resource: `${fn}:3`, Next: 'B' },
      B: { Type: 'Parallel', Branches: [branch], End: true },
    }
    const { version, roleArn } = await makeMachine(states)
    const { describe: read } = world('states:StartExecution', { stateMachineArn: version })
    expect(await read()).toEqual({
      found: 'answer',
      answer: {
        digest: expect.stringMatching(/^sha-256:/),
        runsAs: roleArn,
        open: [`the function ${fn}:live, in the state C`],
      },
    })
  })

  test('two state machines have two digests', async () => {
    const read = async () => {
      const { version } = await makeMachine()
      const found = await world('states:StartExecution', { stateMachineArn: version }).describe()
      return found.found === 'answer' && found.answer['digest']
    }
    expect(await read()).not.toBe(await read())
  })

  test('an express state machine may not be asked for', async () => {
    const { version } = await makeMachine(undefined, 'EXPRESS')
    const { describe: read } = world('states:StartExecution', { stateMachineArn: version })
    expect(await read()).toMatchObject({ found: 'failed', why: 'unreadable', fault: 'express_machine' })
  })

  test('a version that is gone is a failed reading', async () => {
    const { arn } = await makeMachine()
    const { describe: read } = world('states:StartExecution', { stateMachineArn: `${arn}:9` })
    expect(await read()).toMatchObject({ found: 'failed' })
  })
})

describe('a call of a function', () => {
  async function makeVersion(source: string) {
    const FunctionName = `fn-${randomUUID().slice(0, 8)}`
    await makeFunction(FunctionName, source)
    const { Version = '' } = await new LambdaClient({}).send(new PublishVersionCommand({ FunctionName }))
    return { FunctionName, Qualifier: Version }
  }
  const echo = 'exports.handler = async (event) => ({ got: event.order, secret: "canary-9c1f-long-enough" })'

  test('a function answers at once, with its answer masked by the class of the resource', async () => {
    const which = await makeVersion(echo)
    const called = await world('lambda:InvokeFunction', { ...which, Payload: { order: 'o-1' } }).start()
    expect(called).toMatchObject({
      outcome: 'told',
      output: { StatusCode: 200, Payload: { secret: expect.any(String) } },
    })
    expect(JSON.stringify(called)).not.toContain('9c1f')
    const { start } = world('lambda:InvokeFunction', { ...which, Payload: { order: 'o-1' } }, 'unnamed')
    expect(await start()).toMatchObject({ output: { Payload: 'hidden' } })
  })

  test('a function that fails is told with its error', async () => {
    const which = await makeVersion('exports.handler = async () => { throw new Error("no such order") }')
    const called = await world('lambda:InvokeFunction', { ...which }).start()
    expect(called).toMatchObject({ outcome: 'failed', reason: expect.stringMatching(/^FunctionError: /) })
  })

  test('a long answer is left out', async () => {
    const which = await makeVersion('exports.handler = async () => "x".repeat(70000)')
    const called = await world('lambda:InvokeFunction', { ...which }).start()
    expect(called).toMatchObject({ outcome: 'told', output: { Payload: 'longer than 64 KiB' } })
  })

  test('a version that is gone is refused', async () => {
    const { FunctionName } = await makeVersion(echo)
    const { start, describe: read } = world('lambda:InvokeFunction', { FunctionName, Qualifier: '9' })
    await expect(start()).rejects.toThrow(CallRefused)
    expect(await read()).toMatchObject({ found: 'failed' })
  })

  test('a lost answer stays unknown', async () => {
    const { lookUp } = world('lambda:InvokeFunction', await makeVersion(echo))
    expect(await lookUp()).toEqual({ found: 'unknown' })
  })

  test('a version has its role and a digest of its code', async () => {
    const [one, other] = [await makeVersion(echo), await makeVersion(`${echo}\n`)]
    const read = async (which: JsonObject) => {
      const found = await world('lambda:InvokeFunction', which).describe()
      if (found.found !== 'answer') throw new Error(JSON.stringify(found))
      return found.answer
    }
    const first = await read(one)
    expect(first).toMatchObject({ runsAs: `arn:aws:iam::000000000000:role/${one.FunctionName}`, open: [] })
    expect(await read(one)).toEqual(first)
    expect((await read(other))['digest']).not.toBe(first['digest'])
  })
})
