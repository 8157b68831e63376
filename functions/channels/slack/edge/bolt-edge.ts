// Rules: test/channels/slack/edge/edge.test.ts, test/channels/slack/edge/chats.test.ts
import { App, AwsLambdaReceiver } from '@slack/bolt'
import { channelsIn } from '../../../domain/policy/bundle.ts'
import { clocksAgree, type NumericDate } from '../../../domain/values.ts'
import { faultName } from '../../../operations/faults.ts'
import { registerForms } from '../forms/card-forms.ts'
import { registerMessages } from '../forms/message-forms.ts'
import { truthModal } from '../forms/modal-blocks.ts'
import { registerHalts } from '../home/halts.ts'
import { redrawTab, registerHome, registerStandIns } from '../home/home.ts'
import { registerEvents } from './app-events.ts'
import { registerBurst, registerCard, registerPermit } from './buttons.ts'
import type { Carried } from './click.ts'
import { patience, redactingLogger, startDeadline } from './client.ts'
import { registerCommands } from './commands.ts'
import type { EdgeOptions } from './edge-options.ts'
import { type Envelope, guard, type RawRequest, workspaceOf } from './guard.ts'
import { registerBreakGlass, registerOpenings } from './opening-buttons.ts'
import { notAnswered } from './sentences.ts'

export type HttpAnswer = { statusCode: number; headers: { [name: string]: string }; body: string }

/** A request with API Gateway's own facts: its arrival time, and the id of the answer. */
export type EdgeRequest = RawRequest & { arrivedAt: NumericDate; requestId: string }

/**
 * The guard, then Bolt, then one listener for each control. Bolt only routes and acknowledges verified payloads; it can
 * neither verify nor post. The decision is committed before the answer. With a wrong clock it decides nothing, but
 * still verifies the person and tells them the reason.
 */
export function createSlackEdge(options: EdgeOptions): (request: EdgeRequest) => Promise<HttpAnswer> {
  const { chat, bundle, log } = options
  const receiver = new AwsLambdaReceiver({
    // Empty: the guard has verified the signature, and Bolt's own check is weaker and would need the secret.
    signingSecret: '',
    signatureVerification: false,
    logger: redactingLogger(log),
    customPropertiesExtractor: (event) => ({ carried: (event as unknown as { carried: Carried }).carried }),
  })
  registerListeners(receiver, options)
  const elsewhere = channelsElsewhere(chat.alias, bundle.deployment)
  const handle = receiver.toHandler()

  const enter = async (request: EdgeRequest): Promise<HttpAnswer> => {
    const deadline = startDeadline(options.stopwatch)
    const [now, { arrivedAt }] = [options.now(), request]
    const clockHolds = clocksAgree(now, arrivedAt)
    if (!clockHolds) log.error('clock_out_of_range', { route: 'POST /slack/events' })
    // No act has begun, so a failed read can be retried.
    const secrets = await deadline.trying(options.secrets, patience.answer).catch((fault: unknown) => {
      log.error('slack_secret_not_read', { fault: faultName(fault) })
      return { done: false as const }
    })
    if (!secrets.done) return answer(503, 'signatures cannot be verified now: try again in a moment')
    const guarded = guard(request, { ...chat, secrets: secrets.value, elsewhere }, clockHolds ? now : arrivedAt)
    if (!guarded.pass) {
      if (guarded.status !== 200) log.warn('slack_request_refused', { status: guarded.status, why: guarded.why })
      return answer(guarded.status, guarded.why)
    }
    const { contentType, body, delivery } = guarded
    const event = { headers: { 'content-type': contentType }, body, isBase64Encoded: false, path: '/slack/events' }
    const carried: Carried = { delivery, deadline, clockHolds }
    const carrying = { ...event, carried } as unknown as Parameters<typeof handle>[0]
    // The limit for everything besides the listeners, which have their own.
    const done = await deadline.within(handle(carrying, {}), patience.answer)
    if (!done.done) return unanswered(guarded.envelope)
    const { statusCode, headers = {}, body: said = '' } = done.value
    return { statusCode, headers: { ...headers, ...noStore } as HttpAnswer['headers'], body: said }
  }
  return async (request) => {
    const { headers, ...answered } = await enter(request)
    return { ...answered, headers: { ...headers, 'x-request-id': request.requestId } }
  }
}

/** The channels that belong only to other chats. */
function channelsElsewhere(alias: string, deployment: EdgeOptions['bundle']['deployment']): ReadonlySet<string> {
  const all = Object.values(channelsIn(deployment))
  const own = all.flatMap(({ chat, id }) => (chat === alias ? [id] : []))
  return new Set(all.flatMap(({ chat, id }) => (chat === alias || own.includes(id) ? [] : [id])))
}

type Edge = (request: EdgeRequest) => Promise<HttpAnswer>

/**
 * Verifies a body with the secret of the workspace that it names. A body without a workspace, such as a handshake, goes
 * to the first workspace whose signature it has.
 */
export function createSlackEdges(chats: readonly EdgeOptions[]): Edge {
  const [only, ...others] = chats
  if (only && others.length === 0) return createSlackEdge(only)
  const edges = new Map(chats.map((options) => [options.chat.teamId, createSlackEdge(options)]))
  return async (request) => {
    const named = edges.get(workspaceOf(request) ?? '')
    if (named) return named(request)
    let answered: HttpAnswer | undefined
    for (const edge of edges.values()) {
      answered = await edge(request)
      if (answered.statusCode !== 401) return answered
    }
    return answered ?? answer(401, 'there is no workspace')
  }
}

const noStore = { 'cache-control': 'no-store' }
const answer = (statusCode: number, body: string): HttpAnswer => ({
  statusCode,
  headers: {
    'content-type': 'text/plain; charset=utf-8',
    ...noStore,
    // RFC 9110 section 15.5.2 requires a challenge. Slack's signature has no registered scheme.
    ...(statusCode === 401 && { 'www-authenticate': 'Slack' }),
  },
  body,
})

/** An empty answer would close the form as if it were accepted. */
const unanswered = (envelope: Envelope): HttpAnswer => {
  if (envelope.kind !== 'interaction' || envelope.type !== 'view_submission') return answer(200, '')
  const update = { response_action: 'update', view: truthModal(notAnswered) }
  return { statusCode: 200, headers: { 'content-type': 'application/json', ...noStore }, body: JSON.stringify(update) }
}

function registerListeners(receiver: AwsLambdaReceiver, options: EdgeOptions): void {
  const { chat, log } = options
  const { botUserId, apiUrl } = chat
  const app = new App({
    receiver,
    // Bolt gets no bot token, so it cannot post.
    authorize: async () => ({ botId: botUserId, botUserId }),
    convoStore: false,
    attachFunctionToken: false,
    logger: redactingLogger(log),
    clientOptions: { slackApiUrl: apiUrl, retryConfig: { retries: 0 }, timeout: 1_500, rejectRateLimitedCalls: true },
  })
  registerCard(app, options)
  registerForms(app, options)
  registerMessages(app, options)
  registerBurst(app, options)
  registerPermit(app, options)
  registerOpenings(app, options)
  registerHome(app, options)
  registerStandIns(app, options)
  registerHalts(app, options, (user, person, carried) => redrawTab(user, person, carried, options))
  registerBreakGlass(app, options)
  registerCommands(app, options)
  registerEvents(app, options)
  app.error(async (fault) => {
    log.error('slack_edge_failed', { fault: fault.name })
  })
}
