import { measuresOf } from '../domain/requests/measures.ts'
import type { ApprovalRequest } from '../domain/requests/request.ts'
import type { Log } from './ports.ts'

/** A decision this soon after its stage opened was hardly read. Seconds. */
const hardlyRead = 5

/**
 * Writes what a change says of how people decide, as lines that are counted into metrics: 1 and 0, so that their average
 * is a rate. No person and no request is named: it is the stage that is looked at, not who works in it.
 */
export function logMeasures(before: ApprovalRequest, after: ApprovalRequest, log: Log): void {
  for (const measure of measuresOf(before, after)) {
    const { stage } = measure
    if (measure.of === 'decision') {
      const { verdict, seconds } = measure
      log.info('decision_measured', { stage, verdict, seconds, hardlyRead: seconds < hardlyRead ? 1 : 0 })
    } else log.info('wait_measured', { stage, silent: measure.silent ? 1 : 0 })
  }
}
