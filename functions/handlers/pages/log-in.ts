import { PowertoolsLog } from '../../adapters/powertools/log.ts'
import { SystemClock } from '../../adapters/system/system.ts'
import { environmentOf } from '../environments.ts'
import { logInPages } from '../wiring/log-in.ts'
import { loginPorts } from '../wiring/login.ts'
import { factsOnly, readBundle, sessionsIn } from '../wiring/ports.ts'
import { pageDoor } from './page-door.ts'

const environment = environmentOf('log-in')
const world = { policy: factsOnly(readBundle()), clock: new SystemClock(), log: new PowertoolsLog() }
const sessions = sessionsIn(environment.REQUESTS_TABLE)
const ports = { ...world, sessions, issuer: environment.ISSUER, login: loginPorts(sessions, world) }

/** `GET /login`, `GET /login/callback`, `POST /logout`: people's sessions with the pages. */
export const handler = pageDoor(ports, logInPages(ports))
