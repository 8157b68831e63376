import type { Passed } from './delaying-proxy.ts'

type Span = { from: number; to: number }

/** Of a span of time, how much of it calls of these callers were held back, and how much the emulator took beyond that. */
export function waitsOf(
  calls: readonly Passed[],
  callers: RegExp,
  { from, to }: Span,
): { held: number; beyond: number } {
  const own = calls.filter(({ caller, began }) => callers.test(caller) && began >= from && began < to)
  const clipped = (until: (call: Passed) => number) =>
    lengthOf(own.map((call) => ({ from: call.began, to: Math.min(to, call.began + until(call)) })))
  const held = clipped(({ delay }) => delay)
  return { held, beyond: clipped(({ delay, took }) => Math.max(delay, took)) - held }
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
