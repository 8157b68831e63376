// Rules: test/channels/slack/promises.test.ts
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda'
import { DynamoBurstStore, DynamoCardStore } from '../../adapters/dynamodb/card-store.ts'
import { connect } from '../../adapters/dynamodb/client.ts'
import { DynamoLedgerStore } from '../../adapters/dynamodb/ledger-store.ts'
import { DynamoPersonLinks } from '../../adapters/dynamodb/person-links.ts'
import { DynamoTextStore } from '../../adapters/dynamodb/text-store.ts'
import { SnsPager } from '../../adapters/sns/pager.ts'
import { SqsFifoQueue, SqsVisibility } from '../../adapters/sqs/queue.ts'
import type { ChannelWords } from '../../channels/door.ts'
import { shortForm } from '../../channels/kinds.ts'
import { agentLineOf, lineOf, openingLineOf } from '../../channels/lines.ts'
import { pageOf } from '../../channels/page-of.ts'
import { words } from '../../channels/words.ts'
import { describeOpening } from '../../domain/cards/opening-view.ts'
import { describeRequest } from '../../domain/cards/request-view.ts'
import { linkedIn } from '../../domain/people/linking.ts'
import { channelsIn, chatsOf, workspacesIn } from '../../domain/policy/bundle.ts'
import type { ApprovalRequest } from '../../domain/record/request.ts'
import type { AgentNotice } from '../../operations/agents/ports.ts'
import { tellNotice } from '../../operations/agents/tell-notice.ts'
import { pageAlone } from '../../operations/break-glass/notify.ts'
import type { DrawPorts } from '../../operations/cards/channel-card.ts'
import { type DrawBurstPorts, drawBurst, hasOwnCard } from '../../operations/cards/draw-burst.ts'
import { drawCard } from '../../operations/cards/draw-card.ts'
import { type BurstMessage, sparing } from '../../operations/cards/ports.ts'
import type { TextReader } from '../../operations/ledger/ports.ts'
import { showing } from '../../operations/ledger/texts.ts'
import type { PersonLinks } from '../../operations/people/ports.ts'
import { mayAllow } from '../../operations/permits/standing-permits.ts'
import type { Queue } from '../../operations/ports.ts'
import type { RequestReader } from '../../operations/record/ports.ts'
import type { Stores, Wiring } from '../environment.ts'
import { doorsOf } from '../wiring/chats.ts'
import { cedarPolicy } from '../wiring/policy.ts'
import { currentPolicy } from '../wiring/ports.ts'
import { readingPorts } from '../wiring/reading.ts'
import { drawBatch, drawBursts, type Hold, partition, tellNotices } from './draw-batch.ts'

type Ports = Pick<DrawPorts, 'cards' | 'boards' | 'policy' | 'clock' | 'log'> &
  Pick<DrawPorts['opening'], 'pager' | 'ledger'> &
  Pick<DrawBurstPorts, 'bursts'> & {
    requests: RequestReader
    texts: TextReader
    links: Pick<PersonLinks, 'ofPerson'>
    draws: Queue<BurstMessage>
    hold: Hold
    issuer: string
  }

/** The timeout of chats (`silence` in wiring/chats.ts) with the reads and writes around a drawing. Milliseconds. */
const longestDrawing = 6_000
const unbounded = { getRemainingTimeInMillis: () => Number.POSITIVE_INFINITY }

/**
 * Draws the cards of requests that have changed or that a timer has woken; the queue's group is the request. A burst
 * has its own group, so that its card has one writer at a time.
 */
export const createHandler = (ports: Ports) => {
  const { hold, log } = ports
  const rendered = (notice: AgentNotice, chat: string) => wordsOf(chat, ports).say(agentLineOf(notice, ports.issuer))
  return async ({ Records }: SQSEvent, context = unbounded): Promise<SQSBatchResponse> => {
    const { cardPorts, burstPorts } = drawingPorts({ ...showing(ports), boards: sparing(ports.boards) })
    const mayStart = () => context.getRemainingTimeInMillis() > longestDrawing
    const { single, several, notices } = partition(Records)
    const drawn = await drawBatch(
      { Records: single },
      {
        draw: (id) => drawCard(id, cardPorts),
        withoutSlack: (id) => pageAlone(id, { ...cardPorts, ...cardPorts.opening }),
        isOneChat: Object.keys(ports.boards).length === 1,
        ...{ hold, mayStart, log },
      },
    )
    const shared = await drawBursts(several, {
      draw: (kind, because) => drawBurst(kind, because, burstPorts),
      ...{ hold, mayStart, log },
    })
    const tell = (notice: AgentNotice) => tellNotice(notice, { ...cardPorts, renderAgentNotice: rendered })
    const told = await tellNotices(notices, { tell, hold, log })
    return { batchItemFailures: [...drawn.batchItemFailures, ...shared, ...told] }
  }
}

const wordsOf = (chat: string, { policy: { bundle } }: Pick<Ports, 'policy'>): ChannelWords =>
  words[chatsOf(bundle.deployment).get(chat)?.kind ?? shortForm.id]

function drawingPorts(ports: Ports): { cardPorts: DrawPorts; burstPorts: DrawBurstPorts } {
  const { requests, cards, boards, pager, ledger, links, issuer, policy, clock, log } = ports
  const { bundle } = policy
  const pages = { page: pageOf(issuer) }
  const of = (chat: string) => wordsOf(chat, ports)
  const cardOptions = { ...pages, allows: (each: ApprovalRequest) => mayAllow(each, policy, clock.now()) }
  const shared = { requests, boards, channels: channelsIn(bundle.deployment), clock, log }
  const cardPorts: DrawPorts = {
    ...shared,
    cards,
    policy,
    hasOwnCard: (state, channel, hasCard) => hasOwnCard(state, channel, hasCard, ports),
    render: (state, channel, onCall, chat) => {
      const view = describeRequest(state, { ...bundle, onCall })
      return of(chat).request(view, channel, { ...pages, offersPermit: cardOptions.allows(state) })
    },
    say: (line, state, chat) => of(chat).say(lineOf(line, state, bundle)),
    opening: {
      render: (state, about, chat) => of(chat).opening(describeOpening(state, bundle, about), pages),
      say: (notice, state, hearer, chat) => of(chat).say(openingLineOf(notice, state, hearer, bundle, pages)),
      ...{ pager, ledger },
    },
    linkedAccounts: async (person) => linkedIn(await links.ofPerson(person), workspacesIn(bundle.deployment)),
  }
  const burstPorts = {
    ...shared,
    bursts: ports.bursts,
    renderBurst: (...[view, chat]: Parameters<DrawBurstPorts['renderBurst']>) =>
      of(chat).burst(view, bundle, cardOptions),
  }
  return { cardPorts, burstPorts }
}

export const wire: Wiring<
  typeof createHandler,
  'ISSUER' | Stores | 'TEXTS_TABLE' | 'CHAT_SECRETS' | 'CARDS_TABLE' | 'CARDS_QUEUE' | 'BREAK_GLASS_TOPIC'
> = (told) => {
  const [ports, policy] = [readingPorts(told), currentPolicy(told, cedarPolicy())]
  const connection = connect()
  const queue = new SqsVisibility(told.CARDS_QUEUE)
  return {
    ...ports,
    issuer: told.ISSUER,
    policy,
    cards: new DynamoCardStore(connection, told.CARDS_TABLE),
    bursts: new DynamoBurstStore(connection, told.CARDS_TABLE),
    draws: new SqsFifoQueue<BurstMessage>(told.CARDS_QUEUE),
    texts: new DynamoTextStore(connection, told.TEXTS_TABLE),
    boards: Object.fromEntries(doorsOf(told, { ...ports, bundle: policy.bundle })),
    pager: new SnsPager(told.BREAK_GLASS_TOPIC),
    ledger: new DynamoLedgerStore(connection, { requests: '', ledger: told.LEDGER_TABLE }),
    links: new DynamoPersonLinks(connection, { requests: told.REQUESTS_TABLE, ledger: '' }),
    hold: (receiptHandle: string, seconds: number) => queue.hold(receiptHandle, seconds),
  }
}
