/** Whether some text fits both of two patterns, in which `*` alone stands for any characters. */
export function overlap(one: string, other: string): boolean {
  // Position by position, as two walkers: `reached[j]` says whether `one` up to here and `other` up to j can meet.
  let reached = reach(other, true, (j) =>
    other
      .slice(0, j)
      .split('')
      .every((each) => each === '*'),
  )
  for (const character of one) {
    const before = reached
    reached = []
    reached[0] = before[0] === true && character === '*'
    for (let j = 1; j <= other.length; j++) {
      const against = other[j - 1]
      reached[j] =
        character === '*' || against === '*'
          ? (before[j] ?? false) || (reached[j - 1] ?? false) || (before[j - 1] ?? false)
          : character === against && (before[j - 1] ?? false)
    }
  }
  return reached[other.length] ?? false
}

const reach = (pattern: string, first: boolean, at: (j: number) => boolean): boolean[] =>
  Array.from({ length: pattern.length + 1 }, (_, j) => (j === 0 ? first : at(j)))

/**
 * Whether two patterns of resources can be of the same one. Of an ARN the parts before the resource are compared one by
 * one: there a `*` stands for one part, as it does for IAM.
 */
export function resourcesOverlap(one: string, other: string): boolean {
  const [a, b] = [partsOf(one), partsOf(other)]
  return a.length === b.length && a.every((part, at) => overlap(part, b[at] ?? ''))
}

/** `arn`, partition, service, Region, account and resource. A place that a deployment fills may be anything. */
function partsOf(pattern: string): readonly string[] {
  const parts = pattern.replace(/\{[A-Za-z.]+\}/g, '*').split(':')
  return parts[0] === 'arn' && parts.length >= 6 ? [...parts.slice(0, 5), parts.slice(5).join(':')] : [parts.join(':')]
}
