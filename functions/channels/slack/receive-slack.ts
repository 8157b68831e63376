// Rules: test/channels/slack/edge/edge.test.ts
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda'
import { requestIdOf } from '../../adapters/http/endpoint.ts'
import { hurriedSecrets } from '../../adapters/secretsmanager/secrets.ts'
import { chatsOf } from '../../domain/policy/bundle.ts'
import type { NumericDate } from '../../domain/values.ts'
import type { Wiring } from '../../handlers/environment.ts'
import { type Receiving, receivingPorts } from '../../handlers/wiring/channel-ports.ts'
import { doorWorld } from '../../handlers/wiring/chats.ts'
import { channelCore } from '../core.ts'
import { slackApi } from './door.ts'
import { createEphemeral } from './edge/answers.ts'
import { createSlackEdges, type EdgeRequest } from './edge/bolt-edge.ts'
import { createViews } from './edge/client.ts'
import type { EdgeOptions, OfChat } from './edge/edge-options.ts'

type Ports = Parameters<typeof channelCore>[0]

/** `POST /slack/events`: people's clicks in Slack, from any workspace. */
export function createHandler({ chats, ...ports }: Ports & { chats: readonly OfChat[] }) {
  const edge = createSlackEdges(chats.map((each) => edgeOptions({ ...ports, ...each })))
  return (event: APIGatewayProxyEventV2): Promise<APIGatewayProxyStructuredResultV2> => edge(slackRequestOf(event))
}

export function edgeOptions(ports: Ports & OfChat): EdgeOptions {
  const { chat, secrets, openModal, publishHome, sendEphemeral } = ports
  return Object.assign(channelCore(ports), { chat, secrets, openModal, publishHome, sendEphemeral })
}

export function slackRequestOf(event: APIGatewayProxyEventV2): EdgeRequest {
  const { requestContext, headers, body, isBase64Encoded } = event
  const sent = Object.entries(headers ?? {}).find(([name]) => name.toLowerCase() === 'x-request-id')?.[1]
  return {
    method: requestContext.http.method,
    headers: headers ?? {},
    // API Gateway may send an absent body as null.
    body: body ?? undefined,
    isBase64Encoded,
    arrivedAt: Math.floor(requestContext.timeEpoch / 1000),
    requestId: requestIdOf(sent, requestContext.requestId),
  }
}

/** The longest wait for a new value while an old one is cached. */
const waitMilliseconds = 200
const maxAgeSeconds = 600

/**
 * Reads a value at each call, for callers in a hurry: the new value if it comes soon, or else a cached one up to ten
 * minutes old. With an empty cache it waits, and throws the read's fault.
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

type SlackChat = { chat: EdgeOptions['chat'] } & ReturnType<typeof slackApi>

function ofChat({ chat, secret, webApi }: SlackChat, { clock, log }: Pick<Ports, 'clock' | 'log'>): OfChat {
  const signingSecrets = async () => {
    const { signingSecret, previousSigningSecret } = await secret.read()
    return previousSigningSecret === undefined ? [signingSecret] : [signingSecret, previousSigningSecret]
  }
  const secrets = freshEnough(signingSecrets, () => clock.now())
  // Read at start-up, so that the first click does not wait for it; a failure shows at the first use.
  secrets().catch(() => {})
  return { chat, secrets, ...createViews(webApi), sendEphemeral: createEphemeral(webApi.apiUrl, log) }
}

export const wire: Wiring<typeof createHandler, Receiving> = (told) => {
  const client = hurriedSecrets()
  const ports = receivingPorts(told, client)
  const chats = [...chatsOf(ports.policy.bundle.deployment)].flatMap(([alias, chat]) =>
    chat.kind === 'slack'
      ? [{ chat: { alias, ...chat }, ...slackApi(chat, doorWorld(alias, told, ports, client)) }]
      : [],
  )
  return { ...ports, chats: chats.map((each) => ofChat(each, ports)) }
}
