import type { Entry } from '../../../functions/domain/ledger/ledger.ts'
import { RecordedLife, replayed } from './recorded-life.ts'

/** Every recorded question asked again, under the policies that decided it and under others. */

let entries: readonly Entry[]
beforeAll(async () => {
  const life = new RecordedLife()
  await life.live()
  entries = await life.entries()
})

describe('under the policies that decided', () => {
  test('nothing would be decided otherwise', () => {
    const { widened, narrowed, approvals, unreadable, broken } = replayed(entries)
    expect({ widened, narrowed, approvals, unreadable, broken }).toEqual({
      widened: [],
      narrowed: [],
      approvals: [],
      unreadable: { newer: 0, others: 0 },
      broken: [],
    })
  })

  test('the record that is replayed has every kind of entry that policy was asked about', () => {
    const types = new Set(entries.map(({ type }) => type))
    const asked = [
      ...['Submitted', 'Decided', 'Narrowed', 'StateChanged', 'Approved', 'Denied', 'CredentialIntended', 'UseBegun'],
      ...['Delegated', 'Revoked', 'BreakGlassOpened', 'Reviewed', 'Refused', 'Halted', 'Lifted', 'Erased'],
      ...['Recertified', 'StandInGiven', 'StandInEnded', 'PermitGiven', 'PermitDrawn', 'PermitRevoked', 'Vouched'],
    ]
    expect(asked.filter((type) => !types.has(type))).toEqual([])
  })
})
