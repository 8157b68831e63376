import { environmentOf } from '../environments.ts'
import { evidenceIn } from '../wiring/evidence.ts'
import { cedarPolicy } from '../wiring/policy.ts'
import { decidingPorts, sessionsIn } from '../wiring/ports.ts'
import { showPages } from '../wiring/show-pages.ts'
import { pageDoor } from './page-door.ts'

const environment = environmentOf('show-pages')
const deciding = decidingPorts(environment, cedarPolicy())
const ports = {
  ...deciding,
  ...evidenceIn(environment, deciding.log),
  sessions: sessionsIn(environment.REQUESTS_TABLE),
  issuer: environment.ISSUER,
}

/** What only shows: what waits for the person who looks, one request, who has an opening, one opening, its drill. */
export const handler = pageDoor(ports, showPages(ports))
