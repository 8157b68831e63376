import { mayBeInBulk } from '../../../functions/domain/cards/burst.ts'
import { owner, sampleAsk } from '../../support/ask.ts'

/** The requests that one click may decide together. */

test('a request of the lowest tiers may be decided with others, and one above them never', () => {
  expect([0, 1, 2, 3].map((tier) => mayBeInBulk({ ask: sampleAsk(), tier }))).toEqual([true, true, false, false])
})

test('a request that a person asked on behalf of the agent is not decided with others', () => {
  expect(mayBeInBulk({ ask: sampleAsk({ askedBy: owner }), tier: 0 })).toBe(false)
})
