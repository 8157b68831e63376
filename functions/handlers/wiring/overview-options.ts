import type { EdgeOptions } from '../../adapters/slack/bolt-edge.ts'
import { inTime, permitsInTime, standInsInTime } from '../../operations/decide-in-time.ts'
import { endStandIn } from '../../operations/end-stand-in.ts'
import { findRequest } from '../../operations/find-request.ts'
import { giveStandIn } from '../../operations/give-stand-in.ts'
import type { DecidingPorts, PermitStore, StandInStore } from '../../operations/ports.ts'
import { readOverview } from '../../operations/read-overview.ts'
import { readRequest } from '../../operations/read-requests.ts'
import { couldStandIn } from '../../operations/read-stand-ins.ts'
import { revokePermit } from '../../operations/revoke-permit.ts'
import { revokeRequest } from '../../operations/revoke-request.ts'

type OfOverview = Pick<
  EdgeOptions,
  | 'list'
  | 'overview'
  | 'find'
  | 'read'
  | 'revoke'
  | 'claim'
  | 'revokePermit'
  | 'couldStandIn'
  | 'giveStandIn'
  | 'endStandIn'
>
type Ports = DecidingPorts & { permits: Pick<PermitStore, 'load' | 'save' | 'list'>; standIns: StandInStore }

/** What Slack's door needs for the tab and the commands of a person: the operations that the API has, in a hurry. */
export const overviewOptions = (ports: Ports, issuer: string): OfOverview => ({
  list: `${issuer}/decide`,
  overview: (person) => readOverview(person, ports),
  find: (given) => findRequest(given, ports),
  read: (ask) => readRequest(ask, ports),
  revoke: (ask, mayStart) => revokeRequest(ask, inTime(ports, mayStart)),
  claim: (once) => ports.requests.claim(once),
  revokePermit: (ask, mayStart) =>
    revokePermit(ask, { ...inTime(ports, mayStart), permits: permitsInTime(ports.permits, mayStart) }),
  couldStandIn: (person) => couldStandIn(person, ports),
  giveStandIn: (ask, mayStart) =>
    giveStandIn(ask, { ...inTime(ports, mayStart), standIns: standInsInTime(ports.standIns, mayStart) }),
  endStandIn: (ask, mayStart) =>
    endStandIn(ask, { ...inTime(ports, mayStart), standIns: standInsInTime(ports.standIns, mayStart) }),
})
