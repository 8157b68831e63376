import type { Refusal } from '../../domain/refusals.ts'
import type { Result } from '../../domain/values.ts'
import type { Carried } from './carried.ts'
import type { EdgeOptions } from './edge-options.ts'
import { patience } from './patience.ts'
import { failed, notRecorded, sentenceFor } from './sentences.ts'

/** Done; or what whoever did it is told, which is true whatever became of it. A `code` where it is a no. */
export type Acted<T> = { done: true; value: T } | { done: false; sentence: string; code?: Refusal; detail?: string }

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
