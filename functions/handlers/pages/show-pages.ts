import { environmentOf } from '../environments.ts'
import { decidingPorts } from '../wiring/deciding.ts'
import { evidenceIn } from '../wiring/evidence.ts'
import { sessionsIn } from '../wiring/login.ts'
import { pageDoor } from '../wiring/page-door.ts'
import { cedarPolicy } from '../wiring/policy.ts'
import { showPages } from '../wiring/show-pages.ts'

const environment = environmentOf('show-pages')
const deciding = decidingPorts(environment, cedarPolicy())
const ports = {
  ...deciding,
  ...evidenceIn(environment, deciding.log),
  sessions: sessionsIn(environment.REQUESTS_TABLE),
  issuer: environment.ISSUER,
}

/** What only shows: what waits for the person who looks, one request, who has the glass broken, one opening, its drill. */
export const handler = pageDoor(ports, showPages(ports))
