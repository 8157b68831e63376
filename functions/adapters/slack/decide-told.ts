import type { DecisionAsk } from '../../operations/decide-request.ts'
import { type Carried, onceFor } from './carried.ts'
import type { EdgeOptions } from './edge-options.ts'
import { patience } from './patience.ts'
import { failed, notAnswered, notRecorded, sentenceFor } from './sentences.ts'

/** Recorded; or what the person is to be told, which is true whatever became of it. */
export type Told = { done: true } | { done: false; sentence: string }

/** Decides within the time that the person will wait, and says what is known of it when that is over. */
export async function decideTold(
  ask: Omit<DecisionAsk, 'through' | 'login' | 'once'>,
  carried: Carried,
  { bundle: { directory }, decide, log }: EdgeOptions,
): Promise<Told> {
  const { deadline } = carried
  // A click is no login, however Slack let this person in.
  const whole: DecisionAsk = { ...ask, through: 'slack', login: {}, once: onceFor(carried, ask.id) }
  try {
    const made = await deadline.within(decide(whole, deadline.mayStart), patience.tell)
    if (!made.done) {
      log.warn('press not decided in time', { request: ask.id })
      return { done: false, sentence: notAnswered }
    }
    if (made.value.ok) return { done: true }
    const { code, detail, stored } = made.value
    return { done: false, sentence: sentenceFor(code, { directory, detail, state: stored?.state }) }
  } catch (fault) {
    const name = fault instanceof Error ? fault.name : 'unknown'
    log.error('press not decided', { request: ask.id, fault: name })
    return { done: false, sentence: sentenceForFault(name) }
  }
}

function sentenceForFault(name: string): string {
  // Neither of these committed anything, which is known; after the store's silence nothing is.
  if (name === 'NotInTime' || name === 'StaleRequest') return notRecorded
  return name === 'StoreUnavailable' ? notAnswered : failed
}
