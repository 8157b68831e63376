import { Book, current } from '../domain/break-glass/break-glass.ts'
import { asOf } from '../domain/requests/due.ts'
import type { ApprovalRequest } from '../domain/requests/request.ts'
import type { NumericDate, PersonId } from '../domain/values.ts'
import type { DecidingPorts, RequestStore } from './ports.ts'
import { askAboutPerson } from './questions.ts'

/** The book of all openings together, beside those that bound anybody: what is listed is read from it. */
export const everyone = 'BUDGET#everyone'

/**
 * The openings of the last seven days and those whose review is still to be done, newest first, as they are now; undefined
 * where policy does not let this person read.
 */
export async function listBreakGlass(
  person: PersonId,
  { requests, policy, clock }: Pick<DecidingPorts, 'requests' | 'policy' | 'clock'>,
): Promise<readonly ApprovalRequest[] | undefined> {
  const now = clock.now()
  if (!askAboutPerson(policy, 'read', person, now).permit) return undefined
  return openings(requests, now)
}

/** All openings that the book of everyone still remembers, newest first. */
export async function openings(
  requests: Pick<RequestStore, 'recall' | 'load'>,
  now: NumericDate,
): Promise<readonly ApprovalRequest[]> {
  const value = await requests.recall(everyone)
  const book = value === undefined ? [] : current(Book.parse(JSON.parse(value)), now)
  const stored = await Promise.all(book.map(({ id }) => requests.load(id)))
  return stored
    .filter((each) => each !== undefined)
    .map(({ state }) => asOf(state, now))
    .toSorted((one, other) => other.submittedAt - one.submittedAt)
}
