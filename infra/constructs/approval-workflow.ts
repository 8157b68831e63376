// Rules: test/infra/approval-workflow.test.ts
import { Duration, Stack, Validations } from 'aws-cdk-lib'
import { Rule } from 'aws-cdk-lib/aws-events'
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets'
import { Grant, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
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
import { lambdaOf } from '../functions.ts'
import { StreamReader } from './event-sources.ts'
import type { Ground } from './ground.ts'
import { type HotworkFunction, InlineRole } from './hotwork-function.ts'
import { RunWorkflow } from './run-workflow.ts'
import { grantFollow } from './target-roles.ts'
import { say } from './variables.ts'

export type Ladder = { tiers: readonly Tier[] }
type Tier = { tier: number; stages: readonly Stage[]; grant: { claimWithin: number; lifetime: number } }
type Stage = { name: string; deadline: number; onSilence: 'expire' | { escalateTo: string; deadline: number } }

/** A timer fires a little after its deadline. Seconds. */
const grace = 2

/** The limits of an opening (functions/domain/break-glass/break-glass.ts). Seconds. */
const [longestWindow, reviewWithin] = [3600, 86_400]

/** Six attempts over about two minutes, for a failing store, a throttle or a silent Lambda. */
export const patience: RetryProps = {
  interval: Duration.seconds(2),
  backoffRate: 2,
  maxAttempts: 6,
  maxDelay: Duration.seconds(60),
  jitterStrategy: JitterType.FULL,
}

export type Invoked = Pick<HotworkFunction, 'lambda'>
type ApprovalWorkflowProps = { ladder: Ladder; awaitOutcome: Invoked; advanceWorkflow: Invoked }

/**
 * Standard state machines in the form of the ladder, with one waiting state for each stage, named as in
 * functions/domain/requests/wait.ts. They own order, waiting and retries, and carry an id; they decide nothing. They
 * differ only in their start: one asks for the state to wait in, and one for each tier waits for its first stage at
 * once, which saves a transition (docs/adr/0054). The approval of a request ends its execution. A fault that outlasts
 * its retries fails the execution and raises an alarm; through `Next` it would loop and cost transitions. Every read
 * applies deadlines and the sweep stores them, so a redrive loses nothing.
 */
export class ApprovalWorkflow extends Construct {
  readonly machine: StateMachine
  readonly machines: readonly StateMachine[]

  constructor(scope: Construct, id: string, { ladder, awaitOutcome, advanceWorkflow }: ApprovalWorkflowProps) {
    super(scope, id)
    const role = new InlineRole(this, 'Role', { assumedBy: new ServicePrincipal('states.amazonaws.com') })
    const invoke = Grant.addToPrincipal({
      grantee: role,
      actions: ['lambda:InvokeFunction'],
      resourceArns: [awaitOutcome.lambda.functionArn, advanceWorkflow.lambda.functionArn],
    })
    const make = (id: string, name: string, drawn: State) => {
      const machine = new StateMachine(this, id, {
        stateMachineName: name,
        comment: 'Hotwork approval: generated from policies/ladder.json',
        definitionBody: DefinitionBody.fromChainable(Chain.start(drawn)),
        // Only the rights granted above, since CDK would add every version of each function.
        role: role.withoutPolicyUpdates(),
      })
      invoke.applyBefore(machine)
      return machine
    }
    const { stackName } = Stack.of(this)
    const draw = (scope: Construct) => new Drawing(scope, { ladder, awaitOutcome, advanceWorkflow })
    this.machine = make('Machine', stackName, draw(this).route)
    const ofTiers = ladder.tiers.flatMap(({ tier, stages: [first] }) => {
      if (!first) return []
      const drawn = draw(new Construct(this, `Tier${tier}`)).waitNamed(`Tier${tier} ${first.name}`)
      return [make(`Tier${tier}Machine`, `${stackName}-tier${tier}`, drawn)]
    })
    this.machines = [this.machine, ...ofTiers]
    say(this, { STATE_MACHINE: this.machine.stateMachineArn })
    acknowledgeMachines(this)
  }

  grantStart(to: HotworkFunction): void {
    to.allow(
      ['states:StartExecution'],
      this.machines.map(({ stateMachineArn }) => stateMachineArn),
    )
  }
}

/** The states of one machine. */
class Drawing {
  readonly route: Choice
  readonly #scope: Construct
  readonly #awaitOutcome: Invoked
  readonly #close: Succeed
  readonly #next: TaskStateBase
  readonly #waits = new Map<string, TaskStateBase>()

  constructor(scope: Construct, { ladder, awaitOutcome, advanceWorkflow }: ApprovalWorkflowProps) {
    this.#scope = scope
    this.#awaitOutcome = awaitOutcome
    this.#close = new Succeed(scope, 'Close', { stateName: 'Close' })
    this.route = new Choice(scope, 'Route', { stateName: 'Route', comment: 'Where the table says to wait' })
    this.#next = this.#ask(advanceWorkflow)
    this.#next.next(this.route)

    // Repeated while a plan lives, since a step may take as long as a grant.
    this.#addWait('AwaitStep', longestGrant(ladder))
    this.#addWait('AwaitEnd', longestWindow, this.#addWait('AwaitReview', reviewWithin))
    for (const { tier, stages } of ladder.tiers) {
      // From the last stage to the first, so that each can name its successor.
      stages.reduceRight<State | undefined>((then, { name, deadline, onSilence }) => {
        if (onSilence !== 'expire') this.#addWait(`Tier${tier} ${name} escalated`, onSilence.deadline, then)
        return this.#addWait(`Tier${tier} ${name}`, deadline, then)
      }, undefined)
    }
    this.route.when(Condition.stringEquals('$.wait', 'Close'), this.#close)
    const cause = 'the deployed ladder lacks the state that the table names'
    this.route.otherwise(new Fail(scope, 'UnknownWait', { stateName: 'UnknownWait', cause }))
  }

  waitNamed(wait: string): State {
    const state = this.#waits.get(wait)
    if (!state) throw new TypeError(`no state waits as \`${wait}\``)
    return state
  }

  /** @param then the next state; without it the execution ends after the wait */
  #addWait(id: string, seconds: number, then?: State): State {
    const state = this.#wait(id, seconds)
      .addCatch(this.#close, { errors: ['Settled'], resultPath: JsonPath.DISCARD })
      .addCatch(this.#next, { errors: ['Moved', Errors.TIMEOUT], resultPath: JsonPath.DISCARD })
    if (then) state.next(then)
    this.route.when(Condition.stringEquals('$.wait', id), state)
    this.#waits.set(id, state)
    return state
  }

  #wait(id: string, seconds: number): TaskStateBase {
    return new LambdaInvoke(this.#scope, id, {
      stateName: id,
      lambdaFunction: this.#awaitOutcome.lambda,
      integrationPattern: IntegrationPattern.WAIT_FOR_TASK_TOKEN,
      payload: TaskInput.fromObject({
        requestId: JsonPath.stringAt('$.requestId'),
        wait: id,
        taskToken: JsonPath.taskToken,
      }),
      // Constant: a path would be one more input to trust, and every read applies the request's own deadline.
      taskTimeout: Timeout.duration(Duration.seconds(seconds + grace)),
      resultPath: JsonPath.DISCARD,
      retryOnServiceExceptions: false,
    })
      .addRetry({ errors: ['Settled', 'Moved', Errors.TIMEOUT], maxAttempts: 0 })
      .addRetry({ errors: [Errors.TASKS_FAILED], ...patience })
  }

  #ask(advanceWorkflow: Invoked): TaskStateBase {
    return new LambdaInvoke(this.#scope, 'Next', {
      stateName: 'Next',
      lambdaFunction: advanceWorkflow.lambda,
      payload: TaskInput.fromObject({ requestId: JsonPath.stringAt('$.requestId') }),
      taskTimeout: Timeout.duration(Duration.seconds(30)),
      outputPath: '$.Payload',
      retryOnServiceExceptions: false,
    }).addRetry({ errors: [Errors.TASKS_FAILED, Errors.TIMEOUT], ...patience })
  }
}

/** Acknowledges that the machines in it have no logs and no traces. */
export function acknowledgeMachines(scope: Construct): void {
  Validations.of(scope).acknowledge(
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

/** Allows `*`, since IAM has no resource type for these calls. The task tokens limit their reach. */
function grantEndWait(to: HotworkFunction): void {
  Validations.of(to.role).acknowledge({
    id: 'AwsSolutions-IAM5[Resource::*]',
    reason: 'SendTaskSuccess and SendTaskFailure name no resource: the task token does, and few can read one',
  })
  to.allow(['states:SendTaskSuccess', 'states:SendTaskFailure'], ['*'])
}

/** The longest grant of all tiers, since a timeout is constant and one state waits for all. */
const longestGrant = ({ tiers }: Ladder) => Math.max(...tiers.map(({ grant }) => grant.claimWithin + grant.lifetime))

/**
 * The state machines, the functions that they call, and the follower, which starts them and ends their waits as
 * requests change.
 */
export class Workflow extends Construct {
  readonly machine: StateMachine
  readonly advance: HotworkFunction
  readonly follower: HotworkFunction

  constructor(scope: Construct, id: string, ground: Ground) {
    super(scope, id)
    const { bundle, tables, deadLetters, make } = ground
    const { requests, waits } = tables
    const awaitOutcome = make(this, 'await-outcome')
    requests.grantRead(awaitOutcome)
    waits.grantRemember(awaitOutcome)
    grantEndWait(awaitOutcome)

    this.advance = make(this, 'advance-workflow')
    const workflow = new ApprovalWorkflow(this, 'Workflow', {
      ladder: bundle.ladder,
      awaitOutcome,
      advanceWorkflow: this.advance,
    })
    this.machine = workflow.machine

    const follower = make(this, 'follow-workflow')
    this.follower = follower
    requests.grantRead(follower)
    waits.grantEnd(follower)
    workflow.grantStart(follower)
    grantEndWait(follower)
    const runs = this.#followRuns(follower, ground)
    // The follower invokes itself with requests that it cannot follow from the stream.
    follower.grantItself()
    deadLetters.keepInvocations(follower)
    say(this, { FOLLOW_FUNCTION: follower.lambda.functionArn })
    this.#tellEarlyEnds([...workflow.machines, runs], follower)
    new StreamReader(this, 'FollowStream', { deadLetters, table: requests.table, reader: follower, tells: ['all'] })
  }

  /** @returns the machine that looks at runs, which the follower of the stream starts; it has a cancel sent at once */
  #followRuns(follower: HotworkFunction, { tables, roles, deadLetters, make }: Ground): StateMachine {
    const followRuns = make(this, lambdaOf('aws', 'follow'))
    tables.requests.grantRead(followRuns)
    grantFollow(followRuns, roles)
    deadLetters.keepInvocations(followRuns)
    say(this, { FOLLOW_RUNS_FUNCTION: followRuns.lambda.functionArn })
    followRuns.grantInvoke(follower)
    const workflow = new RunWorkflow(this, 'Runs', { followRuns })
    workflow.grantStart(follower)
    return workflow.machine
  }

  /** Step Functions reports early ends itself. An alarm on a metric would cost for each machine. */
  #tellEarlyEnds(machines: readonly StateMachine[], to: HotworkFunction): void {
    new Rule(this, 'EarlyEnds', {
      description: 'Executions that failed, timed out or were stopped',
      eventPattern: {
        source: ['aws.states'],
        detailType: ['Step Functions Execution Status Change'],
        detail: {
          stateMachineArn: machines.map(({ stateMachineArn }) => stateMachineArn),
          status: ['FAILED', 'TIMED_OUT', 'ABORTED'],
        },
      },
      targets: [new LambdaFunction(to.lambda)],
    })
  }
}
