import type { SQSBatchResponse, SQSEvent } from 'aws-lambda'
import { DynamoBurstStore, DynamoCardStore } from '../../adapters/dynamodb/card-store.ts'
import { connect } from '../../adapters/dynamodb/client.ts'
import { DynamoLedgerStore } from '../../adapters/dynamodb/ledger-store.ts'
import { DynamoPersonLinks } from '../../adapters/dynamodb/person-links.ts'
import { DynamoRequestStore } from '../../adapters/dynamodb/request-store.ts'
import { PowertoolsLog } from '../../adapters/powertools/log.ts'
import { SlackSecretReader } from '../../adapters/secretsmanager/secrets.ts'
import { renderBurst } from '../../adapters/slack/cards/burst-card.ts'
import { renderCard } from '../../adapters/slack/cards/card.ts'
import { SlackCardBoard } from '../../adapters/slack/cards/card-board.ts'
import { renderLine, renderNotice } from '../../adapters/slack/cards/lines.ts'
import { renderOpening } from '../../adapters/slack/cards/opening-card.ts'
import { SnsPager } from '../../adapters/sns/pager.ts'
import { SqsFifoQueue, SqsVisibility } from '../../adapters/sqs/queue.ts'
import { SystemClock } from '../../adapters/system/system.ts'
import type { ApprovalRequest } from '../../domain/requests/request.ts'
import { pageAlone } from '../../operations/break-glass/notify.ts'
import { type DrawBurstPorts, drawBurst, hasOwnCard } from '../../operations/cards/draw-burst.ts'
import { type DrawPorts, drawCard } from '../../operations/cards/draw-card.ts'
import type { BurstMessage } from '../../operations/cards/ports.ts'
import { mayAllow } from '../../operations/permits/standing-permits.ts'
import { environmentOf } from '../environments.ts'
import { cedarPolicy } from '../wiring/policy.ts'
import { pageOf } from '../wiring/slack.ts'
import { drawBatch, drawBursts, partition } from './draw-batch.ts'

const environment = environmentOf('draw-card')
const policy = cedarPolicy()
const { bundle } = policy
const connection = connect()
const clock = new SystemClock()
const log = new PowertoolsLog()
const secret = new SlackSecretReader(environment.SLACK_SECRET, clock)
const token = async () => (await secret.read()).botToken
const requests = new DynamoRequestStore(connection, { requests: environment.REQUESTS_TABLE, ledger: '' })
const links = new DynamoPersonLinks(connection, { requests: environment.REQUESTS_TABLE, ledger: '' })
const bursts = new DynamoBurstStore(connection, environment.CARDS_TABLE)
const draws = new SqsFifoQueue<BurstMessage>(environment.CARDS_QUEUE)
const pages = { page: pageOf(environment.ISSUER) }
const cardOptions = { ...pages, allows: (each: ApprovalRequest) => mayAllow(each, policy, clock.now()) }
const ports: DrawPorts = {
  requests,
  cards: new DynamoCardStore(connection, environment.CARDS_TABLE),
  board: new SlackCardBoard({ apiUrl: environment.SLACK_API_URL, token, log }),
  policy,
  hasOwnCard: (state, channel, hasCard) => hasOwnCard(state, channel, hasCard, { requests, bursts, draws, policy }),
  render: (state, channel) => renderCard(state, bundle, channel, cardOptions),
  say: (line, state) => renderLine(line, state, bundle),
  opening: {
    render: (state, about) => renderOpening(state, about, bundle, pages),
    say: (notice, state, hearer) => renderNotice(notice, state, hearer, bundle, pages),
    pager: new SnsPager(environment.BREAK_GLASS_TOPIC),
    ledger: new DynamoLedgerStore(connection, { requests: '', ledger: environment.LEDGER_TABLE }),
  },
  linkedAccount: async (person) => {
    const account = await links.ofPerson(person)
    return account?.team === bundle.deployment.chat.teamId ? account.user : undefined
  },
  channels: bundle.deployment.channels,
  clock,
  log,
}
const queue = new SqsVisibility(environment.CARDS_QUEUE)

const burstPorts: DrawBurstPorts = {
  ...ports,
  requests,
  bursts,
  renderBurst: (view) => renderBurst(view, bundle, cardOptions),
}
const hold = (receiptHandle: string, seconds: number) => queue.hold(receiptHandle, seconds)

/**
 * Draws the cards of requests that have changed, or that a timer has looked at; the queue's group is the request. A burst
 * is a group of its own, so that its card has one writer at a time.
 */
export const handler = async ({ Records }: SQSEvent): Promise<SQSBatchResponse> => {
  const [single, several] = partition(Records)
  const drawn = await drawBatch(
    { Records: single },
    {
      draw: (id) => drawCard(id, ports),
      withoutSlack: (id) => pageAlone(id, { ...ports, ...ports.opening }),
      hold,
      log,
    },
  )
  const shared = await drawBursts(several, { draw: (kind, because) => drawBurst(kind, because, burstPorts), hold, log })
  return { batchItemFailures: [...drawn.batchItemFailures, ...shared] }
}
