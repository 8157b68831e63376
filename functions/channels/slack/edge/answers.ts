// Rules: test/channels/slack/edge/edge.test.ts
import type { RichTextElement } from '@slack/types'
import type { ApprovalRequest } from '../../../domain/record/request.ts'
import type { Refusal } from '../../../domain/refusals.ts'
import type { RequestId, Result } from '../../../domain/values.ts'
import { faultName } from '../../../operations/faults.ts'
import type { Log } from '../../../operations/ports.ts'
import type { Stored } from '../../../operations/record/ports.ts'
import type { DecisionAsk, Foreseen } from '../../../operations/requests/decide-request.ts'
import { type CardBlock, dateFormat, rich, section } from '../cards/blocks.ts'
import { showsAll } from '../cards/card.ts'
import { type Carried, onceFor, type Subject } from './click.ts'
import { patience } from './client.ts'
import type { EdgeOptions } from './edge-options.ts'
import {
  failed,
  notAnswered,
  notOpened,
  notRecorded,
  saidOf,
  sentenceFor,
  shownOnCard,
  shownOnHome,
} from './sentences.ts'

/** A refused act, or one with an unknown result. Only a refusal has a `code`. */
export type NotDone = { done: false; sentence: string; code?: Refusal; detail?: string | undefined }

/** The advice if the result is unknown and no card would show it. */
const lookAtHome =
  'The store has not answered yet. Open Hotwork’s Home tab in a minute: it shows what was recorded. Then decide whether to do it again.'

type Named = { click: string } | { request: string }

/** Runs an act within the time that a person waits. The sentence is true even if the act is recorded later. */
export async function attempt<Ask, T>(
  named: Named,
  ask: Ask,
  act: (
    ask: Ask,
    mayStart: () => boolean,
  ) => Promise<Result<T, Refusal> & { stored?: Stored; state?: ApprovalRequest }>,
  { deadline }: Carried,
  { bundle: { directory }, page, log }: EdgeOptions,
): Promise<{ done: true; value: T } | NotDone> {
  const [late, shown] = 'request' in named ? [notAnswered, shownOnCard] : [lookAtHome, shownOnHome]
  try {
    const made = await deadline.within(act(ask, deadline.mayStart), patience.tell)
    if (!made.done) {
      log.warn('click_not_decided_in_time', named)
      return { done: false, sentence: late }
    }
    if (made.value.ok) return { done: true, value: made.value.value }
    const { code, detail, stored, state = stored?.state } = made.value
    return { done: false, code, detail, sentence: sentenceFor(code, { directory, page, detail, state }) }
  } catch (cause) {
    const fault = faultName(cause)
    log.error('click_not_decided', { ...named, fault })
    // These two faults come before a commit. If the store is silent, the result is unknown.
    if (fault === 'NotInTime' || fault === 'StaleRequest') return { done: false, sentence: notRecorded }
    const sentence = saidOf(fault, fault === 'StoreUnavailable' ? late : failed)
    // The right may be missing only after the act was recorded.
    return { done: false, sentence: fault === 'RightMissing' ? `${shown} ${sentence}` : sentence }
  }
}

export async function decide(
  ask: Pick<DecisionAsk, 'person' | 'verdict' | 'comment' | 'narrow' | 'toAgent' | 'typed' | 'suggest'>,
  about: Subject,
  carried: Carried,
  options: EdgeOptions,
) {
  const { request: id } = about
  // Runs beside the read of the request, which the decision needs anyway.
  const seen = seenOn(about, carried, options)
  const whole = { ...ask, seen, ...decisionOnCard(about, options), once: onceFor(carried, id) }
  return attempt({ request: id }, whole, options.decide, carried, options)
}

/**
 * The common part of each decision on a card. A click is a weak login, and decides only on a card that shows its whole
 * request.
 */
export const decisionOnCard = ({ request: id, round, digest }: Subject, { bundle, page }: EdgeOptions) =>
  ({
    id,
    round,
    digest,
    through: 'chat',
    login: {},
    showsAll: (state: ApprovalRequest) => showsAll(state, bundle, { page }),
  }) as const

export async function foresee(
  request: RequestId,
  ask: () => Promise<Foreseen>,
  { deadline }: Carried,
  { bundle: { directory }, page, log }: EdgeOptions,
): Promise<{ ok: true; state: ApprovalRequest } | { ok: false; sentence: string }> {
  let failedBy: string | undefined
  const found = await deadline.inTime(ask, patience.start, (fault) => {
    failedBy = fault
    log.error('click_not_looked_up', { request, fault })
  })
  if (!found) return { ok: false, sentence: saidOf(failedBy, notOpened) }
  if (found.value.ok) return { ok: true, state: found.value.value }
  const { code, detail, state } = found.value
  return { ok: false, sentence: sentenceFor(code, { directory, page, detail, state }) }
}

/** The digest of the clicked card, if it is read soon: decisions do not wait for it. */
export async function seenOn(
  { request, channel, ts }: Pick<Subject, 'request' | 'channel' | 'ts'>,
  { deadline }: Carried,
  { chat, seen, log }: EdgeOptions,
) {
  if (channel === undefined || ts === undefined) return undefined
  const warn = (fault: string) => log.warn('card_not_read', { request, fault })
  return (await deadline.inTime(() => seen({ request, chat: chat.alias, channel, ts }), patience.beside, warn))?.value
}

/** A sentence; or its parts, with times in the reader's zone, and blocks beneath it. */
export type Said = string | { sentence: string; parts: readonly RichTextElement[]; blocks: readonly CardBlock[] }

/** Shows an ephemeral message to the person who clicked. It never throws. */
export type SendEphemeral = (responseUrl: unknown, said: Said) => Promise<void>

const timeoutMs = 2_000

/**
 * Answers at an interaction's `response_url`. Although Slack signs it, it must be on Slack's own host, so that this
 * function never calls another address.
 * @param apiUrl the address of Slack's Web API; the local desk answers on its own origin
 */
export function createEphemeral(apiUrl: string, log: Log, fetcher: typeof fetch = fetch): SendEphemeral {
  const origins = originsFor(apiUrl)
  return async (responseUrl, said) => {
    if (typeof responseUrl !== 'string' || !URL.canParse(responseUrl) || !origins.includes(new URL(responseUrl).origin))
      return log.warn('clicker_not_told', { fault: 'NoResponseUrl' })
    try {
      const answer = await fetcher(responseUrl, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ response_type: 'ephemeral', replace_original: false, ...bodyOf(said) }),
        redirect: 'error',
        signal: AbortSignal.timeout(timeoutMs),
      })
      if (!answer.ok) log.warn('clicker_not_told', { status: answer.status })
    } catch (cause) {
      log.warn('clicker_not_told', { fault: faultName(cause) })
    }
  }
}

const slackHooks = ['https://hooks.slack.com', 'https://hooks.slack-gov.com']

const originsFor = (apiUrl: string): readonly string[] => {
  const { origin, hostname } = new URL(apiUrl)
  return /(^|\.)slack(-gov)?\.com$/.test(hostname) ? slackHooks : [origin]
}

// If there are blocks, Slack shows the text only in notifications.
const bodyOf = (said: Said) =>
  typeof said === 'string'
    ? { text: withDates(escaped(said)) }
    : { text: withDates(escaped(said.sentence)), blocks: [rich('said', section(...said.parts)), ...said.blocks] }

/** Times in the reader's zone, with the text's own as the fallback. */
const withDates = (text: string): string =>
  text.replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, (time) =>
    Number.isNaN(Date.parse(time)) ? time : `<!date^${Date.parse(time) / 1000}^${dateFormat}|${time}>`,
  )

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replace(/[*~`]/g, '')
