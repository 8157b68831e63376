import { saidByState } from '../../../functions/domain/anchor/receipt.ts'
import type { ApprovalRequest } from '../../../functions/domain/record/request.ts'
import { type Fault, faultsIn } from './fault.ts'
import { production } from './production.ts'
import { absent, narrowed, tierZero, twoStages } from './scenarios.ts'

const { evolve } = production
type Said = ReturnType<typeof saidByState>
type Change = (said: Said, state: ApprovalRequest) => Partial<Said>

/** A receipt with changed members. */
const saying = (change: Change) => (state: ApprovalRequest) => {
  const said = saidByState(state)
  return { ...said, ...change(said, state) }
}

/** The state remembers the one before its narrowing, for a receipt of that. */
type Remembering = ApprovalRequest & { before?: ApprovalRequest }
const remembering = (fault: string, change: Change): Fault =>
  faultsIn(narrowed).replaced(fault, 'INV9', {
    says: saying((said, { before }: Remembering) => (before ? change(said, before) : {})),
    evolve: (state, event) => {
      const next = evolve(state, event)
      return state && event.type === 'Narrowed' ? ({ ...next, before: state } as Remembering) : next
    },
  })
const inReceipt = (where: typeof narrowed, fault: string, change: Change): Fault =>
  faultsIn(where).replaced(fault, 'INV9', { says: saying(change) })

/** Mistakes in a receipt, over a ledger that is right. */
export const faultsOfReceipts: readonly Fault[] = [
  remembering('a receipt counts the decisions of an older round', (said, before) => ({
    decisions: [...saidByState(before).decisions, ...said.decisions],
  })),
  remembering('a receipt has the digest of the first ask', (_, { ask: { digest } }) => ({ digest })),
  inReceipt(tierZero, 'a receipt of an ended grant is of its approved state', ({ status }) =>
    status === 'revoked' || status === 'expired' ? { status: 'approved' } : {},
  ),
  inReceipt(twoStages, 'a receipt says approved as soon as one stage is filled', (_, { status, stages }) =>
    status === 'pending' && stages.some(({ decisions }) => decisions.length > 0) ? { status: 'approved' } : {},
  ),
  inReceipt(twoStages, 'a receipt leaves denials out', ({ decisions }) => ({
    decisions: decisions.filter(({ verdict }) => verdict === 'approve'),
  })),
  inReceipt(absent, 'a receipt does not name the absent person of a decision', ({ decisions }) => ({
    decisions: decisions.map(({ for: _, ...decision }) => decision),
  })),
  inReceipt(tierZero, 'a receipt of an ended grant has no uses', (_, { status }) =>
    status === 'approved' ? {} : { uses: [] },
  ),
  inReceipt(tierZero, 'a receipt says that each grant that was not revoked has succeeded', ({ status }) =>
    status === 'revoked' ? {} : { outcome: 'succeeded' },
  ),
]
