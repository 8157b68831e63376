import { SystemStopwatch } from '../../adapters/system/system.ts'
import { environmentOf } from '../environments.ts'
import { decidingPorts } from '../wiring/deciding.ts'
import { incidentsOf } from '../wiring/incidents.ts'
import { loginPorts, sessionsIn } from '../wiring/login.ts'
import { openPages } from '../wiring/open-on-page.ts'
import { pageDoor } from '../wiring/page-door.ts'
import { cedarPolicy } from '../wiring/policy.ts'

const environment = environmentOf('open-on-page')
const deciding = decidingPorts(environment, cedarPolicy())
const sessions = sessionsIn(environment.REQUESTS_TABLE)
const ports = {
  ...deciding,
  sessions,
  issuer: environment.ISSUER,
  login: loginPorts(sessions, deciding),
  incidents: incidentsOf(deciding.policy.bundle, environment, deciding.clock),
  stopwatch: new SystemStopwatch(),
}

/** `GET` and `POST /break-glass/open/{id}`: what was prepared in Slack is opened here, with the login that it takes. */
export const handler = pageDoor(ports, openPages(ports))
