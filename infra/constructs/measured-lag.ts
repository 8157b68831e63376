import { Stack } from 'aws-cdk-lib'
import { Metric, Unit } from 'aws-cdk-lib/aws-cloudwatch'
import { FilterPattern, type ILogGroup, MetricFilter } from 'aws-cdk-lib/aws-logs'
import { Construct } from 'constructs'

export type MeasuredLagProps = {
  /** The message that tells it, as it is in the code; its field `lagSeconds` is the lag. */
  line: string
  log: ILogGroup
}

/** How long something took, which a function writes to its log: published as a metric, so that it can be seen and watched. */
export class MeasuredLag extends Construct {
  /** The longest, in seconds. */
  readonly metric: Metric

  constructor(scope: Construct, id: string, { line, log }: MeasuredLagProps) {
    super(scope, id)
    const metricNamespace = `Hotwork/${Stack.of(this).stackName}`
    new MetricFilter(this, 'Filter', {
      logGroup: log,
      filterPattern: FilterPattern.stringValue('$.message', '=', line),
      metricNamespace,
      metricName: id,
      metricValue: '$.lagSeconds',
      unit: Unit.SECONDS,
    })
    this.metric = new Metric({ namespace: metricNamespace, metricName: id, statistic: 'max', unit: Unit.SECONDS })
  }
}
