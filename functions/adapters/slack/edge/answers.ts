import type { RichTextElement } from '@slack/types'
import type { Refusal } from '../../../domain/refusals.ts'
import type { Result } from '../../../domain/values.ts'
import type { Log } from '../../../operations/ports.ts'
import type { CarriedOut } from '../../../operations/requests/carry-out.ts'
import type { DecisionAsk } from '../../../operations/requests/decide-request.ts'
import type { Stored } from '../../../operations/requests/ports.ts'
import { type CardBlock, rich, section } from '../cards/blocks.ts'
import { showsAll } from '../cards/card.ts'
import type { Subject } from '../forms/card-forms.ts'
import { type Carried, carriedOf, onceFor } from './click.ts'
import { patience } from './client.ts'
import type { EdgeOptions } from './edge-options.ts'
import { failed, notAnswered, notRecorded, sentenceFor } from './sentences.ts'

/** It was not done, or it is not known: what the person is told, which is true either way. A `code` where it is a no. */
export type NotDone = { done: false; sentence: string; code?: Refusal; detail?: string | undefined }
type Told<T> = { done: true; value: T } | NotDone

/** Whether it was recorded is not known, and there is no card that would show it. */
const lookAtHome =
  'The store has not answered yet; open Hotwork’s Home tab in a minute, which shows what was recorded, before you do it again.'

/** How a click is named in the log: by what it does, or by the request or list that it is on. */
type Named = { click: string } | { request: string }
/** A no, with the request as it was then, where there is one. */
type No = { code: Refusal; detail?: string | undefined; stored?: Stored | undefined }

/**
 * Does something within the time that a person waits for it.
 *
 * @param late     what the person is told while it is not known whether it was recorded
 * @param sentence what the person is told of a no
 */
async function told<T>(
  named: Named,
  act: (mayStart: () => boolean) => Promise<Result<T, Refusal> & { stored?: Stored }>,
  { deadline }: Carried,
  log: Log,
  { late, sentence }: { late: string; sentence: (no: No) => string },
): Promise<Told<T>> {
  try {
    const made = await deadline.within(act(deadline.mayStart), patience.tell)
    if (!made.done) {
      log.warn('click not decided in time', named)
      return { done: false, sentence: late }
    }
    if (made.value.ok) return { done: true, value: made.value.value }
    const { code, detail, stored } = made.value
    return { done: false, code, detail, sentence: sentence({ code, detail, stored }) }
  } catch (fault) {
    return { done: false, sentence: sentenceOfFault(named, fault, log, late) }
  }
}

/** What the person is told of a broken world, and the line in the log for the person on call. */
function sentenceOfFault(named: Named, fault: unknown, log: Log, late: string): string {
  const name = fault instanceof Error ? fault.name : 'unknown'
  log.error('click not decided', { ...named, fault: name })
  // Neither of these committed anything, which is known; after the store's silence nothing is.
  if (name === 'NotInTime' || name === 'StaleRequest') return notRecorded
  return name === 'StoreUnavailable' ? late : failed
}

/**
 * Does something that is no decision on a request.
 *
 * @param name what the log calls it
 */
export const actTold = <T>(
  name: string,
  act: (mayStart: () => boolean) => Promise<Result<T, Refusal>>,
  carried: Carried,
  { bundle: { directory }, log }: EdgeOptions,
): Promise<Told<T>> =>
  told({ click: name }, act, carried, log, {
    late: lookAtHome,
    sentence: ({ code, detail }) => sentenceFor(code, { directory, detail }),
  })

/** Decides on what was seen within the time that the person will wait, and says what is known when that is over. */
export async function decideTold(
  ask: Pick<DecisionAsk, 'person' | 'verdict' | 'comment' | 'narrow'>,
  about: Subject,
  carried: Carried,
  options: EdgeOptions,
): Promise<Told<Stored>> {
  const { request: id, round, digest } = about
  const seen = await seenOn(about, carried, options)
  // A click is no login, however Slack let this person in.
  const whole: DecisionAsk = {
    ...ask,
    ...(seen === undefined ? {} : { seen }),
    ...{ id, round, digest, through: 'chat', login: {}, once: onceFor(carried, id) },
    showsAll: (state) => showsAll(state, options.bundle, { page: options.page }),
  }
  return inTime(id, (mayStart) => options.decide(whole, mayStart), carried, options)
}

/** Does something on a request that may happen once. */
export const inTime = (
  request: string,
  act: (mayStart: () => boolean) => Promise<CarriedOut>,
  carried: Carried,
  { bundle: { directory }, page, log }: EdgeOptions,
): Promise<Told<Stored>> =>
  told({ request }, act, carried, log, {
    late: notAnswered,
    sentence: ({ code, detail, stored }) => sentenceFor(code, { directory, page, detail, state: stored?.state }),
  })

/** What the person is told of a fault on a request or a list of them. */
export const faultTold = (request: string, fault: unknown, { log }: Pick<EdgeOptions, 'log'>): string =>
  sentenceOfFault({ request }, fault, log, notAnswered)

/** What was rendered there, if it is known soon: the record is better for it, and no decision waits for it. */
export async function seenOn(
  { request, channel, ts }: Pick<Subject, 'request' | 'channel' | 'ts'>,
  { deadline }: Carried,
  { seen, log }: EdgeOptions,
) {
  if (channel === undefined || ts === undefined) return undefined
  const found = await deadline.within(seen({ request, channel, ts }), patience.beside).catch((fault: unknown) => {
    log.warn('card not read', { request, fault: fault instanceof Error ? fault.name : 'unknown' })
    return { done: false as const }
  })
  return found.done ? found.value : undefined
}

/** As much of a click on a control beside a message as answering it takes. */
type Click = { ack(): Promise<void>; body: { response_url?: unknown }; context: object }

/**
 * Does what a control beside a message is for, and tells the person who clicked it in private what there is to be told: nothing,
 * where a card or a form says enough.
 */
export async function answerClick(
  click: Click,
  { sendEphemeral }: Pick<EdgeOptions, 'sendEphemeral'>,
  act: (carried: Carried) => Promise<Said | undefined>,
): Promise<void> {
  await click.ack()
  const carried = carriedOf(click)
  const said = await act(carried)
  if (said !== undefined) await carried.deadline.within(sendEphemeral(click.body.response_url, said), patience.answer)
}

/** A sentence; or one with a time in it, which each reads in their own zone, and something to click beneath it. */
export type Said = string | { sentence: string; parts: readonly RichTextElement[]; blocks: readonly CardBlock[] }

/** Tells one person something, in private, where they clicked. Never throws: it is told if it can be. */
export type SendEphemeral = (responseUrl: unknown, said: Said) => Promise<void>

const timeoutMs = 2_000

/**
 * Answers through an interaction's `response_url`. That address came signed by Slack, and still it is only used when it
 * is one of Slack's own, so that nothing can make this function call elsewhere.
 *
 * @param apiUrl where Slack's Web API is; another than Slack's (the desk) answers on its own origin
 */
export function createEphemeral(apiUrl: string, log: Log, fetcher: typeof fetch = fetch): SendEphemeral {
  const origins = originsFor(apiUrl)
  return async (responseUrl, said) => {
    if (typeof responseUrl !== 'string' || !URL.canParse(responseUrl) || !origins.includes(new URL(responseUrl).origin))
      return log.warn('cannot tell the clicker: no response_url of ours')
    try {
      const answer = await fetcher(responseUrl, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ response_type: 'ephemeral', replace_original: false, ...bodyOf(said) }),
        redirect: 'error',
        signal: AbortSignal.timeout(timeoutMs),
      })
      if (!answer.ok) log.warn('cannot tell the clicker', { status: answer.status })
    } catch (cause) {
      log.warn('cannot tell the clicker', { fault: cause instanceof Error ? cause.name : 'unknown' })
    }
  }
}

const slackHooks = ['https://hooks.slack.com', 'https://hooks.slack-gov.com']

const originsFor = (apiUrl: string): readonly string[] => {
  const { origin, hostname } = new URL(apiUrl)
  return /(^|\.)slack(-gov)?\.com$/.test(hostname) ? slackHooks : [origin]
}

/** Blocks take the place of the text, which only notifications show then. */
const bodyOf = (said: Said) =>
  typeof said === 'string'
    ? { text: escaped(said) }
    : {
        text: escaped(said.sentence),
        blocks: [rich('said', section(...said.parts)), ...said.blocks],
      }

/** Here Slack does read markup, and a directory's names are in it. */
const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replace(/[*~`]/g, '')
