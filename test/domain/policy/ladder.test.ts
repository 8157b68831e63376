import fc from 'fast-check'
import { type Rate, takeTokens } from '../../../functions/domain/policy/ladder.ts'

/** A caller's rate: a bucket that refills, stored as the time at which it is full again. */

const now = 1_800_000_000
const rate: Rate = { perMinute: 60, burst: 10 }

/** Takes tokens call by call, and returns the number permitted and the wait of the last refusal. */
function take(calls: number, at = now, fullAt?: number) {
  let permitted = 0
  let full = fullAt
  let wait = 0
  for (let n = 0; n < calls; n++) {
    const taken = takeTokens(rate, full, 1, at)
    if (taken.permitted) [permitted, full] = [permitted + 1, taken.fullAt]
    else wait = taken.retryAfter
  }
  return { permitted, full, wait }
}

test('a burst is permitted, and not one call more', () => {
  expect(take(500)).toMatchObject({ permitted: 10, wait: 1 })
})

test('a bucket has one more token after a second, and at most the burst after a long rest', () => {
  const { full } = take(500)
  expect(take(500, now + 1, full).permitted).toBe(1)
  expect(take(500, now + 86_400, full).permitted).toBe(10)
})

test('a caller that waits as long as it is told is permitted', () => {
  const { full } = take(10)
  const refused = takeTokens(rate, full, 7, now)
  if (refused.permitted) throw new Error('seven more should be refused')
  expect(refused.retryAfter).toBe(7)
  expect(takeTokens(rate, full, 7, now + 6).permitted).toBe(false)
  expect(takeTokens(rate, full, 7, now + 7).permitted).toBe(true)
})

test('over any time no more is permitted than the burst and the refill', () => {
  const calls = fc.array(fc.record({ wait: fc.nat({ max: 30 }), tokens: fc.integer({ min: 1, max: 12 }) }), {
    maxLength: 60,
  })
  const rates = fc.record({ perMinute: fc.integer({ min: 1, max: 6000 }), burst: fc.integer({ min: 1, max: 50 }) })
  fc.assert(
    fc.property(rates, calls, ({ perMinute, burst }, each) => {
      let [at, taken] = [now, 0]
      let fullAt: number | undefined
      for (const { wait, tokens } of each) {
        at += wait
        const answer = takeTokens({ perMinute, burst }, fullAt, tokens, at)
        if (!answer.permitted) continue
        fullAt = answer.fullAt
        taken += tokens
        expect(taken).toBeLessThanOrEqual(burst + ((at - now) * perMinute) / 60)
      }
    }),
  )
})
