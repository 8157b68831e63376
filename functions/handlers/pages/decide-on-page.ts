import { environmentOf } from '../environments.ts'
import { decidePages } from '../wiring/decide-on-page.ts'
import { loginPorts } from '../wiring/login.ts'
import { cedarPolicy } from '../wiring/policy.ts'
import { decidingPorts, sessionsIn } from '../wiring/ports.ts'
import { pageDoor } from './page-door.ts'

const environment = environmentOf('decide-on-page')
const deciding = decidingPorts(environment, cedarPolicy())
const sessions = sessionsIn(environment.REQUESTS_TABLE)
const ports = { ...deciding, sessions, issuer: environment.ISSUER, login: loginPorts(sessions, deciding) }

/** `POST /decide/{id}`, `GET /login/decision`, `POST /break-glass/{id}`: what is decided on a page, by the same operations as elsewhere. */
export const handler = pageDoor(ports, decidePages(ports))
