// Rules: test/policies/usage.test.ts
import type { Json } from '../values.ts'

const linesOf = (value: unknown): readonly string[] => JSON.stringify(value, null, 2).split('\n')

/** The unchanged lines around a change. */
const around = 3

/**
 * The difference of two documents as the lines of a unified diff: ` ` of both, `-` of the first, `+` of the second. `…`
 * stands for lines that are left out.
 */
export function entryDiff(before: Json | object, after: Json | object): readonly string[] {
  const [one, other] = [linesOf(before), linesOf(after)]
  // The number of common lines from each place on: a diff keeps the most.
  const longest = Array.from({ length: one.length + 1 }, () => new Array<number>(other.length + 1).fill(0))
  const at = (left: number, right: number) => longest[left]?.[right] ?? 0
  for (let left = one.length - 1; left >= 0; left--)
    for (let right = other.length - 1; right >= 0; right--)
      (longest[left] as number[])[right] =
        one[left] === other[right] ? at(left + 1, right + 1) + 1 : Math.max(at(left + 1, right), at(left, right + 1))
  const all: string[] = []
  let [left, right] = [0, 0]
  while (left < one.length || right < other.length) {
    if (left < one.length && one[left] === other[right]) {
      all.push(` ${one[left]}`)
      left++
      right++
    } else if (left < one.length && at(left + 1, right) >= at(left, right + 1)) all.push(`-${one[left++]}`)
    else all.push(`+${other[right++]}`)
  }
  const isNear = (index: number) =>
    all.slice(Math.max(0, index - around), index + around + 1).some((line) => !line.startsWith(' '))
  return all.flatMap((line, index) => (isNear(index) ? [line] : isNear(index - 1) ? ['…'] : []))
}
