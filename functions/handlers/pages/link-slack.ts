import { connect } from '../../adapters/dynamodb/client.ts'
import { DynamoPersonLinks } from '../../adapters/dynamodb/person-links.ts'
import { SlackSecretReader } from '../../adapters/secretsmanager/secrets.ts'
import { SlackAccounts } from '../../adapters/slack/edge/client.ts'
import { environmentOf, tablesOf } from '../environments.ts'
import { linkPages } from '../wiring/link-slack.ts'
import { decidingPorts, factsOnly, readBundle, sessionsIn } from '../wiring/ports.ts'
import { pageDoor } from './page-door.ts'

const environment = environmentOf('link-slack')
const tables = tablesOf(environment)
const deciding = decidingPorts(environment, factsOnly(readBundle()))
const secret = new SlackSecretReader(environment.SLACK_SECRET, deciding.clock)
const ports = {
  ...deciding,
  sessions: sessionsIn(environment.REQUESTS_TABLE),
  links: new DynamoPersonLinks(connect(), tables),
  chat: new SlackAccounts({
    apiUrl: environment.SLACK_API_URL,
    token: async () => (await secret.read()).botToken,
    log: deciding.log,
  }),
  issuer: environment.ISSUER,
}

/** `GET /link`, `POST /link`, `POST /link/unlink`: whose a Slack account is. */
export const handler = pageDoor(ports, linkPages(ports))
