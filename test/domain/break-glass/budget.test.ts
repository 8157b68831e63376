import { budgetWindow, current, spent } from '../../../functions/domain/break-glass/break-glass.ts'
import type { BudgetEntry } from '../../../functions/domain/record/opening.ts'
import type { Digest } from '../../../functions/domain/values.ts'
import { requestId, submittedAt } from '../../support/ask.ts'

/** The openings that a budget counts. */

const now = submittedAt
const opening = (until: number, changes: Partial<BudgetEntry> = {}): BudgetEntry => ({
  ...{ id: requestId(), at: until - 600, until, reason: 'sha-256:words' as Digest },
  ...changes,
})
const oldest = now - budgetWindow

test('an opening counts for seven days after its end, to the second', () => {
  expect(spent([opening(oldest + 1)], now)).toBe(600)
  expect(spent([opening(oldest)], now)).toBe(0)
  expect(spent([opening(now + 60), opening(oldest - 1), opening(now)], now)).toBe(1200)
})

test('an opening is kept for seven days, and until its review', () => {
  const lately = opening(oldest + 1)
  const unreviewed = opening(oldest - budgetWindow, { review: oldest })
  expect(current([opening(oldest), lately, unreviewed], now)).toEqual([lately, unreviewed])
})
