import type { Event } from '../../../functions/domain/record/events.ts'
import type { ApprovalRequest } from '../../../functions/domain/record/request.ts'
import { inForce, isVerySame, type Rule } from './rule.ts'
import type { Witness } from './witness.ts'

const ends: { readonly [type in Event['type']]?: ApprovalRequest['status'] } = {
  Denied: 'denied',
  Withdrawn: 'withdrawn',
  Expired: 'expired',
  Completed: 'completed',
  Revoked: 'revoked',
}

const statusBy = ({ end, grant }: Witness) => (end ? ends[end] : grant ? 'approved' : 'pending')

/** The decisions in force by the ledger: inherited and own approvals, and denials. */
const decisionsBy = ({ approvals, decided }: Witness) =>
  [
    ...approvals.map((each) => `${each.stage} ${each.person} ${each.for} approve`),
    ...decided
      .filter(({ verdict }) => verdict !== 'approve')
      .map(({ stage, person, verdict }) => `${stage} ${person} ${verdict}`),
  ].sort()

/** The receipt of a state against the witness of its ledger. */
export const rulesOfReceipts: readonly Rule[] = [
  {
    id: 'INV9',
    rule: 'a receipt says what the ledger says: the status, the decisions of this round, and each use',
    about: 'state',
    broken: ({ before, after, sees, scenario, reducer }) => {
      if (before && before.status === after.status && isVerySame(before, after)) return undefined
      const said = reducer.says(after)
      if (said.status !== statusBy(sees)) return `it says ${said.status}`
      const { ask, tier } = inForce(scenario, sees)
      if (said.digest !== ask.digest) return 'it has the digest of an older ask'
      if (!sees.opened && said.tier !== tier) return `it says tier ${said.tier}`
      const decisions = said.decisions
        .map(({ stage, person, for: absent, verdict }) =>
          verdict === 'approve' ? `${stage} ${person} ${absent} approve` : `${stage} ${person} ${verdict}`,
        )
        .sort()
      if (`${decisions}` !== `${decisionsBy(sees)}`) return `it says that ${decisions} decided`
      if (said.uses.length !== sees.begun.length) return `it has ${said.uses.length} uses of ${sees.begun.length}`
      return (said.outcome !== null) === (sees.end === 'Completed') ? undefined : `its outcome is ${said.outcome}`
    },
  },
]
