import type { EdgeOptions } from '../../adapters/slack/bolt-edge.ts'
import { inTime } from '../../operations/decide-in-time.ts'
import { findRequest } from '../../operations/find-request.ts'
import type { DecidingPorts } from '../../operations/ports.ts'
import { readOverview } from '../../operations/read-overview.ts'
import { readRequest } from '../../operations/read-requests.ts'
import { revokeRequest } from '../../operations/revoke-request.ts'

type OfOverview = Pick<EdgeOptions, 'list' | 'overview' | 'find' | 'read' | 'revoke' | 'claim'>

/** What Slack's door needs for the tab and the commands of a person: the operations that the API has, in a hurry. */
export const overviewOptions = (ports: DecidingPorts, issuer: string): OfOverview => ({
  list: `${issuer}/decide`,
  overview: (person) => readOverview(person, ports),
  find: (given) => findRequest(given, ports),
  read: (ask) => readRequest(ask, ports),
  revoke: (ask, mayStart) => revokeRequest(ask, inTime(ports, mayStart)),
  claim: (once) => ports.requests.claim(once),
})
