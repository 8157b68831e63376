// Rules: test/infra/alarms.test.ts
import { Duration, Stack } from 'aws-cdk-lib'
import type { IMetric, MetricOptions } from 'aws-cdk-lib/aws-cloudwatch'
import { Alarm, ComparisonOperator, MathExpression, Metric, TreatMissingData, Unit } from 'aws-cdk-lib/aws-cloudwatch'
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions'
import type { IFilterPattern, ILogGroup, MetricFilterOptions } from 'aws-cdk-lib/aws-logs'
import { FilterPattern, MetricFilter } from 'aws-cdk-lib/aws-logs'
import type { ITopic } from 'aws-cdk-lib/aws-sns'
import type { Queue } from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'
import { troubles } from '../troubles.ts'
import type { WorkQueue } from './event-sources.ts'
import type { HotworkApi } from './hotwork-api.ts'
import type { HotworkFunction } from './hotwork-function.ts'

const period = Duration.minutes(5)
/** The period of alarms for failures after which an ended session may work. SQS reports once a minute. */
const urgently = Duration.minutes(1)

/** Raises alarms in `scope`. @param topic the topic to notify; without it alarms only show in the console */
export function alarmsIn(scope: Construct, topic: ITopic | undefined) {
  const action = topic && new SnsAction(topic)
  return (id: string, metric: IMetric, threshold: number, alarmDescription: string, evaluationPeriods = 1) => {
    const alarm = new Alarm(scope, id, {
      ...{ metric, threshold, alarmDescription, evaluationPeriods },
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    })
    if (action) alarm.addAlarmAction(action)
  }
}

export const lettersIn = (queue: Queue) => queue.metricApproximateNumberOfMessagesVisible({ period, statistic: 'max' })

export class Alarms extends Construct {
  readonly raise: ReturnType<typeof alarmsIn>

  constructor(scope: Construct, id: string, topic: ITopic | undefined) {
    super(scope, id)
    this.raise = alarmsIn(this, topic)
  }

  watchApi({ api, node }: HotworkApi): void {
    this.raise(`${node.id}ServerErrors`, api.metricServerError({ period }), 1, 'calls were answered with 5xx')
  }

  /**
   * Alarms for functions whose failure must be reported by name at once. Each alarm costs, so the other functions share
   * `FunctionErrors`.
   */
  watchFunction({ lambda, node }: HotworkFunction): void {
    this.raise(`${node.id}Errors`, lambda.metricErrors({ period }), 1, `${node.id} has thrown`)
  }

  watchQueue({ queue, node }: WorkQueue, { oldest, urgent }: { oldest: Duration; urgent?: boolean }): void {
    const age = queue.metricApproximateAgeOfOldestMessage({ period: urgent ? urgently : period, statistic: 'max' })
    this.raise(`${node.id}Age`, age, oldest.toSeconds(), `${node.id}: a message has waited too long`)
  }

  /** The age of the oldest record that a follower of a stream has not processed yet. */
  watchStream({ lambda, node }: HotworkFunction, oldest: Duration): void {
    const age = lambda.metric('IteratorAge', { period, statistic: 'max' })
    this.raise(`${node.id}Age`, age, oldest.toMilliseconds(), `${node.id}: a record has waited too long`)
  }

  watchDeadLetters(of: string, queue: Queue): void {
    const given = `${of}: messages were given up; send them back when the cause is gone`
    this.raise(`${of}DeadLetters`, lettersIn(queue), 1, given)
  }
}

/**
 * For the author of the ladder. Metrics without alarms, since a single quick decision may be right: the setting
 * `hardlyRead` adds an alarm for a rate. A rate is logged as 1 or 0.
 */
const decisions = {
  TimeToDecide: { line: 'decision_measured', value: '$.seconds', unit: Unit.SECONDS },
  HardlyRead: { line: 'decision_measured', value: '$.hardlyRead', unit: Unit.COUNT },
  Silence: { line: 'wait_measured', value: '$.silent', unit: Unit.COUNT },
} as const

/**
 * Failures in Lambda's own reports in the log: thrown, out of time or memory, or not started.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html#platform-report
 */
const failedInvocation = FilterPattern.all(
  FilterPattern.stringValue('$.type', '=', 'platform.report'),
  FilterPattern.stringValue('$.record.status', '!=', 'success'),
)

const saying = (...lines: readonly string[]): IFilterPattern =>
  FilterPattern.any(...lines.map((line) => FilterPattern.stringValue('$.message', '=', line)))

/** The longest pattern of a metric filter, in characters. */
const longestPattern = 1024

/** Packs lines into as few patterns as possible. */
function inPatterns(lines: readonly string[]): readonly (readonly string[])[] {
  const patterns: string[][] = []
  for (const line of lines) {
    const last = patterns.at(-1)
    if (last && saying(...last, line).logPatternString.length <= longestPattern) last.push(line)
    else patterns.push([line])
  }
  return patterns
}

/** Counts, in the shared log, faults that functions answer or retry, which Lambda does not count as errors. */
export class LogMetrics extends Construct {
  readonly #log: ILogGroup

  constructor(
    scope: Construct,
    id: string,
    { log, alarms, hardlyRead }: { log: ILogGroup; alarms: Alarms; hardlyRead?: number | undefined },
  ) {
    super(scope, id)
    this.#log = log
    for (const [name, { line, value, unit }] of Object.entries(decisions))
      this.#measure(name, saying(line), { metricValue: value, unit, dimensions: { Stage: '$.stage' } })

    const seconds = { metricValue: '$.lagSeconds', unit: Unit.SECONDS }
    this.#measure('RevocationLag', saying('deny_written'), seconds)
    const lag = this.#metric('RevocationLag', { statistic: 'max', unit: Unit.SECONDS, period: urgently })
    alarms.raise('RevocationLag', lag, 60, 'an ended AWS session was denied a minute or more after its end')

    this.#measure('FunctionErrors', failedInvocation)
    const failures = this.#metric('FunctionErrors', { statistic: 'sum', period })
    const failed = 'functions have thrown, run out of time, or could not start: the log says which'
    alarms.raise('FunctionErrors', failures, 1, failed)

    this.#watchTroubles(alarms)
    if (hardlyRead !== undefined) this.#watchHardlyRead(alarms, hardlyRead)
  }

  /** One alarm for all stages: in three hours in a row, at least this share of a stage's decisions was hardly read. */
  #watchHardlyRead(alarms: Alarms, percent: number): void {
    const [name, key] = ['HardlyRead', 'Stage']
    const expression = `SELECT AVG(${name}) FROM SCHEMA("${this.#namespace}", ${key}) GROUP BY ${key} ORDER BY AVG() DESC`
    const seen = new MathExpression({ expression, period: Duration.hours(1), label: name })
    const why = `in three hours in a row ${percent} % or more of the decisions of a stage took less than 5 s: \`Stage\` says which`
    alarms.raise(name, seen, percent / 100, why, 3)
  }

  /**
   * One alarm for all trouble that functions log. It treats each line as a metric, reports each by itself, and costs by
   * the metrics that have data (docs/adr/0054).
   * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Create_Metrics_Insights_Alarm.html
   */
  #watchTroubles(alarms: Alarms): void {
    const [metricName, key] = ['Troubles', 'Trouble']
    const lines = Object.values(troubles).flat()
    for (const [index, some] of inPatterns(lines).entries())
      this.#measure(`${metricName}${index + 1}`, saying(...some), { metricName, dimensions: { [key]: '$.message' } })
    // AWS requires both clauses in an alarm's query on several metrics.
    const clauses = `GROUP BY ${key} ORDER BY SUM() DESC`
    const expression = `SELECT SUM(${metricName}) FROM SCHEMA("${this.#namespace}", ${key}) ${clauses}`
    const seen = new MathExpression({ expression, period: urgently, label: metricName })
    alarms.raise(metricName, seen, 1, 'functions have logged trouble: `Trouble` says which, docs/runbooks what to do')
  }

  get #namespace(): string {
    return `Hotwork/${Stack.of(this).stackName}`
  }

  #measure(id: string, filterPattern: IFilterPattern, how: Partial<MetricFilterOptions> = {}): void {
    new MetricFilter(this, id, {
      ...{ logGroup: this.#log, filterPattern, metricNamespace: this.#namespace, metricName: id, ...how },
    })
  }

  #metric(metricName: string, options: MetricOptions): Metric {
    return new Metric({ namespace: this.#namespace, metricName, ...options })
  }
}
