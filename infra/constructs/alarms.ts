import { Duration } from 'aws-cdk-lib'
import { Alarm, ComparisonOperator, type IMetric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch'
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions'
import { Topic } from 'aws-cdk-lib/aws-sns'
import type { Queue } from 'aws-cdk-lib/aws-sqs'
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions'
import { Construct } from 'constructs'
import type { WorkQueue } from './event-sources.ts'
import type { HotworkApi } from './hotwork-api.ts'
import type { HotworkFunction } from './hotwork-function.ts'
import type { LoggedTrouble, MeasuredLag } from './log-metrics.ts'

const period = Duration.minutes(5)
/** Where something that should have ended may work on, each minute counts. SQS reports once a minute. */
const urgently = Duration.minutes(1)

/** What somebody must look at. Everything here has already failed closed: an alarm says that it has. */
export class Alarms extends Construct {
  readonly #action: SnsAction | undefined

  /** @param topic ARN of the SNS topic to tell; without one the alarms only show in the console */
  constructor(scope: Construct, id: string, { topic }: { topic?: string }) {
    super(scope, id)
    this.#action = topic === undefined ? undefined : new SnsAction(Topic.fromTopicArn(this, 'Topic', topic))
  }

  /** A call that was answered with 5xx: by a function that met a fault, or by the API because none answered. */
  watchApi({ api, node }: HotworkApi): void {
    this.#raise(`${node.id}ServerErrors`, api.metricServerError({ period }), 1, 'calls were answered with 5xx')
  }

  /** What functions log and do not throw. */
  watchTrouble({ metric, node }: LoggedTrouble, { means, urgent }: { means: string; urgent?: boolean }): void {
    this.#raise(node.id, metric.with({ period: urgent ? urgently : period }), 1, means)
  }

  /** What takes too long, and is measured by whoever does it. */
  watchLag({ metric, node }: MeasuredLag, { longest, means }: { longest: Duration; means: string }): void {
    this.#raise(node.id, metric.with({ period: urgently }), longest.toSeconds(), means)
  }

  /**
   * A function that threw: handlers answer refusals, so each is a fault. For functions whose failure must be told by name
   * at once. An alarm is paid for by the month, so all functions together have one (`FunctionErrors`).
   */
  watchFunction({ lambda, node }: HotworkFunction): void {
    this.#raise(`${node.id}Errors`, lambda.metricErrors({ period }), 1, `${node.id} has thrown`)
  }

  /** Work that waits too long, and work that was given up. */
  watchQueue(
    { queue, deadLetters, node }: WorkQueue,
    { oldest, urgent }: { oldest: Duration; urgent?: boolean },
  ): void {
    const age = queue.metricApproximateAgeOfOldestMessage({ period: urgent ? urgently : period, statistic: 'max' })
    this.#raise(`${node.id}Age`, age, oldest.toSeconds(), `${node.id}: a message has waited too long`)
    this.watchDeadLetters(node.id, deadLetters)
  }

  watchDeadLetters(of: string, queue: Queue): void {
    const depth = queue.metricApproximateNumberOfMessagesVisible({ period, statistic: 'max' })
    this.#raise(`${of}DeadLetters`, depth, 1, `${of}: messages were given up; redrive them when the cause is gone`)
  }

  /** Executions that stopped before their request did. */
  watchWorkflow(machine: StateMachine): void {
    const ends = {
      Failed: machine.metricFailed({ period }),
      TimedOut: machine.metricTimedOut({ period }),
      Aborted: machine.metricAborted({ period }),
    }
    for (const [how, metric] of Object.entries(ends))
      this.#raise(`Workflow${how}`, metric, 1, 'executions ended early; requests are still decided, redrive them')
  }

  #raise(id: string, metric: IMetric, threshold: number, alarmDescription: string): void {
    const alarm = new Alarm(this, id, {
      metric,
      threshold,
      alarmDescription,
      evaluationPeriods: 1,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    })
    if (this.#action) alarm.addAlarmAction(this.#action)
  }
}
