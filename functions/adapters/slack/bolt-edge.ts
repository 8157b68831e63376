import { App, AwsLambdaReceiver, type BlockAction, type ButtonAction } from '@slack/bolt'
import type { Bundle } from '../../domain/bundle.ts'
import { clocksAgree } from '../../domain/clock.ts'
import type { Verdict } from '../../domain/request.ts'
import type { NumericDate } from '../../domain/values.ts'
import type { CarriedOut } from '../../operations/carry-out.ts'
import type { DecisionAsk } from '../../operations/decide-request.ts'
import type { Log } from '../../operations/ports.ts'
import { personBehind, readClick } from './click.ts'
import { type Delivery, guard, type RawRequest } from './guard.ts'
import { type Deadline, patience, startDeadline } from './patience.ts'
import { redactingLogger } from './redacting-logger.ts'
import { failed, malformedPress, notAnswered, notRecorded, sentenceFor, sentenceForNobody } from './sentences.ts'
import type { SigningSecrets } from './signature.ts'
import type { Whisper } from './whisper.ts'

export type HttpAnswer = { statusCode: number; headers: { [name: string]: string }; body: string }

/** A request with what API Gateway says of it: when it arrived by its clock, and the id that the answer shall carry. */
export type EdgeRequest = RawRequest & { arrivedAt: NumericDate; requestId: string }

export type EdgeOptions = {
  bundle: Pick<Bundle, 'directory' | 'deployment'>
  /** The signing secrets that are good now. They are read before anything of the request is believed. */
  secrets(): Promise<SigningSecrets>
  /** Decides, and starts no transaction once `mayStart` says no. */
  decide(ask: DecisionAsk, mayStart: () => boolean): Promise<CarriedOut>
  whisper: Whisper
  /** Whole seconds. */
  now(): number
  log: Log
}

/** What was found out before Bolt, beside the request on its way through it. */
type Carried = { delivery: Delivery; deadline: Deadline; clockHolds: boolean }

/**
 * Slack's door: the guard, then Bolt, then one listener for each button. The decision is committed before the answer;
 * where that takes too long, the answer is given all the same and the person is told what is true.
 *
 * A machine whose clock is off decides nothing, since it cannot compare deadlines. Who pressed is still verified, by the
 * time of the API, so that they hear why.
 */
export function createSlackEdge(options: EdgeOptions): (request: EdgeRequest) => Promise<HttpAnswer> {
  const { bundle, log } = options
  const receiver = new AwsLambdaReceiver({
    // The guard has verified; the receiver's own check is weaker, and would have to be given a secret.
    signingSecret: '',
    signatureVerification: false,
    logger: redactingLogger(log),
    customPropertiesExtractor: (event) => ({ carried: (event as unknown as { carried: Carried }).carried }),
  })
  registerListeners(receiver, options)
  const handle = receiver.toHandler()

  const enter = async (request: EdgeRequest): Promise<HttpAnswer> => {
    const deadline = startDeadline()
    const [now, { arrivedAt }] = [options.now(), request]
    const clockHolds = clocksAgree(now, arrivedAt)
    if (!clockHolds) log.error('clock_out_of_range', { route: 'POST /slack/events' })
    const secrets = await deadline.within(options.secrets(), patience.answer).catch((fault: unknown) => {
      log.error('slack secret not read', { fault: fault instanceof Error ? fault.name : 'unknown' })
      return { done: false as const }
    })
    if (!secrets.done) return answer(503, 'nobody can be verified now: press again in a moment')
    const { teamId, appId } = bundle.deployment.slack
    const guarded = guard(request, { secrets: secrets.value, teamId, appId }, clockHolds ? now : arrivedAt)
    if (!guarded.pass) {
      if (guarded.status !== 200) log.warn('slack request refused', { status: guarded.status, why: guarded.why })
      return answer(guarded.status, guarded.why)
    }
    const { contentType, body, delivery } = guarded
    const event = { headers: { 'content-type': contentType }, body, isBase64Encoded: false, path: '/slack/events' }
    const carried: Carried = { delivery, deadline, clockHolds }
    const carrying = { ...event, carried } as unknown as Parameters<typeof handle>[0]
    // The listener keeps to its time by itself; this holds even if something else in there hangs.
    const done = await deadline.within(handle(carrying, {}), patience.answer)
    if (!done.done) return answer(200, '')
    const { statusCode, headers = {}, body: said = '' } = done.value
    return { statusCode, headers: { ...headers, ...noStore } as HttpAnswer['headers'], body: said }
  }
  return async (request) => {
    const { headers, ...answered } = await enter(request)
    return { ...answered, headers: { ...headers, 'x-request-id': request.requestId } }
  }
}

const noStore = { 'cache-control': 'no-store' }
const answer = (statusCode: number, body: string): HttpAnswer => ({
  statusCode,
  headers: { 'content-type': 'text/plain; charset=utf-8', ...noStore },
  body,
})

/** Builds the Bolt app, which ties itself to the receiver. */
function registerListeners(receiver: AwsLambdaReceiver, options: EdgeOptions): void {
  const { bundle, log } = options
  const { botUserId, apiUrl } = bundle.deployment.slack
  const app = new App({
    receiver,
    // No bot token: nothing that happens at this door can post, and nobody is asked who we are.
    authorize: async () => ({ botId: botUserId, botUserId }),
    convoStore: false,
    attachFunctionToken: false,
    logger: redactingLogger(log),
    clientOptions: { slackApiUrl: apiUrl, retryConfig: { retries: 0 }, timeout: 1_500, rejectRateLimitedCalls: true },
  })
  for (const verdict of ['approve', 'deny'] as const)
    app.action<BlockAction<ButtonAction>>({ type: 'block_actions', action_id: verdict }, async (press) => {
      await press.ack()
      const { carried } = press.context as unknown as { carried: Carried }
      await take(verdict, press.body, press.action, carried, options)
    })
  app.error(async (fault) => {
    log.error('slack edge failed', { fault: fault.name })
  })
}

/** A pressed button: decided in time, or told. A decision that stands is told by the card alone. */
async function take(verdict: Verdict, body: BlockAction, action: ButtonAction, carried: Carried, options: EdgeOptions) {
  const { deadline } = carried
  const sentence = await sentenceOf(verdict, body, action, carried, options)
  if (sentence !== undefined) await deadline.within(options.whisper(body.response_url, sentence), patience.answer)
}

async function sentenceOf(
  verdict: Verdict,
  body: BlockAction,
  action: ButtonAction,
  { delivery, deadline, clockHolds }: Carried,
  { bundle, decide, log }: EdgeOptions,
): Promise<string | undefined> {
  const { directory } = bundle
  const found = personBehind(body.user, bundle)
  if (!found.ok) {
    log.warn('press by nobody who decides', { code: found.code })
    return sentenceForNobody[found.code]
  }
  if (!clockHolds) return sentenceFor('clock_out_of_range', { directory })
  const click = readClick(verdict, action.value)
  if (!click) return malformedPress
  const ask: DecisionAsk = {
    id: click.request,
    person: found.person.id,
    verdict,
    round: click.round,
    digest: click.digest,
    through: 'slack',
    login: {},
    once: {
      key: `SEEN#${delivery.key}`,
      value: click.request,
      // Longer than a copy of it could pass the guard.
      expiresAt: delivery.freshUntil + 60,
    },
  }
  try {
    const done = await deadline.within(decide(ask, deadline.mayStart), patience.tell)
    if (!done.done) {
      log.warn('press not decided in time', { request: ask.id })
      return notAnswered
    }
    if (done.value.ok) return undefined
    const { code, detail, stored } = done.value
    return sentenceFor(code, { directory, detail, state: stored?.state })
  } catch (fault) {
    const name = fault instanceof Error ? fault.name : 'unknown'
    log.error('press not decided', { request: ask.id, fault: name })
    return sentenceForFault(name)
  }
}

function sentenceForFault(name: string): string {
  // Neither of these committed anything, which is known; after the store's silence nothing is.
  if (name === 'NotInTime' || name === 'StaleRequest') return notRecorded
  return name === 'StoreUnavailable' ? notAnswered : failed
}
