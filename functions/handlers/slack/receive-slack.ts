import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda'
import { DynamoBurstStore, DynamoCardStore } from '../../adapters/dynamodb/card-store.ts'
import { connect, hurried } from '../../adapters/dynamodb/client.ts'
import { DynamoPermitStore } from '../../adapters/dynamodb/permit-store.ts'
import { DynamoStandInStore } from '../../adapters/dynamodb/stand-in-store.ts'
import { hurriedSecrets, SlackSecretReader } from '../../adapters/secretsmanager/secrets.ts'
import { createEphemeral } from '../../adapters/slack/edge/answers.ts'
import { createSlackEdge } from '../../adapters/slack/edge/bolt-edge.ts'
import { createModals } from '../../adapters/slack/forms/modal-blocks.ts'
import { createHomes } from '../../adapters/slack/home/home.ts'
import { acceptBurst } from '../../operations/cards/decide-burst.ts'
import { decideInTime, inTime, permitsInTime } from '../../operations/cards/decide-in-time.ts'
import { findSeen } from '../../operations/cards/show-card.ts'
import { givePermit } from '../../operations/permits/standing-permits.ts'
import { commentDecision, foreseeDecision } from '../../operations/requests/decide-request.ts'
import { environmentOf, tablesOf } from '../environments.ts'
import { openingOptions } from '../wiring/emergency-options.ts'
import { freshEnough } from '../wiring/fresh-enough.ts'
import { overviewOptions } from '../wiring/overview-options.ts'
import { cedarPolicy } from '../wiring/policy.ts'
import { decidingPorts } from '../wiring/ports.ts'
import { linkingFor, pageOf, slackGroupsRefresh } from '../wiring/slack.ts'
import { slackRequestOf } from '../wiring/slack-request.ts'

const environment = environmentOf('receive-slack')
const ports = decidingPorts(environment, cedarPolicy(), hurried)
const { log, clock, policy } = ports
const cards = new DynamoCardStore(connect(hurried), environment.CARDS_TABLE)
const permits = new DynamoPermitStore(connect(hurried), tablesOf(environment))
const standIns = new DynamoStandInStore(connect(hurried), tablesOf(environment))
const bursts = new DynamoBurstStore(connect(hurried), environment.CARDS_TABLE)
const secret = new SlackSecretReader(environment.SLACK_SECRET, clock, hurriedSecrets())
const secrets = freshEnough(
  async () => {
    const { signingSecret, previousSigningSecret } = await secret.read()
    return previousSigningSecret === undefined ? [signingSecret] : [signingSecret, previousSigningSecret]
  },
  () => clock.now(),
)
// Read now, so that the first person who clicks does not wait for it; a failure shows when it is needed.
secrets().catch(() => {})

/** The bot token is read only where one person is shown something: a form, or their own tab. */
const webApi = { apiUrl: environment.SLACK_API_URL, token: async () => (await secret.read()).botToken, log }

const edge = createSlackEdge({
  bundle: policy.bundle,
  secrets,
  decide: (ask, mayStart) => decideInTime(ask, ports, mayStart),
  foresee: (ask) => foreseeDecision(ask, ports),
  comment: (ask, mayStart) => commentDecision(ask, inTime(ports, mayStart)),
  seen: (place) => findSeen(place, cards),
  decideAll: (ask, mayStart) => acceptBurst(ask, { ...inTime(ports, mayStart), bursts }),
  allowMore: (ask, mayStart) =>
    givePermit(ask, { ...inTime(ports, mayStart), permits: permitsInTime(permits, mayStart) }),
  ...overviewOptions({ ...ports, permits, standIns }, environment.ISSUER),
  ...openingOptions(ports),
  openModal: createModals(webApi),
  publishHome: createHomes(webApi),
  refreshGroups: slackGroupsRefresh({ bundle: policy.bundle, tables: environment, webApi, clock }, hurried),
  page: pageOf(environment.ISSUER),
  links: linkingFor(environment, clock),
  sendEphemeral: createEphemeral(environment.SLACK_API_URL, log),
  now: () => clock.now(),
  log,
})

/** `POST /slack/events`: what people click in Slack. */
export const handler = (event: APIGatewayProxyEventV2): Promise<APIGatewayProxyStructuredResultV2> =>
  edge(slackRequestOf(event))
