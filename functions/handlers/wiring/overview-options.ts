import type { EdgeOptions } from '../../adapters/slack/edge/edge-options.ts'
import { PatternIncidents, SystemSecrets } from '../../adapters/system/system.ts'
import { ok } from '../../domain/values.ts'
import { listBreakGlass } from '../../operations/break-glass/openings.ts'
import { prepareOpening } from '../../operations/break-glass/prepare-opening.ts'
import { mayOpen } from '../../operations/break-glass/what-to-open.ts'
import { inTime, permitsInTime, standInsInTime } from '../../operations/cards/decide-in-time.ts'
import { readOverview } from '../../operations/cards/read-overview.ts'
import type { StandInStore } from '../../operations/people/ports.ts'
import { couldStandIn, endStandIn, giveStandIn } from '../../operations/people/stand-ins.ts'
import type { PermitStore } from '../../operations/permits/ports.ts'
import { revokePermit } from '../../operations/permits/standing-permits.ts'
import { revokeRequest } from '../../operations/requests/end-request.ts'
import type { MakingPorts } from '../../operations/requests/ports.ts'
import { findRequest, readRequest } from '../../operations/requests/read-requests.ts'

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
  | 'mayOpen'
  | 'prepareOpening'
  | 'openings'
>
const secrets = new SystemSecrets()

type Ports = MakingPorts & { permits: Pick<PermitStore, 'load' | 'save' | 'list'>; standIns: StandInStore }

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
  mayOpen: (person) => mayOpen(person, ports),
  prepareOpening: async (ask, mayStart) => {
    const prepared = await prepareOpening(ask, {
      ...inTime(ports, mayStart),
      secrets,
      incidents: new PatternIncidents(),
    })
    return prepared.ok ? ok(`${issuer}/break-glass/open/${prepared.value.code}`) : prepared
  },
  openings: (person) => listBreakGlass(person, ports),
  endStandIn: (ask, mayStart) =>
    endStandIn(ask, { ...inTime(ports, mayStart), standIns: standInsInTime(ports.standIns, mayStart) }),
})
