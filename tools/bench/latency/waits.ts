import type { Passed } from './delaying-proxy.ts'

type Span = { from: number; to: number }

/** The time within a span in which calls of these callers were delayed. */
export function heldIn(calls: readonly Passed[], callers: RegExp, { from, to }: Span): number {
  const own = calls.filter(({ caller, began }) => callers.test(caller) && began >= from && began < to)
  return lengthOf(own.map(({ began, delay }) => ({ from: began, to: Math.min(to, began + delay) })))
}

/** The length of all spans together, with overlaps counted once. */
function lengthOf(spans: readonly Span[]): number {
  let length = 0
  let end = Number.NEGATIVE_INFINITY
  for (const { from, to } of spans.toSorted((one, other) => one.from - other.from)) {
    length += Math.max(0, to - Math.max(from, end))
    end = Math.max(end, to)
  }
  return length
}
