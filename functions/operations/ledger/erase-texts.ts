import { askAboutPerson } from '../../domain/deciding/questions.ts'
import type { ErasedEvent } from '../../domain/ledger/erased.ts'
import { chainEntries } from '../../domain/ledger/ledger.ts'
import { commitmentsIn } from '../../domain/ledger/texts.ts'
import { personOf } from '../../domain/policy/bundle.ts'
import type { ApprovalRequest } from '../../domain/record/request.ts'
import { asOf } from '../../domain/requests/due.ts'
import { actorNamed, type Digest, defined, ok, type PersonId, type Result, refuse } from '../../domain/values.ts'
import { openings } from '../break-glass/openings.ts'
import { isStopped } from '../halts/find-halt.ts'
import type { DecidingPorts } from '../record/ports.ts'
import { refuseOnRecord } from '../record/refuse.ts'
import { manyWriters, runAggregate } from '../record/run-aggregate.ts'
import type { TextEraser } from './ports.ts'

/** The most texts erased in one call: more than a person writes in a year, and few enough for the call's timeout. */
const mostErased = 5_000
const page = 500
const requestsOfPage = 100

/**
 * Removes a person's texts, their agents' texts, and the texts that identify them beyond their `person:` id, with the
 * salts. Entries stay, and the person's chain gets one more. The entry is written first, so a retry completes a call
 * that died halfway. Texts written meanwhile are left for the next call.
 *
 * Texts of a pending or live request, or of an opening until its review, are kept, since people still decide by them.
 * People cannot erase their own texts. A person who has left the directory can still be erased.
 */
export async function eraseTexts(
  { of: person, by }: { of: PersonId; by: PersonId },
  ports: DecidingPorts & { eraser: TextEraser },
): Promise<Result<Erased, 'not_permitted' | 'own_erasure' | 'policy_error' | 'unknown_person'>> {
  const { policy, clock, eraser, log } = ports
  const now = clock.now()
  const answer = askAboutPerson(policy, 'erase', by, now)
  const refused = refuseOnRecord(by, 'erase', ports)
  if (!answer.permit || (await isStopped(by, ports, { now })))
    return refused(answer.error ? 'policy_error' : 'not_permitted')
  if (person === by) return refused('own_erasure')
  const { found: all, more: unread } = await textsOf(person, eraser)
  // Reads these after the texts, so that a concurrent request cannot use one of them.
  const inUse = all.length === 0 ? new Set<Digest>() : await textsInUse(ports)
  const erasable = all.filter((each) => !inUse.has(each))
  const found = erasable.slice(0, mostErased)
  const rest = { more: unread || erasable.length > found.length, kept: all.length - erasable.length }
  if (all.length === 0 && !personOf(policy.bundle, person)) return refuse('unknown_person')
  if (found.length === 0) return ok({ erased: 0, ...rest })
  const event: ErasedEvent = {
    type: 'Erased',
    at: now,
    actor: actorNamed(by),
    policies: [...answer.policies],
    bundle: policy.bundle.hash,
    texts: found.length,
  }
  await record(person, event, ports)
  await eraser.erase(found)
  log.warn('texts_erased', { person, by, texts: found.length })
  return ok({ erased: found.length, ...rest })
}

/** `kept`: the number of texts in use, as far as they were read. */
type Erased = { erased: number; kept: number; more: boolean }

/** Reads twice the erased number, so that kept texts do not fill the page. */
async function textsOf(person: PersonId, eraser: TextEraser): Promise<{ found: readonly Digest[]; more: boolean }> {
  const found: Digest[] = []
  let after: string | undefined
  do {
    const read = await eraser.ofPerson(person, { limit: page, ...defined({ after }) })
    found.push(...read.found)
    after = read.next
  } while (after !== undefined && found.length < 2 * mostErased)
  return { found, more: after !== undefined }
}

/**
 * Commitments in the records of pending and live requests. The state alone is not enough: a narrowing drops decisions
 * from it, but people still read their comments.
 */
async function textsInUse({ requests, ledger, clock }: DecidingPorts): Promise<ReadonlySet<Digest>> {
  const now = clock.now()
  const inUse = new Set<Digest>()
  const add = async (states: readonly ApprovalRequest[]) => {
    const chains = await Promise.all(states.filter(isInUse).map(({ ask }) => ledger.entries(ask.id)))
    for (const entry of chains.flat()) for (const commitment of commitmentsIn(entry).values()) inUse.add(commitment)
  }
  for (const status of ['pending', 'approved'] as const)
    for (let after: string | undefined; ; ) {
      const { items, next } = await requests.list({ status }, { limit: requestsOfPage, ...defined({ after }) })
      await add(items.map(({ state }) => asOf(state, now)))
      if (next === undefined) break
      after = next
    }
  await add(await openings(requests, now))
  return inUse
}

const isInUse = ({ status, review }: ApprovalRequest): boolean =>
  status === 'pending' || status === 'approved' || (review !== undefined && review.done === undefined)

const record = (person: PersonId, event: ErasedEvent, { ledger }: Pick<DecidingPorts, 'ledger'>): Promise<true> =>
  runAggregate(person, manyWriters, async () => {
    const head = await ledger.head(person)
    const { entries, head: next } = chainEntries(person, head, [event], undefined)
    return (await ledger.append(person, head, entries, next)) ? true : undefined
  })
