import { randomUUID } from 'node:crypto'
import {
  CloudFormationClient,
  CreateChangeSetCommand,
  DescribeChangeSetCommand,
  DescribeStacksCommand,
  ExecuteChangeSetCommand,
} from '@aws-sdk/client-cloudformation'
import type { Ask } from '../../../../functions/domain/record/request.ts'
import type { JsonObject, UseId } from '../../../../functions/domain/values.ts'
import { CallUnanswered } from '../../../../functions/operations/faults.ts'
import { SdkModelCaller } from '../../../../functions/targets/aws/reads/sdk-model-caller.ts'
import { runStatements } from '../../../../functions/targets/aws/rules/run-statements.ts'
import { sessionPolicy } from '../../../../functions/targets/aws/rules/session-policy.ts'
import { describeRunAs } from '../../../../functions/targets/aws/runs/describe-run.ts'
import { keyOf, lookUpRun, startRun } from '../../../../functions/targets/aws/runs/start-run.ts'
import { useAws } from '../../../adapters/emulator.ts'
import { become, makeRole, makeTargetRole } from '../iam/target-role.ts'
import { readerAs, runNamed } from './played.ts'

/** Change sets on the local engine, which keeps a stack's service role by a correction (local/emulator_corrections.py). */

useAws()
jest.setTimeout(60_000)

const { example: _, ...of } = runNamed('cloudformation:ExecuteChangeSet', { accountId: '000000000000' } as never)
const models = new SdkModelCaller()
const own = () => ({
  accessKeyId: process.env['AWS_ACCESS_KEY_ID'] ?? '',
  secretAccessKey: process.env['AWS_SECRET_ACCESS_KEY'] ?? '',
  sessionToken: '',
})
const reader = readerAs('reader', { call: (ask) => models.call({ ...ask, credentials: own() }) } as typeof models)
const cloudFormation = () => new CloudFormationClient({})

const topic = { Type: 'AWS::SNS::Topic' }
const queue = { Type: 'AWS::SQS::Queue' }

/** A change set of a stack, and the arguments by which it is asked for. */
async function prepared(stack: string, Resources: object, role?: string, type: 'CREATE' | 'UPDATE' = 'CREATE') {
  const name = `set-${randomUUID().slice(0, 8)}`
  const { Id = '', StackId = '' } = await cloudFormation().send(
    new CreateChangeSetCommand({
      ...{ StackName: stack, ChangeSetName: name, ChangeSetType: type, TemplateBody: JSON.stringify({ Resources }) },
      ...(role !== undefined && { RoleARN: role }),
    }),
  )
  const uuidOf = (arn: string) => arn.split('/').at(-1) ?? ''
  return { StackName: stack, StackUuid: uuidOf(StackId), ChangeSetName: name, ChangeSetUuid: uuidOf(Id), Id, StackId }
}
type Prepared = Awaited<ReturnType<typeof prepared>>

const argumentsOf = ({ Id: _id, StackId: _stack, ...args }: Prepared): JsonObject => args
const nameOfStack = () => `stack-${randomUUID().slice(0, 8)}`
const describeIt = (args: JsonObject) => describeRunAs(args, of, reader, AbortSignal.timeout(5000))
const asked = (args: JsonObject) =>
  ({ id: 'req_00000000000000000000000001', arguments: args, classification: 'internal' }) as unknown as Ask

const startIt = (args: JsonObject, use: UseId, session = own()) =>
  startRun(asked(args), { use, session }, of, { models })
const useOf = () => `use_${randomUUID()}` as UseId

/** Its execution status once it has ended. */
async function endOf({ Id }: Prepared): Promise<string> {
  for (;;) {
    const { ExecutionStatus = '' } = await cloudFormation().send(new DescribeChangeSetCommand({ ChangeSetName: Id }))
    if (/COMPLETE|FAILED/.test(ExecutionStatus)) return ExecutionStatus
  }
}

test('a change set of a new stack is read with its role, executed once by its key, and followed to its end', async () => {
  const role = await makeRole(`cfn-${randomUUID().slice(0, 8)}`, {
    Principal: { Service: 'cloudformation.amazonaws.com' },
  })
  const set = await prepared(nameOfStack(), { Topic: topic }, role)
  const args = argumentsOf(set)
  expect(await describeIt(args)).toMatchObject({
    found: 'answer',
    answer: {
      runsAs: role,
      open: [],
      change: { added: 1, removed: 0, types: ['AWS::SNS::Topic'] },
      tree: { rows: [{ action: 'add', id: 'Topic', type: 'AWS::SNS::Topic' }] },
    },
  })
  const use = useOf()
  const lookUp = () =>
    lookUpRun(asked(args), { id: use, begunAt: Math.floor(Date.now() / 1000) }, of, {
      aws: reader,
      runnerRole: 'hotwork/Hotwork-runner',
    })
  expect(await lookUp()).toEqual({ found: 'not_done' })
  expect(await startIt(args, use)).toEqual({ outcome: 'started', run: keyOf(use), output: {} })
  expect(await endOf(set)).toBe('EXECUTE_COMPLETE')
  await expect(startIt(args, use)).rejects.toThrow(CallUnanswered)
  expect(await lookUp()).toEqual({ found: 'started', run: keyOf(use) })
  expect(await describeIt(args)).toMatchObject({ found: 'failed', fault: 'change_set_executed' })
})

test('an update tells what it removes, its digest moves with the stack, and another execution deletes it', async () => {
  const stack = nameOfStack()
  const first = await prepared(stack, { Jobs: queue, Topic: topic })
  await startIt(argumentsOf(first), useOf())
  await endOf(first)
  const removes = await prepared(stack, { Topic: topic }, undefined, 'UPDATE')
  const adds = await prepared(stack, { Jobs: queue, Topic: topic, Other: topic }, undefined, 'UPDATE')
  const found = await describeIt(argumentsOf(removes))
  expect(found).toMatchObject({
    answer: {
      runsAs: null,
      change: { removed: 1, stateful_removed: 1, added: 0 },
      tree: { rows: [{ action: 'remove', data: true }, { action: 'keep' }] },
    },
  })
  await startIt(argumentsOf(adds), useOf())
  expect(await endOf(adds)).toBe('EXECUTE_COMPLETE')
  expect(await describeIt(argumentsOf(removes))).toMatchObject({ found: 'failed', fault: 'change_set_deleted' })
})

test('a change set swapped under its name has another ARN, and is refused', async () => {
  const set = await prepared(nameOfStack(), { Topic: topic })
  const swapped = { ...argumentsOf(set), ChangeSetUuid: randomUUID() }
  expect(await describeIt(swapped)).toMatchObject({ found: 'failed', fault: 'change_set_deleted' })
})

test("the runner's session executes the approved change set, and no other one of that stack by name or by ARN", async () => {
  const stack = nameOfStack()
  const [approved, other] = [await prepared(stack, { Topic: topic }), await prepared(stack, { Jobs: queue })]
  const args = argumentsOf(approved)
  const { statements, passes } = runStatements(of.entry, of.action, args, of.account) ?? { statements: [] }
  const Policy = sessionPolicy(statements, Math.floor(Date.now() / 1000) + 60, {
    drill: false,
    ...(passes && { passes }),
  })
  const runner = await become(await makeTargetRole('cloudformation:*'), 'run', { Policy })
  const client = new CloudFormationClient({ credentials: runner })
  const execute = (input: { ChangeSetName: string; StackName?: string }) =>
    client.send(new ExecuteChangeSetCommand(input)).then(
      () => 'executed',
      (fault: Error) => fault.name,
    )
  const { StackId } = approved
  expect(await execute({ ChangeSetName: other.Id, StackName: StackId })).toMatch(/^AccessDenied/)
  expect(await execute({ ChangeSetName: other.ChangeSetName, StackName: StackId })).toMatch(/^AccessDenied/)
  expect(await execute({ ChangeSetName: other.Id })).toMatch(/^AccessDenied/)
  await expect(client.send(new DescribeStacksCommand({ StackName: StackId }))).rejects.toThrow()
  expect(await startIt(args, useOf(), runner)).toMatchObject({ outcome: 'started' })
})
