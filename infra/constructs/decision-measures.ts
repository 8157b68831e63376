import { Stack } from 'aws-cdk-lib'
import { Unit } from 'aws-cdk-lib/aws-cloudwatch'
import { FilterPattern, type ILogGroup, MetricFilter } from 'aws-cdk-lib/aws-logs'
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
