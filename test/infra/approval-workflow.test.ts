import aslValidator from 'asl-validator'
import { Stack } from 'aws-cdk-lib'
import { Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda'
import { stageWait } from '../../functions/domain/requests/wait.ts'
import { ApprovalWorkflow, type Ladder } from '../../infra/constructs/approval-workflow.ts'
import { read } from '../support/repository.ts'
import { passingApp, passingTemplate } from './support/passing-app.ts'
import { resourcesOf, rightsOf, type Template, textOf } from './support/template.ts'

type State = {
  Type: string
  Next?: string
  Resource?: string
  TimeoutSeconds?: number
  ResultPath?: null
  Parameters?: unknown
  Choices?: { Variable: string; StringEquals: string; Next: string }[]
  Default?: string
  Catch?: { ErrorEquals: string[]; Next: string; ResultPath: null }[]
  Retry?: { ErrorEquals: string[]; MaxAttempts: number }[]
}
type Definition = { StartAt: string; States: { readonly [id: string]: State } }

/** Three rungs: without a stage, with one, and with two of which the first may escalate. Seconds. */
const ladder: Ladder = {
  tiers: [
    { tier: 0, stages: [], grant: { claimWithin: 900, lifetime: 900 } },
    {
      tier: 1,
      stages: [{ name: 'owner', deadline: 1800, onSilence: 'expire' }],
      grant: { claimWithin: 3600, lifetime: 600 },
    },
    {
      tier: 2,
      stages: [
        { name: 'owner', deadline: 1200, onSilence: { escalateTo: 'on-call', deadline: 60 } },
        { name: 'sre', deadline: 300, onSilence: 'expire' },
      ],
      grant: { claimWithin: 1800, lifetime: 900 },
    },
  ],
}

type Drawn = { definition: Definition; ofTiers: { name: string; definition: Definition }[]; template: Template }

function draw(of: Ladder): Drawn {
  const stack = new Stack(passingApp(), 'Elsewhere')
  const standIn = (id: string) => ({
    lambda: new LambdaFunction(stack, id, {
      runtime: Runtime.NODEJS_24_X,
      handler: 'index.handler',
      code: Code.fromInline('//'),
    }),
  })
  new ApprovalWorkflow(stack, 'Workflow', {
    ladder: of,
    awaitOutcome: standIn('AwaitOutcome'),
    advanceWorkflow: standIn('AdvanceWorkflow'),
  })
  const template = passingTemplate(stack)
  const machines = resourcesOf(template, 'AWS::StepFunctions::StateMachine').map(([, { Properties }]) => ({
    name: String(Properties['StateMachineName']),
    definition: JSON.parse(textOf(Properties['DefinitionString']).replace(/<AWS::Partition>/g, 'aws')) as Definition,
  }))
  const [asking, ...ofTiers] = machines.toSorted((one, other) => one.name.length - other.name.length)
  if (!asking) throw new Error('there is no machine')
  return { definition: asking.definition, ofTiers, template }
}

const { definition, ofTiers, template } = draw(ladder)
const { States } = definition
const state = (id: string): State => States[id] ?? { Type: 'missing' }
const waiting = Object.entries(States).filter(([, { Resource = '' }]) => Resource.endsWith('.waitForTaskToken'))

/** With another name for the state `Next`, which the validator mistakes for a transition. */
const renamed = (each: Definition): object =>
  JSON.parse(
    JSON.stringify(each).replaceAll('"Next":{', '"AskTable":{').replaceAll('"Next":"Next"', '"Next":"AskTable"'),
  )

/** The states of a request, by the end of each of its waits. */
function walk(
  first: string,
  ends: ('success' | 'Settled' | 'Moved' | 'States.Timeout')[],
  asked: string[] = [],
): string[] {
  const route = (wait: string) =>
    state('Route').Choices?.find(({ StringEquals }) => StringEquals === wait)?.Next ?? state('Route').Default ?? ''
  const path = ['Route', route(first)]
  for (const end of ends) {
    const { Next, Catch = [] } = state(path.at(-1) ?? '')
    const then =
      end === 'success'
        ? (Next ?? 'its end')
        : (Catch.find(({ ErrorEquals }) => ErrorEquals.includes(end))?.Next ?? 'failed')
    path.push(then)
    if (then === 'Next') path.push('Route', route(asked.shift() ?? ''))
  }
  return path
}

test('the machine has a waiting state for each stage and escalation, one for steps of a plan, and two for break-glass', () => {
  expect(waiting.map(([id]) => id).sort()).toEqual(
    ['AwaitEnd', 'AwaitReview', 'AwaitStep', 'Tier1 owner', 'Tier2 owner', 'Tier2 owner escalated', 'Tier2 sre'].sort(),
  )
})

test("the waiting states are named like the domain's waits", () => {
  const names = ladder.tiers.flatMap(({ tier, stages }) =>
    stages.flatMap(({ name, onSilence }) =>
      [false, ...(onSilence === 'expire' ? [] : [true])].map((escalated) => stageWait(tier, name, escalated)),
    ),
  )
  expect(waiting.map(([id]) => id).sort()).toEqual([...names, 'AwaitEnd', 'AwaitReview', 'AwaitStep'].sort())
})

test.each([
  ['Tier1 owner', 1802],
  ['Tier2 owner', 1202],
  ['Tier2 owner escalated', 62],
  ['Tier2 sre', 302],
  ['AwaitStep', 4202],
])('the state %s times out slightly after its deadline', (id, seconds) =>
  expect(state(id).TimeoutSeconds).toBe(seconds),
)

test('every task has a timeout', () => {
  const tasks = Object.values(States).filter(({ Type }) => Type === 'Task')
  expect(tasks).toHaveLength(waiting.length + 1)
  for (const { TimeoutSeconds } of tasks) expect(TimeoutSeconds).toEqual(expect.any(Number))
})

test("the definitions of this ladder and of the sample's are valid", () => {
  const seconds = (value: unknown): unknown =>
    typeof value === 'string' && /^PT\d+[HM]$/.test(value)
      ? Number.parseInt(value.slice(2), 10) * (value.endsWith('H') ? 3600 : 60)
      : value
  const sample = JSON.parse(read('policies/ladder.json'), (_, value) => seconds(value)) as Ladder
  const drawn = draw(sample)
  for (const each of [definition, drawn.definition, ...drawn.ofTiers.map((tier) => tier.definition)])
    expect(aslValidator(renamed(each))).toMatchObject({ isValid: true, errors: [] })
})

test('each tier with a stage has a named machine that begins at its first stage', () =>
  expect(ofTiers.map(({ name, definition: { StartAt } }) => [name, StartAt]).sort()).toEqual([
    ['Elsewhere-tier1', 'Tier1 owner'],
    ['Elsewhere-tier2', 'Tier2 owner'],
  ]))
test("a tier's machine has all states of the asking one", () => {
  for (const { definition: tier } of ofTiers) expect(tier.States).toEqual(States)
})

const approved = walk('Tier2 owner', ['success', 'success'])

test('a request passes from stage to stage to its end as each is decided', () =>
  expect(approved).toEqual(['Route', 'Tier2 owner', 'Tier2 sre', 'its end']))
test('a request ends when it is settled during a wait', () =>
  expect(walk('Tier2 owner', ['success', 'Settled'])).toEqual(['Route', 'Tier2 owner', 'Tier2 sre', 'Close']))
test('a request returns to the table at a deadline, which may lead to an escalation', () =>
  expect(walk('Tier2 owner', ['States.Timeout', 'success'], ['Tier2 owner escalated'])).toEqual([
    'Route',
    'Tier2 owner',
    'Next',
    'Route',
    'Tier2 owner escalated',
    'Tier2 sre',
  ]))
test('a request returns to the table when a stage opens again', () =>
  expect(walk('Tier2 sre', ['Moved'], ['Tier2 owner'])).toEqual(['Route', 'Tier2 sre', 'Next', 'Route', 'Tier2 owner']))
test('a request whose wait has no state fails with an error of its own', () => {
  expect(walk('Tier9 unknown', [])).toEqual(['Route', 'UnknownWait'])
  expect(state('UnknownWait').Type).toBe('Fail')
})

test('a wait receives the request, its own name and its token, and the table only the request', () => {
  for (const [id, { Parameters }] of waiting)
    expect(Parameters).toEqual({
      FunctionName: '<AwaitOutcome>',
      Payload: { 'requestId.$': '$.requestId', wait: id, 'taskToken.$': '$$.Task.Token' },
    })
  expect(state('Next').Parameters).toEqual({
    FunctionName: '<AdvanceWorkflow>',
    Payload: { 'requestId.$': '$.requestId' },
  })
})

test('the content of a signal is dropped', () => {
  for (const [, { ResultPath, Catch = [] }] of waiting)
    expect([ResultPath, ...Catch.map((caught) => caught.ResultPath)]).toEqual([null, null, null])
})

test('executions are not logged', () => {
  for (const [, { Properties }] of resourcesOf(template, 'AWS::StepFunctions::StateMachine'))
    expect(Properties).not.toHaveProperty('LoggingConfiguration')
})

test('the end of a wait is never retried, and a failure a few times', () => {
  for (const [, { Retry = [] }] of waiting)
    expect(Retry.map(({ ErrorEquals, MaxAttempts }) => [ErrorEquals, MaxAttempts])).toEqual([
      [['Settled', 'Moved', 'States.Timeout'], 0],
      [['States.TaskFailed'], 6],
    ])
})

test('a lasting fault ends the execution, without a loop', () => {
  for (const [, { Catch = [] }] of waiting)
    expect(Catch.flatMap(({ ErrorEquals }) => ErrorEquals)).toEqual(['Settled', 'Moved', 'States.Timeout'])
  expect(state('Next').Catch).toBeUndefined()
})

test('the machines may only invoke their two functions, and no version of them', () => {
  expect(rightsOf(template).get('WorkflowRole')).toEqual([
    'lambda:InvokeFunction on <AdvanceWorkflow>',
    'lambda:InvokeFunction on <AwaitOutcome>',
  ])
})
