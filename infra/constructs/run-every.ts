import type { Duration } from 'aws-cdk-lib'
import { Rule, Schedule } from 'aws-cdk-lib/aws-events'
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets'
import type { Construct } from 'constructs'
import type { HotworkFunction } from './hotwork-function.ts'

export type RunEveryProps = {
  every: Duration
  worker: HotworkFunction
  /** How late a run may begin, if not until the next is due. */
  within?: Duration
  enabled?: boolean
}

/** Runs a function again and again. A run that fails or is missed is made good by the next. */
export function runEvery(
  scope: Construct,
  id: string,
  { every, worker, within = every, enabled = true }: RunEveryProps,
): void {
  new Rule(scope, id, {
    schedule: Schedule.rate(every),
    enabled,
    targets: [new LambdaFunction(worker.lambda, { retryAttempts: 0, maxEventAge: within })],
  })
}
