import type { EdgeOptions } from '../../adapters/slack/bolt-edge.ts'
import { PatternIncidents } from '../../adapters/system/pattern-incidents.ts'
import { SystemSecrets } from '../../adapters/system/secrets.ts'
import { ok } from '../../domain/values.ts'
import { inTime, permitsInTime, standInsInTime } from '../../operations/decide-in-time.ts'
import { endStandIn } from '../../operations/end-stand-in.ts'
import { findRequest } from '../../operations/find-request.ts'
import { giveStandIn } from '../../operations/give-stand-in.ts'
import { mayOpen } from '../../operations/may-open.ts'
import type { DecidingPorts, PermitStore, StandInStore } from '../../operations/ports.ts'
import { prepareOpening } from '../../operations/prepare-opening.ts'
import { listBreakGlass } from '../../operations/read-break-glass.ts'
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
  | 'mayOpen'
  | 'prepareOpening'
  | 'openings'
>
const secrets = new SystemSecrets()

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
