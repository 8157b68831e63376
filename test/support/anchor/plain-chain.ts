import { chainEntries, noEntries } from '../../../functions/domain/ledger/ledger.ts'
import type { JsonObject } from '../../../functions/domain/values.ts'
import { bundle, person, submittedAt } from '../ask.ts'

/** A chain of some refusals by a person. */
export const chainOf = (name: string, length: number, from = noEntries, attempted = 'attempt'): JsonObject[] =>
  chainEntries(
    person(name),
    from,
    Array.from({ length }, (_, at) => ({
      type: 'Refused' as const,
      at: submittedAt,
      actor: { type: 'person' as const, id: person(name) },
      policies: [],
      bundle,
      attempted: `${attempted} ${at}`,
      code: 'unknown_request' as const,
    })),
    undefined,
  ).entries as unknown as JsonObject[]
