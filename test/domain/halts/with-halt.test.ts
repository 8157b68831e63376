import { type Halt, withHalt } from '../../../functions/domain/halts/halt.ts'
import type { HaltId } from '../../../functions/domain/values.ts'
import { person, submittedAt } from '../../support/ask.ts'

/** Which halts of one target are kept. */

const now = submittedAt
const halt = (n: number, changes: Partial<Halt> = {}): Halt => ({
  ...{ id: `hlt_${String(n).padStart(26, '0')}` as HaltId, target: { kind: 'all', value: 'all' } },
  ...{ reason: 'an exercise', by: person('gus'), at: now - 100 + n },
  ...changes,
})
const liftedAt = (at: number) => ({ lifted: { by: person('hana'), at } })

test('every halt in force is kept, and of those that are over the last that was lifted and the last that ended', () => {
  const [endless, running] = [halt(1), halt(2, { until: now + 1 })]
  const [ended, endedLast] = [halt(3, { until: now - 20 }), halt(4, { until: now - 10 })]
  // Its time would have come last, but it was lifted before.
  const [lifted, liftedLast] = [halt(5, { until: now - 5, ...liftedAt(now - 50) }), halt(6, liftedAt(now - 40))]
  const kept = withHalt([endless, running, ended, endedLast, lifted], liftedLast, now)
  expect(kept).toEqual([endless, running, endedLast, liftedLast])
})

test('a changed halt takes the place of what it was', () => {
  const changed = halt(1, liftedAt(now))
  expect(withHalt([halt(1), halt(2)], changed, now)).toEqual([halt(2), changed])
})
