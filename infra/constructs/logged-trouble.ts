import { Stack } from 'aws-cdk-lib'
import { Metric } from 'aws-cdk-lib/aws-cloudwatch'
import { FilterPattern, type ILogGroup, MetricFilter } from 'aws-cdk-lib/aws-logs'
import { Construct } from 'constructs'

export type LoggedTroubleProps = {
  /** The messages that tell of it, each as it is in the code: the `message` of a JSON line. */
  lines: readonly string[]
  log: ILogGroup
}

/**
 * One trouble that functions answer or retry instead of throwing, so that Lambda counts no error: it is counted in the log
 * that they share, whichever of them logs it.
 */
export class LoggedTrouble extends Construct {
  /** How many lines told of it. */
  readonly metric: Metric

  constructor(scope: Construct, id: string, { lines, log }: LoggedTroubleProps) {
    super(scope, id)
    const filterPattern = FilterPattern.any(...lines.map((line) => FilterPattern.stringValue('$.message', '=', line)))
    // A namespace a stack, so that two of them in one account do not count each other's.
    const name = { metricNamespace: `Hotwork/${Stack.of(this).stackName}`, metricName: id }
    new MetricFilter(this, 'Filter', { logGroup: log, filterPattern, ...name })
    this.metric = new Metric({ namespace: name.metricNamespace, metricName: id, statistic: 'sum' })
  }
}
