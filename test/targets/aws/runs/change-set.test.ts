import type { JsonObject } from '../../../../functions/domain/values.ts'
import type { AwsReader } from '../../../../functions/targets/aws/ports.ts'
import { changeSet } from '../../../../functions/targets/aws/runs/change-set.ts'
import { describeRunAs } from '../../../../functions/targets/aws/runs/describe-run.ts'
import type { RunSettings } from '../../../../functions/targets/aws/runs/run.ts'
import { answerOf, changeOf, modified, setId, stackId } from '../../../support/change-sets/described.ts'
import { runNamed } from './played.ts'

/** AWS as a table of answers by operation; a function gets the arguments. */
type Answers = { readonly [operation: string]: JsonObject | Error | ((args: JsonObject) => JsonObject | Error) }

const fault = (name: string) => Object.assign(new Error(name), { name })
const role = 'arn:aws:iam::111122223333:role/checkout-deploys'
const stack = { StackId: stackId, StackName: 'Checkout', StackStatus: 'UPDATE_COMPLETE', RoleARN: role }
const usual: Answers = {
  DescribeChangeSet: answerOf([changeOf('Add', 'AWS::SNS::Topic', 'T')]) as JsonObject,
  DescribeStacks: { Stacks: [stack] },
  GetStackPolicy: {},
  GetTemplate: { TemplateBody: '{"Resources":{"T":{"Type":"AWS::SNS::Topic"}}}' },
}

function awsOf(answers: Answers = {}) {
  const calls: [operation: string, args: JsonObject][] = []
  const call: RunSettings['call'] = async (action, args) => {
    const operation = action.replace('cloudformation:', '')
    calls.push([operation, args])
    const found = { ...usual, ...answers }[operation] ?? {}
    const answer = typeof found === 'function' ? found(args) : found
    if (answer instanceof Error) throw answer
    return answer as JsonObject
  }
  const account = { partition: 'aws', region: 'eu-west-1', accountId: '111122223333' }
  return { settings: { call, account } as unknown as RunSettings, calls }
}

const uuidOf = (arn: string) => arn.split('/').at(-1) ?? ''
const args = {
  ...{ StackName: 'Checkout', StackUuid: uuidOf(stackId), ChangeSetName: 'release-7', ChangeSetUuid: uuidOf(setId()) },
}
const key = 'a'.repeat(64)
const lost = { key, session: 'req_1', begunAt: Date.UTC(2026, 11, 2, 10) / 1000 }
const describe = (answers: Answers = {}, of: JsonObject = args) => changeSet.describe(of, awsOf(answers).settings)

test('a start executes the change set by its ARN, with the once-only key of the use', async () => {
  const { settings, calls } = awsOf()
  expect(await changeSet.start(args, settings, key)).toEqual({ run: key, output: {} })
  expect(calls).toEqual([['ExecuteChangeSet', { ChangeSetName: setId(), StackName: stackId, ClientRequestToken: key }]])
})

test("a description has the stack's role, the summary, the tree and what is open", async () => {
  const TemplateBody = '{"Resources":{"S":{"Type":"Custom::Seed"}}}'
  const { digest, concerns, ...rest } = await describe({ GetTemplate: { TemplateBody } })
  expect(rest).toEqual({
    runsAs: role,
    open: ['the code behind the custom resource S'],
    change: {
      ...{ added: 1, changed: 0, replaced: 0, removed: 0, stateful_removed: 0, unpinned: 1 },
      types: ['AWS::SNS::Topic'],
    },
    tree: {
      rows: [
        { action: 'add', type: 'AWS::SNS::Topic', id: 'T' },
        { action: 'keep', type: 'Custom::Seed', id: 'S' },
      ],
    },
  })
  expect(digest).toMatch(/^sha-256:/)
  expect(concerns).toEqual(expect.arrayContaining([stackId, 'Custom::Seed']))
})

const many = Array.from({ length: 40 }, (_, at) =>
  modified('AWS::SNS::Topic', `T${at}`, { PhysicalResourceId: `arn:aws:sns:eu-west-1:111122223333:t${at}` }),
)
const policyOf = (name: string) =>
  JSON.stringify({ Resources: { P: { Type: 'AWS::IAM::Policy', Properties: { Roles: [name] } } } })
test.each<[what: string, answers: Answers, concerns: readonly string[] | undefined]>([
  ['changes other things alone', {}, undefined],
  [
    'removes a table of Hotwork after many changes',
    {
      DescribeChangeSet: answerOf([
        ...many,
        changeOf('Remove', 'AWS::DynamoDB::Table', 'R', { PhysicalResourceId: 'Desk-Requests' }),
      ]) as JsonObject,
    },
    ['Desk-Requests'],
  ],
  [
    'tells a topic of Hotwork of its events',
    { DescribeChangeSet: { ...(answerOf(many) as JsonObject), NotificationARNs: ['arn:aws:sns:x:1:Desk-events'] } },
    ['Desk-events'],
  ],
  ['gives rights to a role of Hotwork', { GetTemplate: { TemplateBody: policyOf('Desk-broker') } }, ['Desk-broker']],
])('the answer about a change set that %s has exactly the names of Hotwork', async (_what, answers, concerns) => {
  const { settings } = awsOf(answers)
  const read: AwsReader['read'] = async ({ action, arguments: of }) => ({
    found: 'answer',
    answer: await settings.call(action, of),
  })
  const aws = { role: 'hotwork/Desk-reader', read }
  const { example: _, ...of } = runNamed('cloudformation:ExecuteChangeSet', { region: 'eu-west-1' } as never)
  const found = await describeRunAs(args, of, aws, AbortSignal.timeout(5000))
  expect(found.found === 'answer' && found.answer['concerns']).toEqual(concerns)
})

test('a stack without a role has none to run as', async () => {
  const { RoleARN: _, ...bare } = stack
  expect((await describe({ DescribeStacks: { Stacks: [bare] } })).runsAs).toBeNull()
})

test('all pages of the changes and the sets of nested stacks are read', async () => {
  const nested = answerOf([changeOf('Remove', 'AWS::SQS::Queue', 'Q')], {
    ...{ ChangeSetId: setId('nested'), StackName: 'Checkout-Data', ParentChangeSetId: setId() },
  })
  const first = answerOf([changeOf('Add', 'AWS::SNS::Topic', 'T')], { NextToken: 'more' })
  const second = answerOf([
    modified('AWS::CloudFormation::Stack', 'Data', {
      ChangeSetId: setId('nested'),
      PhysicalResourceId: `${stackId}-data`,
    }),
  ])
  const { settings, calls } = awsOf({
    DescribeChangeSet: ({ ChangeSetName, NextToken }) =>
      (ChangeSetName === setId('nested') ? nested : NextToken === 'more' ? second : first) as JsonObject,
  })
  const { change } = await changeSet.describe(args, settings)
  expect(change).toMatchObject({ added: 1, changed: 1, removed: 1, stateful_removed: 1 })
  const templates = calls.filter(([operation]) => operation === 'GetTemplate').map(([, each]) => each)
  expect(templates).toEqual([
    { ChangeSetName: setId(), StackName: stackId, TemplateStage: 'Processed' },
    { ChangeSetName: setId('nested'), StackName: `${stackId}-data`, TemplateStage: 'Processed' },
  ])
})

const described = (more: JsonObject): Answers => ({
  DescribeChangeSet: answerOf([], more) as JsonObject,
})
test.each<[what: string, name: string, answers: Answers, args?: JsonObject]>([
  ['was executed', 'change_set_executed', described({ ExecutionStatus: 'EXECUTE_COMPLETE' })],
  ['is being executed', 'change_set_executed', described({ ExecutionStatus: 'EXECUTE_IN_PROGRESS' })],
  ['was superseded', 'change_set_superseded', described({ ExecutionStatus: 'OBSOLETE' })],
  ['was deleted', 'change_set_deleted', { DescribeChangeSet: fault('ChangeSetNotFoundException') }],
  ['has no changes', 'change_set_not_ready', described({ Status: 'FAILED', ExecutionStatus: 'UNAVAILABLE' })],
  [
    'is still being made',
    'change_set_not_ready',
    described({ Status: 'CREATE_IN_PROGRESS', ExecutionStatus: 'UNAVAILABLE' }),
  ],
  ['has no processed template yet', 'change_set_not_ready', { GetTemplate: fault('ValidationError') }],
  ['is of a nested stack', 'change_set_nested', described({ ParentChangeSetId: setId('root') })],
  [
    'is of another stack by its name',
    'change_set_of_another_stack',
    described({ StackId: stackId.replace('Checkout', 'Billing') }),
  ],
  ['is of a stack that was made again', 'change_set_of_another_stack', described({ StackId: `${stackId}0` })],
  ['has another name', 'change_set_of_another_stack', {}, { ...args, ChangeSetName: 'release-8' }],
  [
    'has another ARN under the same name',
    'change_set_of_another_stack',
    {},
    { ...args, ChangeSetUuid: uuidOf(setId()).replace(/4$/, '5') },
  ],
  [
    'is of a stack in progress',
    'stack_in_progress',
    { DescribeStacks: { Stacks: [{ ...stack, StackStatus: 'UPDATE_IN_PROGRESS' }] } },
  ],
])('a change set that %s is refused as %s', (_what, name, answers, of = args) =>
  expect(describe(answers, of)).rejects.toMatchObject({ name }),
)

test('a change set of a new stack, which waits for its review, may be asked for', async () => {
  expect(
    await describe({ DescribeStacks: { Stacks: [{ ...stack, StackStatus: 'REVIEW_IN_PROGRESS' }] } }),
  ).toMatchObject({
    runsAs: role,
  })
})

test('a fault of AWS stays a fault, which says nothing of the change set', () =>
  expect(describe({ DescribeChangeSet: fault('ThrottlingException') })).rejects.toMatchObject({
    name: 'ThrottlingException',
  }))

const executed = described({ ExecutionStatus: 'EXECUTE_IN_PROGRESS' })
const event = (ClientRequestToken?: string, Timestamp = '2026-12-02T10:00:10Z') => ({
  Timestamp,
  ...(ClientRequestToken !== undefined && { ClientRequestToken }),
})
test.each<[what: string, answers: Answers, found: JsonObject]>([
  [
    'has begun, by an event with the key',
    { ...executed, DescribeStackEvents: { StackEvents: [event('other'), event(key)] } },
    { found: 'started', run: key },
  ],
  ['has not begun, as the change set waits', {}, { found: 'not_done' }],
  [
    'has not begun, as another execution came first',
    {
      ...executed,
      DescribeStackEvents: { NextToken: 'x', StackEvents: [event(), event('b', '2026-12-02T09:00:00Z')] },
    },
    { found: 'not_done' },
  ],
  [
    'cannot be told, among too many events',
    { ...executed, DescribeStackEvents: { NextToken: 'x', StackEvents: [event('other')] } },
    { found: 'unknown' },
  ],
])('a look-up of a lost answer finds that it %s', async (_what, answers, found) => {
  expect(await changeSet.lookUp(args, lost, awsOf(answers).settings)).toEqual(found)
})

test.each([
  ['UPDATE_ROLLBACK_COMPLETE', 'rolled back, the stack is UPDATE_ROLLBACK_COMPLETE: no'],
  ['UPDATE_ROLLBACK_FAILED', 'not rolled back, the stack is UPDATE_ROLLBACK_FAILED: no'],
])('the end of a run tells of the rollback of a stack in %s', async (StackStatus, note) => {
  const Stacks = [{ ...stack, StackStatus, StackStatusReason: 'no' }]
  expect(await changeSet.noteOf?.(args, awsOf({ DescribeStacks: { Stacks } }).settings)).toBe(note)
})
