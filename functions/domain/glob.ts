/** Whether some text fits both of two patterns, in which `*` alone stands for any characters. */
export const overlap = (one: string, other: string): boolean => textWithin([one, other]) !== undefined

/** A shortest text that fits all of these patterns and none of the others; undefined where there is none. */
export function textWithin(all: readonly string[], none: readonly string[] = []): string | undefined {
  const patterns = [...all, ...none]
  const other = unusedIn(patterns.join(''))
  const seen = new Set<string>()
  let found = [{ text: '', reached: patterns.map((pattern) => onward(pattern, [0])) }]
  while (found.length > 0) {
    const longer: typeof found = []
    for (const { text, reached } of found) {
      const fits = reached.map((places, at) => places.includes(patterns[at]?.length ?? 0))
      if (fits.every((fit, at) => fit === at < all.length)) return text
      const awaited = reached.flatMap((places, at) => places.map((place) => patterns[at]?.[place] ?? '*'))
      for (const character of new Set(awaited.map((each) => (each === '*' ? other : each)))) {
        const next = reached.map((places, at) => step(patterns[at] ?? '', places, character))
        const key = next.join(';')
        if (next.slice(0, all.length).some((places) => places.length === 0) || seen.has(key)) continue
        seen.add(key)
        longer.push({ text: text + character, reached: next })
      }
    }
    found = longer
  }
  return undefined
}

/** The places of a pattern that a text may have come to, one character further. */
const step = (pattern: string, places: readonly number[], character: string): readonly number[] =>
  onward(
    pattern,
    places.flatMap((place) => (pattern[place] === '*' ? [place] : pattern[place] === character ? [place + 1] : [])),
  )

/**
 * Adds the place after each `*`, which may match nothing. Drops places before the last `*`: it already takes what they
 * would.
 */
function onward(pattern: string, places: readonly number[]): readonly number[] {
  const all = new Set(places)
  for (const place of all) if (pattern[place] === '*') all.add(place + 1)
  const last = Math.max(...[...all].filter((place) => pattern[place] === '*'))
  return [...all].filter((place) => place >= last).sort((a, b) => a - b)
}

/** A character that stands for all that no pattern names. */
function unusedIn(text: string): string {
  let code = 'a'.charCodeAt(0)
  while (text.includes(String.fromCharCode(code))) code += 1
  return String.fromCharCode(code)
}

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
