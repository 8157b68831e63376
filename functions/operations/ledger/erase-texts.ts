import type { ErasedEvent } from '../../domain/ledger/erased.ts'
import { chainEntries } from '../../domain/ledger/ledger.ts'
import { personOf } from '../../domain/policy/bundle.ts'
import { actorNamed, type Digest, defined, ok, type PersonId, type Result, refuse } from '../../domain/values.ts'
import { isStopped } from '../halts/find-halt.ts'
import { askAboutPerson } from '../policy/questions.ts'
import { manyWriters, refuseOnRecord, runAggregate } from '../requests/carry-out.ts'
import type { DecidingPorts } from '../requests/ports.ts'
import type { TextEraser } from './ports.ts'

/** In one call: far more than a person writes in a year, and few enough for the time of one call. */
const mostErased = 5_000
const page = 500

/**
 * Removes what a person wrote, what their agents wrote, and what identifies them beyond their `person:` id, with the
 * salts. No entry changes but for one more on the person's chain. It is recorded first: a call that dies half way is
 * made again, and removes the rest. What is written meanwhile stays for the next call.
 *
 * A person who has left the directory can still be erased.
 */
export async function eraseTexts(
  { of: person, by }: { of: PersonId; by: PersonId },
  ports: DecidingPorts & { eraser: TextEraser },
): Promise<Result<{ erased: number; more: boolean }, 'not_permitted' | 'policy_error' | 'unknown_person'>> {
  const { policy, clock, eraser, log } = ports
  const now = clock.now()
  const answer = askAboutPerson(policy, 'erase', by, now)
  if (!answer.permit || (await isStopped(by, ports, { now })))
    return refuseOnRecord(by, 'erase', ports)(answer.error ? 'policy_error' : 'not_permitted')
  const { found, more } = await textsOf(person, eraser)
  if (found.length === 0) return personOf(policy.bundle, person) ? ok({ erased: 0, more }) : refuse('unknown_person')
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
  log.warn('texts erased', { person, by, texts: found.length })
  return ok({ erased: found.length, more })
}

async function textsOf(person: PersonId, eraser: TextEraser): Promise<{ found: readonly Digest[]; more: boolean }> {
  const found: Digest[] = []
  let after: string | undefined
  do {
    const read = await eraser.ofPerson(person, { limit: page, ...defined({ after }) })
    found.push(...read.found)
    after = read.next
  } while (after !== undefined && found.length < mostErased)
  return { found, more: after !== undefined }
}

const record = (person: PersonId, event: ErasedEvent, { ledger }: Pick<DecidingPorts, 'ledger'>): Promise<true> =>
  runAggregate(person, manyWriters, async () => {
    const head = await ledger.head(person)
    const { entries, head: next } = chainEntries(person, head, [event], undefined)
    return (await ledger.append(person, head, entries, next)) ? true : undefined
  })
