import { Duration } from 'aws-cdk-lib'
import { Alarm, ComparisonOperator, type IMetric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch'
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions'
import { Topic } from 'aws-cdk-lib/aws-sns'
import type { Queue } from 'aws-cdk-lib/aws-sqs'
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions'
import { Construct } from 'constructs'
import type { HotworkFunction } from './hotwork-function.ts'
import type { WorkQueue } from './work-queue.ts'

const period = Duration.minutes(5)

/** What somebody must look at. Everything here has already failed closed: an alarm says that it has. */
export class Alarms extends Construct {
  readonly #action: SnsAction | undefined

  /** @param topic ARN of the SNS topic to tell; without one the alarms only show in the console */
  constructor(scope: Construct, id: string, { topic }: { topic?: string }) {
    super(scope, id)
    this.#action = topic === undefined ? undefined : new SnsAction(Topic.fromTopicArn(this, 'Topic', topic))
  }

  /** A function that threw: handlers answer refusals, so each is a fault. */
  watchFunction({ lambda, node }: HotworkFunction): void {
    this.#raise(`${node.id}Errors`, lambda.metricErrors({ period }), 1, `${node.id} has thrown`)
  }

  /** Work that waits too long, and work that was given up. */
  watchQueue({ queue, deadLetters, node }: WorkQueue, { oldest }: { oldest: Duration }): void {
    const age = queue.metricApproximateAgeOfOldestMessage({ period, statistic: 'max' })
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
