import { Duration, Stack, Validations } from 'aws-cdk-lib'
import { Grant, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import {
  Chain,
  Choice,
  Condition,
  DefinitionBody,
  Errors,
  Fail,
  IntegrationPattern,
  JitterType,
  JsonPath,
  type RetryProps,
  type State,
  StateMachine,
  Succeed,
  TaskInput,
  type TaskStateBase,
  Timeout,
} from 'aws-cdk-lib/aws-stepfunctions'
import { LambdaInvoke } from 'aws-cdk-lib/aws-stepfunctions-tasks'
import { Construct } from 'constructs'
import { StreamReader, WorkQueue } from './event-sources.ts'
import type { Ground } from './ground.ts'
import type { HotworkFunction } from './hotwork-function.ts'

export type Ladder = { tiers: readonly Tier[] }
type Tier = { tier: number; stages: readonly Stage[]; grant: { claimWithin: number; lifetime: number } }
type Stage = { name: string; deadline: number; onSilence: 'expire' | { escalateTo: string; deadline: number } }

/** Seconds: a timer comes a little after the deadline it is for. */
const grace = 2

/** Of an opening (functions/domain/break-glass/break-glass.ts). */
const [longestWindow, reviewWithin] = [3600, 86_400]

/** Six tries over about two minutes of a store, a throttle or a Lambda that does not answer. */
const patience: RetryProps = {
  interval: Duration.seconds(2),
  backoffRate: 2,
  maxAttempts: 6,
  maxDelay: Duration.seconds(60),
  jitterStrategy: JitterType.FULL,
}

type Invoked = Pick<HotworkFunction, 'lambda'>
type ApprovalWorkflowProps = { ladder: Ladder; awaitOutcome: Invoked; advanceWorkflow: Invoked }

/**
 * One Standard machine whose picture is the ladder, one waiting state a stage, named as functions/domain/requests/wait.ts
 * names them. It owns order, waiting and retries, and carries an id; it decides nothing.
 *
 * A fault that outlasts its retries fails the execution, with an alarm; by `Next` the same fault would go round as fast as
 * transitions can be paid for. Every read applies deadlines and the sweep shows them, so a redrive loses nothing.
 */
export class ApprovalWorkflow extends Construct {
  readonly machine: StateMachine

  constructor(scope: Construct, id: string, { ladder, awaitOutcome, advanceWorkflow }: ApprovalWorkflowProps) {
    super(scope, id)
    const close = new Succeed(this, 'Close')
    const route = new Choice(this, 'Route', { comment: 'Where the table says to wait' })
    const next = this.#ask(advanceWorkflow)
    next.next(route)

    const wait = (id: string, seconds: number, then: State) => {
      const state = this.#wait(id, awaitOutcome, seconds)
        .addCatch(close, { errors: ['Settled'], resultPath: JsonPath.DISCARD })
        .addCatch(next, { errors: ['Moved', Errors.TIMEOUT], resultPath: JsonPath.DISCARD })
      state.next(then)
      route.when(Condition.stringEquals('$.wait', id), state)
      return state
    }

    const awaitCompletion = wait('AwaitCompletion', longestGrant(ladder), close)
    // Asked again while a plan lives: a step may take as long as a grant.
    wait('AwaitStep', longestGrant(ladder), close)
    wait('AwaitEnd', longestWindow, wait('AwaitReview', reviewWithin, close))
    for (const { tier, stages } of ladder.tiers) {
      // From the last stage back, so that each can name the one after it.
      stages.reduceRight<State>((then, { name, deadline, onSilence }) => {
        if (onSilence !== 'expire') wait(`Tier${tier} ${name} escalated`, onSilence.deadline, then)
        return wait(`Tier${tier} ${name}`, deadline, then)
      }, awaitCompletion)
    }
    route.when(Condition.stringEquals('$.wait', 'Close'), close)
    route.otherwise(
      new Fail(this, 'UnknownWait', { cause: 'the ladder was deployed without the state that the table asks for' }),
    )

    const role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('states.amazonaws.com') })
    const invoke = Grant.addToPrincipal({
      grantee: role,
      actions: ['lambda:InvokeFunction'],
      resourceArns: [awaitOutcome.lambda.functionArn, advanceWorkflow.lambda.functionArn],
    })
    this.machine = new StateMachine(this, 'Machine', {
      stateMachineName: Stack.of(this).stackName,
      comment: 'Hotwork approval: generated from policies/ladder.json',
      definitionBody: DefinitionBody.fromChainable(Chain.start(route)),
      // What is granted above is all it gets: CDK would add every version of each function.
      role: role.withoutPolicyUpdates(),
    })
    invoke.applyBefore(this.machine)
    Validations.of(this.machine).acknowledge(
      {
        id: 'AwsSolutions-SF1',
        reason:
          'Step Functions keeps the history itself, and delivering it as logs needs eight actions on `*`; failures raise an alarm',
      },
      {
        id: 'AwsSolutions-SF2',
        reason: 'Traces would say nothing that the ledger does not: an execution is a row of waits',
      },
    )
  }

  grantStart(to: HotworkFunction): void {
    to.tell({ STATE_MACHINE: this.machine.stateMachineArn })
    to.allow(['states:StartExecution'], [this.machine.stateMachineArn])
  }

  #wait(id: string, awaitOutcome: Invoked, seconds: number): TaskStateBase {
    return new LambdaInvoke(this, id, {
      stateName: id,
      lambdaFunction: awaitOutcome.lambda,
      integrationPattern: IntegrationPattern.WAIT_FOR_TASK_TOKEN,
      payload: TaskInput.fromObject({
        requestId: JsonPath.stringAt('$.requestId'),
        wait: id,
        taskToken: JsonPath.taskToken,
      }),
      // Static: a path would be one more thing to trust, and every read applies what a request asks for itself.
      taskTimeout: Timeout.duration(Duration.seconds(seconds + grace)),
      resultPath: JsonPath.DISCARD,
      retryOnServiceExceptions: false,
    })
      .addRetry({ errors: ['Settled', 'Moved', Errors.TIMEOUT], maxAttempts: 0 })
      .addRetry({ errors: [Errors.TASKS_FAILED], ...patience })
  }

  #ask(advanceWorkflow: Invoked): TaskStateBase {
    return new LambdaInvoke(this, 'Next', {
      lambdaFunction: advanceWorkflow.lambda,
      payload: TaskInput.fromObject({ requestId: JsonPath.stringAt('$.requestId') }),
      taskTimeout: Timeout.duration(Duration.seconds(30)),
      outputPath: '$.Payload',
      retryOnServiceExceptions: false,
    }).addRetry({ errors: [Errors.TASKS_FAILED, Errors.TIMEOUT], ...patience })
  }
}

/** On `*`, since IAM lists no resource type for these calls. The tokens limit their reach. */
function grantSignal(to: HotworkFunction): void {
  Validations.of(to.role).acknowledge({
    id: 'AwsSolutions-IAM5[Resource::*]',
    reason: 'SendTaskSuccess and SendTaskFailure name no resource: the task token does, and few can read one',
  })
  to.allow(['states:SendTaskSuccess', 'states:SendTaskFailure'], ['*'])
}

/** A timeout is static, and one state waits for the grants of all tiers. */
const longestGrant = ({ tiers }: Ladder) => Math.max(...tiers.map(({ grant }) => grant.claimWithin + grant.lifetime))

/** The workflow, the functions that it calls, and the one that starts it and ends its waits as requests change. */
export class Workflow extends Construct {
  readonly machine: StateMachine
  readonly advance: HotworkFunction
  readonly follow: WorkQueue

  constructor(scope: Construct, id: string, { bundle, tables, alarms, make }: Ground) {
    super(scope, id)
    const { requests, waits } = tables
    const awaitOutcome = make(this, 'await-outcome')
    requests.grantRead(awaitOutcome)
    waits.grantRemember(awaitOutcome)
    grantSignal(awaitOutcome)

    this.advance = make(this, 'advance-workflow')
    // The steps of a plan, and what stops one.
    requests.grantReadMany(this.advance)
    const workflow = new ApprovalWorkflow(this, 'Workflow', {
      ladder: bundle.ladder,
      awaitOutcome,
      advanceWorkflow: this.advance,
    })
    this.machine = workflow.machine
    alarms.watchWorkflow(this.machine)

    this.follow = new WorkQueue(this, 'Follow', { variable: 'FOLLOW_QUEUE', order: 'none', attempts: 5 })
    alarms.watchQueue(this.follow, { oldest: Duration.minutes(5) })
    const follower = make(this, 'follow-workflow')
    requests.grantRead(follower)
    waits.grantEnd(follower)
    workflow.grantStart(follower)
    grantSignal(follower)
    this.follow.grantSend(follower)
    this.follow.consumedBy(follower, { batchSize: 10 })
    const stream = { table: requests.table, reader: follower, tells: ['all'] }
    const { deadLetters } = new StreamReader(this, 'FollowStream', stream)
    alarms.watchDeadLetters('FollowStream', deadLetters)
  }
}
