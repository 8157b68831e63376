import { JmesPathExpressions } from '../../../../functions/adapters/jmespath/expressions.ts'
import type { Ask } from '../../../../functions/domain/record/request.ts'
import type { Digest, JsonObject } from '../../../../functions/domain/values.ts'
import type { AssumeAsk, ModelCaller } from '../../../../functions/targets/aws/ports.ts'
import { type FollowerPorts, followerOf } from '../../../../functions/targets/aws/runs/follower.ts'
import { MemoryClock } from '../../../support/memory-clock.ts'
import { MemoryLog } from '../../../support/memory-log.ts'
import { runNamed } from './played.ts'

/** A run is followed by the data of its entry, in a session that reads and cancels this one run. */

const runsAs = 'arn:aws:iam::111122223333:role/runbook'
const id = '0a1b2c3d-1111-2222-3333-444455556666'

function world(
  name: string,
  answers: readonly (JsonObject | Error)[],
  change: (follow: JsonObject) => object = () => ({}),
) {
  const { bundle, entry, example } = runNamed(name)
  Object.assign(entry.follow as object, change(entry.follow as unknown as JsonObject))
  const [assumed, called]: [AssumeAsk[], { operation: string; arguments: JsonObject }[]] = [[], []]
  const left = [...answers]
  const models: ModelCaller = {
    async call({ model, arguments: args }) {
      called.push({ operation: model.operation, arguments: args })
      const next = left.shift()
      if (next instanceof Error) throw next
      return next ?? {}
    },
  }
  const ports: FollowerPorts = {
    policy: { bundle },
    broker: {
      assume: async (ask) => {
        assumed.push(ask)
        return { accessKeyId: 'a', secretAccessKey: 'b', sessionToken: 'c' }
      },
    },
    ...{ models, expressions: new JmesPathExpressions(), followerRole: 'hotwork/Hotwork-follower' },
    ...{ clock: new MemoryClock(1_700_000_000), log: new MemoryLog() },
  }
  const ask = { id: 'req_00000000000000000000000001', action: name, arguments: example, runsAs } as unknown as Ask
  const follower = followerOf(ports)
  return {
    look: (run = id, shows?: Digest) => follower.look(ask, run, shows),
    cancel: () => follower.cancel(ask, id),
    assumed,
    called,
  }
}

const execution = (AutomationExecutionStatus: string) => ({ AutomationExecution: { AutomationExecutionStatus } })
const build = (buildComplete: boolean, buildStatus: string, serviceRole = runsAs) => ({
  builds: [{ buildComplete, buildStatus, serviceRole }],
})

test.each<[name: string, answer: JsonObject, seen: object]>([
  ['runbook:RestartInstance', execution('InProgress'), { seen: 'running' }],
  ['runbook:RestartInstance', execution('Waiting'), { seen: 'running' }],
  ['runbook:RestartInstance', execution('Success'), { seen: 'ended', succeeded: true }],
  ['runbook:RestartInstance', execution('TimedOut'), { seen: 'ended', succeeded: false }],
  ['runbook:RestartInstance', execution('Cancelled'), { seen: 'ended', succeeded: false }],
  ['states:StartExecution', { status: 'RUNNING' }, { seen: 'running' }],
  ['states:StartExecution', { status: 'SUCCEEDED' }, { seen: 'ended', succeeded: true }],
  ['states:StartExecution', { status: 'ABORTED' }, { seen: 'ended', succeeded: false }],
  ['codebuild:StartBuild', build(false, 'IN_PROGRESS'), { seen: 'running' }],
  ['codebuild:StartBuild', build(true, 'SUCCEEDED'), { seen: 'ended', succeeded: true }],
  ['codebuild:StartBuild', build(true, 'STOPPED'), { seen: 'ended', succeeded: false }],
])('a run of %s is seen as AWS tells it: %j', async (name, answer, seen) => {
  expect(await world(name, [answer]).look()).toEqual(seen)
})

const set = (ExecutionStatus: string) => ({ ExecutionStatus })
const stackAs = (RoleARN?: string) => ({ Stacks: [{ StackStatus: 'UPDATE_COMPLETE', ...(RoleARN && { RoleARN }) }] })
const otherRole = 'arn:aws:iam::111122223333:role/other'
const other = `it acts as \`${otherRole}\``
test.each<[what: string, answers: readonly JsonObject[], seen: object]>([
  ['the approved role', [set('EXECUTE_IN_PROGRESS'), stackAs(runsAs)], { seen: 'running' }],
  ['another role', [set('EXECUTE_IN_PROGRESS'), stackAs(otherRole)], { seen: 'running', other }],
  ['no role', [set('EXECUTE_IN_PROGRESS'), stackAs()], { seen: 'running', other: 'it acts as `none`' }],
  ['another role to its end', [set('EXECUTE_COMPLETE'), stackAs(otherRole)], { seen: 'ended', succeeded: true, other }],
])('a change set that its stack executes as %s is seen so', async (_what, answers, seen) => {
  expect(await world('cloudformation:ExecuteChangeSet', answers).look()).toEqual(seen)
})

test('a build that acts as another role than was approved is seen so', async () => {
  const { look } = world('codebuild:StartBuild', [build(false, 'IN_PROGRESS', otherRole)])
  expect(await look()).toEqual({ seen: 'running', other })
})

test('a build of another source or environment than was approved is seen so', async () => {
  const { look } = world('codebuild:StartBuild', [build(false, 'IN_PROGRESS')])
  const shows = `sha-256:${'a'.repeat(43)}` as Digest
  expect(await look(id, shows)).toEqual({ seen: 'running', other: 'its source or environment is another' })
})

test('a change set is not seen to run while the role of its stack cannot be read', () =>
  expect(
    world('cloudformation:ExecuteChangeSet', [set('EXECUTE_IN_PROGRESS'), new Error('AccessDenied')]).look(),
  ).rejects.toThrow('AccessDenied'))

test('an answer without a status ends no run', async () => {
  for (const name of ['runbook:RestartInstance', 'states:StartExecution'])
    expect(await world(name, [{}]).look()).toEqual({ seen: 'running' })
  await expect(world('codebuild:StartBuild', [{ builds: [] }]).look()).rejects.toThrow('gave no boolean')
})

test('an expression that gives no boolean ends no run', async () => {
  const { look } = world('runbook:RestartInstance', [execution('Success')], () => ({
    done: 'AutomationExecution.AutomationExecutionStatus',
  }))
  await expect(look()).rejects.toThrow('gave no boolean')
})

test('a fault of AWS is thrown, and proves nothing', async () => {
  await expect(world('runbook:RestartInstance', [new Error('ThrottlingException')]).look()).rejects.toThrow()
})

test('a look is made with the id of the run, in a session of the follower for that run alone', async () => {
  const { look, called, assumed } = world('runbook:RestartInstance', [execution('InProgress')])
  await look()
  expect(called).toEqual([{ operation: 'GetAutomationExecution', arguments: { AutomationExecutionId: id } }])
  const [{ policy = '', ...session } = {} as AssumeAsk] = assumed
  expect(session).toMatchObject({
    role: 'arn:aws:iam::111122223333:role/hotwork/Hotwork-follower',
    sessionName: 'req_00000000000000000000000001',
    tags: {},
  })
  expect(JSON.parse(policy).Statement[0]).toMatchObject({
    Action: ['ssm:GetAutomationExecution', 'ssm:StopAutomationExecution'],
    Resource: [`arn:aws:ssm:us-east-1:111122223333:automation-execution/${id}`],
  })
})

test('an id that IAM would read as a pattern is refused', async () => {
  const { look, called } = world('runbook:RestartInstance', [execution('Success')])
  await expect(look('*')).rejects.toThrow('nothing to fill {run}')
  expect(called).toEqual([])
})

test.each([
  ['runbook:RestartInstance', 'StopAutomationExecution', { AutomationExecutionId: id, Type: 'Cancel' }],
  ['codebuild:StartBuild', 'StopBuild', { id }],
  [
    'states:StartExecution',
    'StopExecution',
    { executionArn: `arn:aws:states:us-east-1:111122223333:execution:repair-orders:${id}` },
  ],
])('a run of %s is cancelled by %s', async (name, operation, args) => {
  const { cancel, called } = world(name, [{}])
  expect(await cancel()).toBe('sent')
  expect(called).toEqual([{ operation, arguments: args }])
})

test('a run whose entry has no cancel is not cancelled, and nothing is asked of AWS', async () => {
  const { cancel, called, assumed } = world('runbook:RestartInstance', [], () => ({ cancel: undefined }))
  expect([await cancel(), called, assumed]).toEqual(['none', [], []])
})
