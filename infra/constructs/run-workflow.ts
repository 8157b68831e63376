// Rules: test/infra/run-workflow.test.ts
import { Duration, Stack } from 'aws-cdk-lib'
import { Grant, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import {
  Choice,
  Condition,
  DefinitionBody,
  Errors,
  JsonPath,
  StateMachine,
  Succeed,
  TaskInput,
  Timeout,
  Wait,
  WaitTime,
} from 'aws-cdk-lib/aws-stepfunctions'
import { LambdaInvoke } from 'aws-cdk-lib/aws-stepfunctions-tasks'
import { Construct } from 'constructs'
import { acknowledgeMachines, type Invoked, patience } from './approval-workflow.ts'
import { type HotworkFunction, InlineRole } from './hotwork-function.ts'
import { say } from './variables.ts'

/**
 * The state machine that looks at one run until it has ended. It carries an id and a pause, and decides nothing. A
 * fault that outlasts its retries fails the execution; the record then starts another one.
 */
export class RunWorkflow extends Construct {
  readonly machine: StateMachine

  constructor(scope: Construct, id: string, { followRuns }: { followRuns: Invoked }) {
    super(scope, id)
    const pause = new Wait(this, 'Pause', { stateName: 'Pause', time: WaitTime.secondsPath('$.seconds') })
    const look = new LambdaInvoke(this, 'Look', {
      stateName: 'Look',
      lambdaFunction: followRuns.lambda,
      payload: TaskInput.fromObject({ requestId: JsonPath.stringAt('$.requestId') }),
      taskTimeout: Timeout.duration(Duration.seconds(60)),
      outputPath: '$.Payload',
      retryOnServiceExceptions: false,
    }).addRetry({ errors: [Errors.TASKS_FAILED, Errors.TIMEOUT], ...patience })
    const route = new Choice(this, 'Route', { stateName: 'Route' })
      .when(Condition.isPresent('$.seconds'), pause)
      .otherwise(new Succeed(this, 'Close', { stateName: 'Close' }))
    const role = new InlineRole(this, 'Role', { assumedBy: new ServicePrincipal('states.amazonaws.com') })
    this.machine = new StateMachine(this, 'Machine', {
      stateMachineName: `${Stack.of(this).stackName}-runs`,
      comment: 'Hotwork: looks at one run until its end',
      definitionBody: DefinitionBody.fromChainable(pause.next(look).next(route)),
      // Only the right granted below, since CDK would add every version of the function.
      role: role.withoutPolicyUpdates(),
    })
    Grant.addToPrincipal({
      grantee: role,
      actions: ['lambda:InvokeFunction'],
      resourceArns: [followRuns.lambda.functionArn],
    }).applyBefore(this.machine)
    say(this, { RUNS_MACHINE: this.machine.stateMachineArn })
    acknowledgeMachines(this)
  }

  grantStart(to: HotworkFunction): void {
    to.allow(['states:StartExecution'], [this.machine.stateMachineArn])
  }
}
