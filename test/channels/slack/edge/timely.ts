import { NotInTime } from '../../../../functions/operations/faults.ts'
import type { HaltStore } from '../../../../functions/operations/halts/ports.ts'
import type { LedgerStore } from '../../../../functions/operations/ledger/ports.ts'
import type { StandInStore } from '../../../../functions/operations/people/ports.ts'
import type { PermitStore } from '../../../../functions/operations/permits/ports.ts'
import type { RequestStore } from '../../../../functions/operations/record/ports.ts'

type Stores = {
  requests: RequestStore
  ledger: LedgerStore
  permits: PermitStore
  standIns: StandInStore
  halts: HaltStore
}

/** Stores in memory that start no write once `mayStart` returns false, like DynamoDB's over such a connection. */
export const storesInTime = ({ requests, ledger, permits, standIns, halts }: Stores) => ({
  ...{ requests, ledger, permits, standIns, halts },
  inTime: (mayStart: () => boolean): Stores => ({
    requests: timely(requests, ['commit', 'putOnce', 'take', 'saveEvaluation'], mayStart),
    ledger: timely(ledger, ['append'], mayStart),
    permits: timely(permits, ['save'], mayStart),
    standIns: timely(standIns, ['save'], mayStart),
    halts: timely(halts, ['save'], mayStart),
  }),
})

const timely = <S extends object>(store: S, writes: readonly (keyof S)[], mayStart: () => boolean): S =>
  new Proxy(store, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target)
      if (typeof member !== 'function') return member
      const isWrite = writes.includes(name as keyof S)
      return (...args: unknown[]) =>
        isWrite && !mayStart() ? Promise.reject(new NotInTime('no time is left')) : member.apply(target, args)
    },
  })
