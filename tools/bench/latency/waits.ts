import type { Passed } from './delaying-proxy.ts'

type Span = { from: number; to: number }

/** Of a span of time, how much of it calls of these callers were held back. */
export function heldIn(calls: readonly Passed[], callers: RegExp, { from, to }: Span): number {
  const own = calls.filter(({ caller, began }) => callers.test(caller) && began >= from && began < to)
  return lengthOf(own.map(({ began, delay }) => ({ from: began, to: Math.min(to, began + delay) })))
}

/** Of all spans together, what they share counted once. */
function lengthOf(spans: readonly Span[]): number {
  let length = 0
  let end = Number.NEGATIVE_INFINITY
  for (const { from, to } of spans.toSorted((one, other) => one.from - other.from)) {
    length += Math.max(0, to - Math.max(from, end))
    end = Math.max(end, to)
  }
  return length
}
