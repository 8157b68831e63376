import { environmentOf } from '../environments.ts'
import { decidePages } from '../wiring/decide-on-page.ts'
import { decidingPorts } from '../wiring/deciding.ts'
import { loginPorts, sessionsIn } from '../wiring/login.ts'
import { pageDoor } from '../wiring/page-door.ts'
import { cedarPolicy } from '../wiring/policy.ts'

const environment = environmentOf('decide-on-page')
const deciding = decidingPorts(environment, cedarPolicy())
const sessions = sessionsIn(environment.REQUESTS_TABLE)
const ports = { ...deciding, sessions, issuer: environment.ISSUER, login: loginPorts(sessions, deciding) }

/** `POST /decide/{id}`, `GET /login/decision`, `POST /break-glass/{id}`: what is decided on a page, by the same operations as elsewhere. */
export const handler = pageDoor(ports, decidePages(ports))
