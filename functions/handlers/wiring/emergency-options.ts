import type { EdgeOptions } from '../../adapters/slack/bolt-edge.ts'
import { inTime } from '../../operations/decide-in-time.ts'
import { endBreakGlass } from '../../operations/end-break-glass.ts'
import { foreseeReview } from '../../operations/foresee-review.ts'
import type { DecidingPorts } from '../../operations/ports.ts'
import { reviewBreakGlass } from '../../operations/review-break-glass.ts'

/** What Slack's door needs for the card of an emergency: the operations that the API has, in a hurry. */
export const emergencyOptions = (
  ports: DecidingPorts,
): Pick<EdgeOptions, 'endEmergency' | 'foreseeReview' | 'review'> => ({
  endEmergency: (ask, mayStart) => endBreakGlass(ask, inTime(ports, mayStart)),
  foreseeReview: (ask) => foreseeReview(ask, ports),
  review: (ask, mayStart) => reviewBreakGlass(ask, inTime(ports, mayStart)),
})
