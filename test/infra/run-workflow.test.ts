import aslValidator from 'asl-validator'
import { Stack } from 'aws-cdk-lib'
import { Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda'
import { RunWorkflow } from '../../infra/constructs/run-workflow.ts'
import { passingApp, passingTemplate } from './support/passing-app.ts'
import { rightsOf, textOf, theOnly } from './support/template.ts'

type State = { Type: string; Next?: string; [member: string]: unknown }
type Definition = { StartAt: string; States: { readonly [id: string]: State } }

const stack = new Stack(passingApp(), 'Elsewhere')
const lambda = new LambdaFunction(stack, 'FollowRuns', {
  runtime: Runtime.NODEJS_24_X,
  handler: 'index.handler',
  code: Code.fromInline('//'),
})
new RunWorkflow(stack, 'Runs', { followRuns: { lambda } })
const template = passingTemplate(stack)
const { Properties } = theOnly(template, 'AWS::StepFunctions::StateMachine')
const definition: Definition = JSON.parse(
  textOf(Properties['DefinitionString'])
    .replace(/<AWS::Partition>/g, 'aws')
    .replace('<FollowRuns>', 'FollowRuns'),
)
const { States, StartAt } = definition

test('the machine of runs has the name of the stack, and a valid definition', () => {
  expect(Properties['StateMachineName']).toBe('Elsewhere-runs')
  expect(aslValidator(definition)).toMatchObject({ isValid: true, errors: [] })
})

test('the machine pauses as long as it is told, looks, and repeats both while the answer has a next pause', () => {
  expect(StartAt).toBe('Pause')
  expect(States['Pause']).toMatchObject({ Type: 'Wait', SecondsPath: '$.seconds', Next: 'Look' })
  expect(States['Look']).toMatchObject({
    Type: 'Task',
    Parameters: { FunctionName: 'FollowRuns', Payload: { 'requestId.$': '$.requestId' } },
    OutputPath: '$.Payload',
    TimeoutSeconds: 60,
    Next: 'Route',
  })
  expect(States['Route']).toMatchObject({
    Type: 'Choice',
    Choices: [{ Variable: '$.seconds', IsPresent: true, Next: 'Pause' }],
    Default: 'Close',
  })
  expect(States['Close']?.Type).toBe('Succeed')
})

test('a failing look is repeated a few times, and a lasting fault ends the execution without a loop', () => {
  expect(States['Look']?.['Retry']).toMatchObject([
    { ErrorEquals: ['States.TaskFailed', 'States.Timeout'], MaxAttempts: 6 },
  ])
  expect(States['Look']).not.toHaveProperty('Catch')
})

test('a week of looks, five minutes apart at the end, fits in the history of one execution', () => {
  const [eventsOfALook, mostEvents, week] = [9, 25_000, 7 * 86_400]
  let [elapsed, looks] = [5, 1]
  // As functions/operations/uses/follow-run.ts says the pauses of an entry that looks every five seconds.
  while (elapsed < week) [elapsed, looks] = [elapsed + Math.min(300, Math.max(5, elapsed / 5)), looks + 1]
  expect(looks * eventsOfALook).toBeLessThan(mostEvents)
})

test('the machine may only invoke its one function, and executions are not logged', () => {
  expect(rightsOf(template).get('RunsRole')).toEqual(['lambda:InvokeFunction on <FollowRuns>'])
  expect(Properties).not.toHaveProperty('LoggingConfiguration')
})
