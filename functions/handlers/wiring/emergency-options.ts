import type { EdgeOptions } from '../../adapters/slack/edge/edge-options.ts'
import { endBreakGlass, foreseeReview, reviewBreakGlass } from '../../operations/break-glass/openings.ts'
import { inTime } from '../../operations/cards/decide-in-time.ts'
import type { MakingPorts } from '../../operations/requests/ports.ts'

/** What Slack's door needs for the card of an opening: the operations that the API has, in a hurry. */
export const openingOptions = (ports: MakingPorts): Pick<EdgeOptions, 'endOpening' | 'foreseeReview' | 'review'> => ({
  endOpening: (ask, mayStart) => endBreakGlass(ask, inTime(ports, mayStart)),
  foreseeReview: (ask) => foreseeReview(ask, ports),
  review: (ask, mayStart) => reviewBreakGlass(ask, inTime(ports, mayStart)),
})
