import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda'
import { hurried } from '../adapters/dynamodb/client.ts'
import { SlackSecretReader } from '../adapters/secretsmanager/slack-secret.ts'
import { createSlackEdge } from '../adapters/slack/bolt-edge.ts'
import { createWhisper } from '../adapters/slack/whisper.ts'
import { decideInTime } from '../operations/decide-in-time.ts'
import { environmentOf } from './environments.ts'
import { decidingPorts } from './wiring/deciding.ts'
import { freshEnough } from './wiring/fresh-enough.ts'
import { cedarPolicy } from './wiring/policy.ts'
import { slackRequestOf } from './wiring/slack-request.ts'

const environment = environmentOf('receive-slack')
const ports = decidingPorts(environment, cedarPolicy(), hurried)
const { log, clock, policy } = ports
const secret = new SlackSecretReader(environment.SLACK_SECRET, clock)
const secrets = freshEnough(async () => {
  const { signingSecret, previousSigningSecret } = await secret.read()
  return previousSigningSecret === undefined ? [signingSecret] : [signingSecret, previousSigningSecret]
})
// Read now, so that the first person who presses does not wait for it; a failure shows when it is needed.
secrets().catch(() => {})

const edge = createSlackEdge({
  bundle: policy.bundle,
  secrets,
  decide: (ask, mayStart) => decideInTime(ask, ports, mayStart),
  whisper: createWhisper(environment.SLACK_API_URL, log),
  now: () => clock.now(),
  log,
})

/** `POST /slack/events`: what people press in Slack. */
export const handler = (event: APIGatewayProxyEventV2): Promise<APIGatewayProxyStructuredResultV2> =>
  edge(slackRequestOf(event))
