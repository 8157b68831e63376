import type { Refusal } from '../../../domain/refusals.ts'
import type { ApprovalRequest } from '../../../domain/requests/request.ts'
import type { Result } from '../../../domain/values.ts'
import type { CarriedOut } from '../../../operations/requests/carry-out.ts'
import type { DecisionAsk } from '../../../operations/requests/decide-request.ts'
import { showsAll } from '../cards/card.ts'
import type { Subject } from '../forms/card-forms.ts'
import { type Carried, onceFor } from './click.ts'
import { patience } from './client.ts'
import type { EdgeOptions } from './edge-options.ts'
import { failed, notAnswered, notRecorded, sentenceFor } from './sentences.ts'

/** Done; or what whoever did it is told, which is true whatever became of it. A `code` where it is a no. */
type Acted<T> = { done: true; value: T } | { done: false; sentence: string; code?: Refusal; detail?: string }

/** Whether it was recorded is not known, and there is no card that would show it. */
const lookAtHome =
  'The store has not answered yet; open Hotwork’s Home tab in a minute, which shows what was recorded, before you do it again.'

/**
 * Does something that is no decision on a request, within the time that a person waits for it.
 *
 * @param name what the log calls it
 */
export async function actTold<T>(
  name: string,
  act: (mayStart: () => boolean) => Promise<Result<T, Refusal>>,
  { deadline }: Carried,
  { bundle: { directory }, log }: EdgeOptions,
): Promise<Acted<T>> {
  try {
    const made = await deadline.within(act(deadline.mayStart), patience.tell)
    if (!made.done) {
      log.warn('press not decided in time', { press: name })
      return { done: false, sentence: lookAtHome }
    }
    if (made.value.ok) return { done: true, value: made.value.value }
    const { code, detail } = made.value
    const more = detail === undefined ? {} : { detail }
    return { done: false, code, ...more, sentence: sentenceFor(code, { directory, ...more }) }
  } catch (fault) {
    const named = fault instanceof Error ? fault.name : 'unknown'
    log.error('press not decided', { press: name, fault: named })
    return { done: false, sentence: sentenceForFault(named) }
  }
}

function sentenceForFault(name: string): string {
  if (name === 'NotInTime' || name === 'StaleRequest') return notRecorded
  return name === 'StoreUnavailable' ? lookAtHome : failed
}

/** Recorded; or what the person is to be told, which is true whatever became of it. A `code` where it is a no. */
type Told = { done: true; state: ApprovalRequest } | NotDone
export type NotDone = { done: false; sentence: string; code?: Refusal; detail?: string | undefined }

/** Decides on what was seen within the time that the person will wait, and says what is known when that is over. */
export async function decideTold(
  ask: Pick<DecisionAsk, 'person' | 'verdict' | 'comment' | 'narrow'>,
  about: Subject,
  carried: Carried,
  options: EdgeOptions,
): Promise<Told> {
  const { request: id, round, digest } = about
  const seen = await seenOn(about, carried, options)
  // A click is no login, however Slack let this person in.
  const whole: DecisionAsk = {
    ...ask,
    ...(seen === undefined ? {} : { seen }),
    ...{ id, round, digest, through: 'slack', login: {}, once: onceFor(carried, id) },
    showsAll: (state) => showsAll(state, options.bundle, { page: options.page }),
  }
  return inTime(id, (mayStart) => options.decide(whole, mayStart), carried, options)
}

/** Does something that may happen once, within the same time. */
export async function inTime(
  request: string,
  act: (mayStart: () => boolean) => Promise<CarriedOut>,
  { deadline }: Carried,
  { bundle: { directory }, page, log }: EdgeOptions,
): Promise<Told> {
  try {
    const made = await deadline.within(act(deadline.mayStart), patience.tell)
    if (!made.done) {
      log.warn('press not decided in time', { request })
      return { done: false, sentence: notAnswered }
    }
    if (made.value.ok) return { done: true, state: made.value.value.state }
    const { code, detail, stored } = made.value
    return { done: false, code, detail, sentence: sentenceFor(code, { directory, page, detail, state: stored?.state }) }
  } catch (fault) {
    return { done: false, sentence: faultTold(request, fault, { log }) }
  }
}

/** What is told of a broken world, and the line in the log for whoever mends it. */
export function faultTold(request: string, fault: unknown, { log }: Pick<EdgeOptions, 'log'>): string {
  const name = fault instanceof Error ? fault.name : 'unknown'
  log.error('press not decided', { request, fault: name })
  return sentenceForDecisionFault(name)
}

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

function sentenceForDecisionFault(name: string): string {
  // Neither of these committed anything, which is known; after the store's silence nothing is.
  if (name === 'NotInTime' || name === 'StaleRequest') return notRecorded
  return name === 'StoreUnavailable' ? notAnswered : failed
}
