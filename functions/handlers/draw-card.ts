import type { SQSBatchResponse, SQSEvent } from 'aws-lambda'
import { DynamoCardStore } from '../adapters/dynamodb/card-store.ts'
import { connect } from '../adapters/dynamodb/client.ts'
import { DynamoRequestStore } from '../adapters/dynamodb/request-store.ts'
import { PowertoolsLog } from '../adapters/powertools/log.ts'
import { SlackSecretReader } from '../adapters/secretsmanager/slack-secret.ts'
import { renderCard } from '../adapters/slack/card.ts'
import { renderLine } from '../adapters/slack/lines.ts'
import { SlackCardBoard } from '../adapters/slack/slack-card-board.ts'
import { SqsVisibility } from '../adapters/sqs/visibility.ts'
import { SystemClock } from '../adapters/system/clock.ts'
import { type DrawPorts, drawCard } from '../operations/draw-card.ts'
import { environmentOf } from './environments.ts'
import { drawBatch } from './wiring/draw-batch.ts'
import { pageOf } from './wiring/page.ts'
import { cedarPolicy } from './wiring/policy.ts'

const environment = environmentOf('draw-card')
const policy = cedarPolicy()
const { bundle } = policy
const connection = connect()
const clock = new SystemClock()
const log = new PowertoolsLog()
const secret = new SlackSecretReader(environment.SLACK_SECRET, clock)
const token = async () => (await secret.read()).botToken
const ports: DrawPorts = {
  requests: new DynamoRequestStore(connection, { requests: environment.REQUESTS_TABLE, ledger: '' }),
  cards: new DynamoCardStore(connection, environment.CARDS_TABLE),
  board: new SlackCardBoard({ apiUrl: environment.SLACK_API_URL, token, log }),
  policy,
  render: (state, channel) => renderCard(state, bundle, channel, { page: pageOf(environment.ISSUER) }),
  say: (line, state) => renderLine(line, state, bundle),
  channels: bundle.deployment.channels,
  clock,
  log,
}
const queue = new SqsVisibility(environment.CARDS_QUEUE)

/** Draws the cards of requests that have changed, or that a timer has looked at; the queue's group is the request. */
export const handler = (event: SQSEvent): Promise<SQSBatchResponse> =>
  drawBatch(event, {
    draw: (id) => drawCard(id, ports),
    hold: (receiptHandle, seconds) => queue.hold(receiptHandle, seconds),
    log,
  })
