import { Stack } from 'aws-cdk-lib'
import { Metric, Unit } from 'aws-cdk-lib/aws-cloudwatch'
import { FilterPattern, type IFilterPattern, type ILogGroup, MetricFilter } from 'aws-cdk-lib/aws-logs'
import { Construct } from 'constructs'

/** Each as the code logs it: 1 or 0 where it is a rate, which is then the metric's average. */
const measures = {
  TimeToDecide: { line: 'decision_measured', value: '$.seconds', unit: Unit.SECONDS },
  HardlyRead: { line: 'decision_measured', value: '$.hardlyRead', unit: Unit.COUNT },
  Silence: { line: 'wait_measured', value: '$.silent', unit: Unit.COUNT },
} as const

/**
 * How people decide, by stage: how long they take, how often they take less than a glance, how often nobody does. For
 * whoever writes the ladder to look at; no alarm, since no one decision is wrong for being quick.
 */
export class DecisionMeasures extends Construct {
  constructor(scope: Construct, id: string, { log }: { log: ILogGroup }) {
    super(scope, id)
    for (const [metricName, { line, value, unit }] of Object.entries(measures))
      new MetricFilter(this, metricName, {
        logGroup: log,
        filterPattern: FilterPattern.stringValue('$.message', '=', line),
        metricNamespace: `Hotwork/${Stack.of(this).stackName}`,
        metricName,
        metricValue: value,
        unit,
        dimensions: { Stage: '$.stage' },
      })
  }
}

type LoggedTroubleProps = {
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

type MeasuredLagProps = {
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
