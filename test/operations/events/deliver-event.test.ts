import { pauseAfter } from '../../../functions/operations/events/deliver-event.ts'

test('the pauses between 21 attempts make a week, and none is longer than a queue can hide a message', () => {
  for (const share of [0, 1]) {
    const pauses = Array.from({ length: 20 }, (_, attempt) => pauseAfter(attempt + 1, share))
    const days = pauses.reduce((sum, each) => sum + each, 0) / 86_400
    expect(days).toBeGreaterThan(6)
    expect(days).toBeLessThan(8)
    expect(Math.max(...pauses)).toBeLessThan(43_000)
  }
  expect([1, 2, 3, 4, 5, 6].map((attempt) => pauseAfter(attempt, 0))).toEqual([5, 30, 120, 600, 3600, 10_800])
})
