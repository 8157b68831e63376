import { SystemStopwatch } from '../../adapters/system/system.ts'
import { environmentOf } from '../environments.ts'
import { incidentsOf } from '../wiring/incidents.ts'
import { loginPorts } from '../wiring/login.ts'
import { openPages } from '../wiring/open-on-page.ts'
import { cedarPolicy } from '../wiring/policy.ts'
import { decidingPorts, sessionsIn } from '../wiring/ports.ts'
import { pageDoor } from './page-door.ts'

const environment = environmentOf('open-on-page')
const deciding = decidingPorts(environment, cedarPolicy())
const sessions = sessionsIn(environment.REQUESTS_TABLE)
const ports = {
  ...deciding,
  sessions,
  issuer: environment.ISSUER,
  login: loginPorts(sessions, deciding),
  incidents: incidentsOf(deciding, environment),
  stopwatch: new SystemStopwatch(),
}

/** `GET` and `POST /break-glass/open/{id}`: what was prepared in Slack is opened here, with the login that it takes. */
export const handler = pageDoor(ports, openPages(ports))
