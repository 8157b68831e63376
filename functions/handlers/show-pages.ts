import { environmentOf } from './environments.ts'
import { decidingPorts } from './wiring/deciding.ts'
import { sessionsIn } from './wiring/login.ts'
import { pageDoor } from './wiring/page-door.ts'
import { cedarPolicy } from './wiring/policy.ts'
import { showPages } from './wiring/show-pages.ts'

const environment = environmentOf('show-pages')
// It reads no entry and writes none, so it is told of no ledger.
const ports = {
  ...decidingPorts({ ...environment, LEDGER_TABLE: '' }, cedarPolicy()),
  sessions: sessionsIn(environment.REQUESTS_TABLE),
  issuer: environment.ISSUER,
}

/** `GET /decide`, `GET /decide/{id}`: what waits for the person who looks, and one request. */
export const handler = pageDoor(ports, showPages(ports))
