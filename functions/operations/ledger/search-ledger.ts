// Rules: test/http/search-ledger.test.ts
import { mayRead } from '../../domain/deciding/questions.ts'
import { agreesWith, type LedgerFilter } from '../../domain/ledger/facets.ts'
import type { Entry } from '../../domain/ledger/ledger.ts'
import { defined, ok, type PersonId, type Result, refuse } from '../../domain/values.ts'
import type { DecidingPorts } from '../record/ports.ts'
import type { LedgerIndex } from './ports.ts'

type Ports = Pick<DecidingPorts, 'policy' | 'clock'> & { ledgerIndex: LedgerIndex }

const pageSize = 100

/**
 * Entries of all chains, oldest first, with commitments in place of personal texts. An index finds them; each is read
 * from its chain.
 */
export async function searchLedger(
  { person, filter, after }: { person: PersonId; filter: LedgerFilter; after?: string | undefined },
  { ledgerIndex, policy, clock }: Ports,
): Promise<Result<{ entries: readonly Entry[]; next?: string }, 'not_permitted'>> {
  if (!mayRead(policy, person, clock.now())) return refuse('not_permitted')
  const { entries, next } = await ledgerIndex.search(filter, { limit: pageSize, after })
  const found = entries.filter((entry) => agreesWith(filter, entry))
  return ok({ entries: found, ...defined({ next }) })
}
