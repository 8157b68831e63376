import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda'
import { DynamoBurstStore, DynamoCardStore } from '../../adapters/dynamodb/card-store.ts'
import { type Connection, connect, hurried } from '../../adapters/dynamodb/client.ts'
import { DynamoHaltStore } from '../../adapters/dynamodb/halt-store.ts'
import { DynamoLedgerStore } from '../../adapters/dynamodb/ledger-store.ts'
import { DynamoPermitStore } from '../../adapters/dynamodb/permit-store.ts'
import { DynamoPersonLinks } from '../../adapters/dynamodb/person-links.ts'
import { DynamoRequestStore } from '../../adapters/dynamodb/request-store.ts'
import { DynamoStandInStore } from '../../adapters/dynamodb/stand-in-store.ts'
import { DynamoTextStore } from '../../adapters/dynamodb/text-store.ts'
import { requestIdOf } from '../../adapters/http/endpoint.ts'
import { hurriedSecrets } from '../../adapters/secretsmanager/secrets.ts'
import { PatternIncidents, SystemSecrets } from '../../adapters/system/system.ts'
import { type NumericDate, ok } from '../../domain/values.ts'
import type { ShowingApiPorts } from '../../handlers/doors.ts'
import { type Reads, type Stores, tablesOf, type Wiring } from '../../handlers/environment.ts'
import { portsWithAnswers } from '../../handlers/wiring/policy.ts'
import { ofAClick, withReader } from '../../handlers/wiring/reader.ts'
import { groupPorts, pageOf, type SlackChat, slackChats } from '../../handlers/wiring/slack.ts'
import { tasksOf } from '../../handlers/wiring/tasks.ts'
import {
  endBreakGlass,
  foreseeReview,
  listBreakGlass,
  reviewBreakGlass,
} from '../../operations/break-glass/openings.ts'
import { prepareOpening } from '../../operations/break-glass/prepare-opening.ts'
import { mayOpen } from '../../operations/break-glass/what-to-open.ts'
import { acceptBurst } from '../../operations/cards/decide-burst.ts'
import type { BurstStore, CardStore } from '../../operations/cards/ports.ts'
import { readOverview } from '../../operations/cards/read-overview.ts'
import { findSeen } from '../../operations/cards/show-card.ts'
import { placesIn } from '../../operations/credentials/place.ts'
import { declareHalt, liftHalt } from '../../operations/halts/halt.ts'
import type { HaltStore } from '../../operations/halts/ports.ts'
import { viewHalts } from '../../operations/halts/view-halts.ts'
import { joinRequest, showing } from '../../operations/ledger/texts.ts'
import { offerLink } from '../../operations/people/chat-accounts.ts'
import { readReadings } from '../../operations/people/list-groups.ts'
import type { StandInStore } from '../../operations/people/ports.ts'
import { refreshGroups } from '../../operations/people/refresh-groups.ts'
import { couldStandIn, endStandIn, giveStandIn } from '../../operations/people/stand-ins.ts'
import type { PermitStore } from '../../operations/permits/ports.ts'
import { givePermit, revokePermit } from '../../operations/permits/standing-permits.ts'
import type { TaskService } from '../../operations/ports.ts'
import type { ReaderPorts } from '../../operations/previews/read-again.ts'
import type { CarriedOut } from '../../operations/record/carry-out.ts'
import { askable, askOnBehalf } from '../../operations/requests/ask-on-behalf.ts'
import { commentDecision, decideRequest, foreseeDecision } from '../../operations/requests/decide-request.ts'
import { revokeRequest } from '../../operations/requests/end-request.ts'
import { findRequest, readRequest } from '../../operations/requests/read-requests.ts'
import { createEphemeral } from './edge/answers.ts'
import { createSlackEdges, type EdgeRequest } from './edge/bolt-edge.ts'
import { createViews } from './edge/client.ts'
import type { EdgeOptions } from './edge/edge-options.ts'

type Written = Pick<ShowingApiPorts, 'requests' | 'ledger'> & {
  permits: PermitStore
  standIns: StandInStore
  halts: HaltStore
}

type Ports = ShowingApiPorts &
  Written &
  ReaderPorts &
  Pick<EdgeOptions, 'refreshGroups' | 'links'> & {
    cards: Pick<CardStore, 'load'>
    bursts: BurstStore
    targetRoles: readonly string[]
    targetRole: string
    tasks?: TaskService
    /** The stores, which start no write once that says no. */
    inTime(mayStart: () => boolean): Written
  }

/** What is of one workspace. */
type OfChat = Pick<EdgeOptions, 'chat' | 'secrets' | 'openModal' | 'publishHome' | 'sendEphemeral'>

/** `POST /slack/events`: what people click in Slack, in any workspace. */
export function createHandler({ chats, ...ports }: Ports & { chats: readonly OfChat[] }) {
  const edge = createSlackEdges(chats.map((each) => edgeOptions({ ...ports, ...each })))
  return (event: APIGatewayProxyEventV2): Promise<APIGatewayProxyStructuredResultV2> => edge(slackRequestOf(event))
}

/** What Slack's edge needs: the operations of the API, in a hurry. */
export function edgeOptions(ports: Ports & OfChat): EdgeOptions {
  const { issuer, policy, clock, log, requests, bursts, cards, reader } = ports
  const shown = showing(ports)
  const timely = (mayStart: () => boolean) => ({ ...ports, ...ports.inTime(mayStart) })
  const { chat, secrets, openModal, publishHome, refreshGroups, links, sendEphemeral } = ports
  return {
    ...{ chat, secrets, openModal, publishHome, refreshGroups, sendEphemeral, log, ...(links && { links }) },
    get bundle() {
      return policy.bundle
    },
    page: pageOf(issuer),
    list: `${issuer}/decide`,
    haltsPage: `${issuer}/halts`,
    now: () => clock.now(),
    decide: (ask, mayStart) => decideRequest(ask, { ...timely(mayStart), reader }),
    foresee: (ask) => foreseeDecision(ask, shown),
    comment: (ask, mayStart) => commentDecision(ask, timely(mayStart)),
    seen: (place) => findSeen(place, cards),
    decideAll: (ask, mayStart) => acceptBurst(ask, { ...timely(mayStart), bursts, reader }),
    allowMore: (ask, mayStart) => givePermit(ask, timely(mayStart)),
    revokePermit: (ask, mayStart) => revokePermit(ask, timely(mayStart)),
    overview: (person) => readOverview(person, shown),
    askable: (person) => askable(person, ports),
    askOnBehalf: (ask, mayStart) => askOnBehalf(ask, timely(mayStart)),
    halts: async (person) => {
      const found = await viewHalts({ person }, ports)
      return found.ok ? found.value : undefined
    },
    declareHalt: (ask, mayStart) => declareHalt(ask, timely(mayStart)),
    liftHalt: (ask, mayStart) => liftHalt(ask, timely(mayStart)),
    find: (ask) => findRequest(ask, ports),
    read: (ask) => readRequest(ask, shown),
    revoke: async (ask, mayStart) => withTextsOf(await revokeRequest(ask, timely(mayStart)), ports),
    claim: (once) => requests.claim(once),
    couldStandIn: (person) => couldStandIn(person, ports),
    giveStandIn: (ask, mayStart) => giveStandIn(ask, timely(mayStart)),
    endStandIn: (ask, mayStart) => endStandIn(ask, timely(mayStart)),
    mayOpen: async (person) => mayOpen(person, ports, await readReadings(ports)),
    prepareOpening: async (ask, mayStart) => {
      const world = { secrets: new SystemSecrets(), incidents: new PatternIncidents() }
      const prepared = await prepareOpening(ask, { ...timely(mayStart), ...world })
      return prepared.ok ? ok(`${issuer}/break-glass/open/${prepared.value.code}`) : prepared
    },
    openings: (person) => listBreakGlass(person, shown),
    endOpening: async (ask, mayStart) => withTextsOf(await endBreakGlass(ask, timely(mayStart)), ports),
    foreseeReview: (ask) => foreseeReview(ask, shown),
    review: (ask, mayStart) => reviewBreakGlass(ask, timely(mayStart)),
  }
}

async function withTextsOf<D extends CarriedOut>(done: D, { texts }: Pick<Ports, 'texts'>): Promise<D> {
  if (!done.ok) return done
  return { ...done, value: { ...done.value, state: await joinRequest(done.value.state, texts) } }
}

export function slackRequestOf(event: APIGatewayProxyEventV2): EdgeRequest {
  const { requestContext, headers, body, isBase64Encoded } = event
  const sent = Object.entries(headers ?? {}).find(([name]) => name.toLowerCase() === 'x-request-id')?.[1]
  return {
    method: requestContext.http.method,
    headers: headers ?? {},
    // An absent body may also come as null.
    body: body ?? undefined,
    isBase64Encoded,
    arrivedAt: Math.floor(requestContext.timeEpoch / 1000),
    requestId: requestIdOf(sent, requestContext.requestId),
  }
}

/** How long a caller waits for a new value when there is an old one. */
const waitMilliseconds = 200
const maxAgeSeconds = 600

/**
 * Reads a value each time, for callers in a hurry: the new value where it comes soon, otherwise the last one, at most ten
 * minutes old. Without a last one it waits, or throws what reading throws.
 */
export function freshEnough<T>(read: () => Promise<T>, now: () => NumericDate): () => Promise<T> {
  let last: { value: T; at: NumericDate } | undefined
  return async () => {
    const next = read().then((value) => {
      last = { value, at: now() }
      return value
    })
    if (!last || now() - last.at >= maxAgeSeconds) return next
    const { value } = last
    let timer: ReturnType<typeof setTimeout> | undefined
    const enough = new Promise<T>((resolve) => {
      timer = setTimeout(() => resolve(value), waitMilliseconds)
    })
    try {
      return await Promise.race([next.catch(() => value), enough])
    } finally {
      clearTimeout(timer)
    }
  }
}

function ofChat({ chat, secret, webApi }: SlackChat, { clock, log }: Pick<Ports, 'clock' | 'log'>): OfChat {
  const signingSecrets = async () => {
    const { signingSecret, previousSigningSecret } = await secret.read()
    return previousSigningSecret === undefined ? [signingSecret] : [signingSecret, previousSigningSecret]
  }
  const secrets = freshEnough(signingSecrets, () => clock.now())
  // Read now, so that the first person who clicks does not wait for it; a failure shows when it is needed.
  secrets().catch(() => {})
  return { chat, secrets, ...createViews(webApi), sendEphemeral: createEphemeral(webApi.apiUrl, log) }
}

export const wire: Wiring<
  typeof createHandler,
  | 'ISSUER'
  | Stores
  | 'TEXTS_TABLE'
  | Reads
  | 'CHAT_SECRETS'
  | 'CARDS_TABLE'
  | 'TARGET_ROLE'
  | 'TARGET_ROLES'
  | 'INCIDENT_SECRET'
> = (told) => {
  const texts = new DynamoTextStore(connect(hurried), told.TEXTS_TABLE)
  const ports = { ...withReader(told, portsWithAnswers(told, hurried), ofAClick), texts }
  const [connection, tables] = [connect(hurried), tablesOf(told)]
  const stores = (to: Connection): Written => ({
    requests: new DynamoRequestStore(to, tables),
    ledger: new DynamoLedgerStore(to, tables),
    permits: new DynamoPermitStore(to, tables),
    standIns: new DynamoStandInStore(to, tables),
    halts: new DynamoHaltStore(to, tables),
  })
  const { bundle } = ports.policy
  const chats = slackChats(told, { ...ports, bundle }, hurriedSecrets())
  const links = new DynamoPersonLinks(connection, tables)
  const groups = groupPorts(tables, chats, { ...ports, bundle }, hurried)
  return {
    ...ports,
    cards: new DynamoCardStore(connection, told.CARDS_TABLE),
    bursts: new DynamoBurstStore(connection, told.CARDS_TABLE),
    ...stores(connection),
    inTime: (mayStart) => stores({ ...connection, mayStart }),
    targetRoles: placesIn(bundle, told.TARGET_ROLES),
    targetRole: told.TARGET_ROLE,
    ...tasksOf(ports, told),
    chats: [...chats.values()].map((each) => ofChat(each, ports)),
    refreshGroups: () => refreshGroups(bundle.directory, groups),
    links: {
      find: ({ team, user }) => links.find(team, user),
      offer: async (account) =>
        `${told.ISSUER}/link?code=${await offerLink(account, { links, secrets: new SystemSecrets(), clock: ports.clock })}`,
    },
  }
}
