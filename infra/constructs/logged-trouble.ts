import { Stack } from 'aws-cdk-lib'
import { Metric } from 'aws-cdk-lib/aws-cloudwatch'
import { FilterPattern, MetricFilter } from 'aws-cdk-lib/aws-logs'
import { Construct } from 'constructs'
import type { HotworkFunction } from './hotwork-function.ts'

export type LoggedTroubleProps = {
  /** The messages that tell of it, each as it is in the code: the `message` of a JSON line. */
  lines: readonly string[]
  loggedBy: readonly HotworkFunction[]
}

/**
 * One trouble that functions answer or retry instead of throwing, so that Lambda counts no error: it is counted in their
 * logs, whichever of them logs it.
 */
export class LoggedTrouble extends Construct {
  /** How many lines told of it. */
  readonly metric: Metric

  constructor(scope: Construct, id: string, { lines, loggedBy }: LoggedTroubleProps) {
    super(scope, id)
    const filterPattern = FilterPattern.any(...lines.map((line) => FilterPattern.stringValue('$.message', '=', line)))
    // A namespace a stack, so that two of them in one account do not count each other's.
    const name = { metricNamespace: `Hotwork/${Stack.of(this).stackName}`, metricName: id }
    for (const { node, logGroup } of loggedBy) new MetricFilter(this, node.id, { logGroup, filterPattern, ...name })
    this.metric = new Metric({ namespace: name.metricNamespace, metricName: id, statistic: 'sum' })
  }
}
