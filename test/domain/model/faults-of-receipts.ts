import { saidByState } from '../../../functions/domain/anchor/receipt.ts'
import type { ApprovalRequest, StageState } from '../../../functions/domain/record/request.ts'
import { evolved, type Fault } from './fault.ts'
import { production } from './production.ts'
import { absent, narrowed, twoStages } from './scenarios.ts'
import type { Reducer } from './search.ts'

const { evolve } = production
type Said = ReturnType<typeof saidByState>

/** A receipt in which something else stands. */
const saying = (change: (said: Said, state: ApprovalRequest) => Partial<Said>): Reducer => ({
  ...production,
  says: (state) => {
    const said = saidByState(state)
    return { ...said, ...change(said, state) }
  },
})

/** The state remembers how it was before it was narrowed, for a receipt that then tells of it. */
type Remembering = ApprovalRequest & { before?: ApprovalRequest }
const remembering = (change: (said: Said, before: ApprovalRequest) => Partial<Said>): Reducer => ({
  ...saying((said, state) => {
    const { before } = state as Remembering
    return before ? change(said, before) : {}
  }),
  evolve: evolved((state, event) => {
    const next = event.type === 'Narrowed' ? evolve(state, event) : undefined
    return next && ({ ...next, before: state } as Remembering)
  }).evolve,
})

/** Mistakes in what a receipt says, over a ledger that has it right. */
export const faultsOfReceipts: readonly Fault[] = [
  {
    fault: 'a receipt counts the decisions of an older round',
    breaks: 'INV9',
    where: narrowed,
    reducer: remembering((said, before) => ({ decisions: [...saidByState(before).decisions, ...said.decisions] })),
  },
  {
    fault: 'a receipt has the digest of what was asked at first',
    breaks: 'INV9',
    where: narrowed,
    reducer: remembering((_, { ask: { digest } }) => ({ digest })),
  },
  {
    fault: 'a receipt is made of the state that was approved, when that has ended',
    breaks: 'INV9',
    reducer: saying(({ status }) => (status === 'revoked' || status === 'expired' ? { status: 'approved' } : {})),
  },
  {
    fault: 'a receipt says approved as soon as one stage is filled',
    breaks: 'INV9',
    where: twoStages,
    reducer: saying((_, { status, stages }) =>
      status === 'pending' && stages.some((stage: StageState) => stage.decisions.length > 0)
        ? { status: 'approved' }
        : {},
    ),
  },
  {
    fault: 'a receipt leaves denials out',
    breaks: 'INV9',
    where: twoStages,
    reducer: saying(({ decisions }) => ({ decisions: decisions.filter(({ verdict }) => verdict === 'approve') })),
  },
  {
    fault: 'a receipt does not say for which absent person it was decided',
    breaks: 'INV9',
    where: absent,
    reducer: saying(({ decisions }) => ({ decisions: decisions.map(({ for: _, ...decision }) => decision) })),
  },
  {
    fault: 'a receipt of what has ended has no uses',
    breaks: 'INV9',
    reducer: saying((_, { status }) => (status === 'approved' ? {} : { uses: [] })),
  },
  {
    fault: 'a receipt says that all that was not revoked has succeeded',
    breaks: 'INV9',
    reducer: saying(({ status }) => (status === 'revoked' ? {} : { outcome: 'succeeded' })),
  },
]
