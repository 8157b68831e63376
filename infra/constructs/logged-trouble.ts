import { Stack } from 'aws-cdk-lib'
import { Metric } from 'aws-cdk-lib/aws-cloudwatch'
import { FilterPattern, type IFilterPattern, type ILogGroup, MetricFilter } from 'aws-cdk-lib/aws-logs'
import { Construct } from 'constructs'

export type LoggedTroubleProps = {
  /** The messages that tell of it, each as it is in the code: the `message` of a JSON line; or which lines do. */
  lines: readonly string[] | IFilterPattern
  log: ILogGroup
}

/**
 * An invocation that threw, ran out of time or memory, or could not start, by Lambda's own report of it in the log.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html#platform-report
 */
export const failedInvocation = FilterPattern.all(
  FilterPattern.stringValue('$.type', '=', 'platform.report'),
  FilterPattern.stringValue('$.record.status', '!=', 'success'),
)

/**
 * One trouble that functions answer or retry instead of throwing, so that Lambda counts no error: it is counted in the log
 * that they share, whichever of them logs it.
 */
export class LoggedTrouble extends Construct {
  /** How many lines told of it. */
  readonly metric: Metric

  constructor(scope: Construct, id: string, { lines, log }: LoggedTroubleProps) {
    super(scope, id)
    const filterPattern = 'logPatternString' in lines ? lines : saying(lines)
    // A namespace a stack, so that two of them in one account do not count each other's.
    const name = { metricNamespace: `Hotwork/${Stack.of(this).stackName}`, metricName: id }
    new MetricFilter(this, 'Filter', { logGroup: log, filterPattern, ...name })
    this.metric = new Metric({ namespace: name.metricNamespace, metricName: id, statistic: 'sum' })
  }
}

const saying = (lines: readonly string[]): IFilterPattern =>
  FilterPattern.any(...lines.map((line) => FilterPattern.stringValue('$.message', '=', line)))
