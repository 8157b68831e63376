/** The texts that a regular expression is anchored to, and the texts that patterns of `*` match. */

/** Whether it is a regular expression from `^` to `$`. */
export function isAnchored(source: string): boolean {
  try {
    new RegExp(source, 'u')
  } catch {
    return false
  }
  return source.startsWith('^') && source.endsWith('$') && !/\\\$$/.test(source) && !hasTopLevelAlternative(source)
}

/** Whether the pattern has an alternative outside of brackets: `^a|b$` is anchored at neither end. */
export function hasTopLevelAlternative(source: string): boolean {
  let depth = 0
  let inClass = false
  for (let at = 0; at < source.length; at++) {
    const char = source[at]
    if (char === '\\') at++
    else if (inClass) inClass = char !== ']'
    else if (char === '[') inClass = true
    else if (char === '(') depth++
    else if (char === ')') depth--
    else if (char === '|' && depth === 0) return true
  }
  return false
}

/** The source of a regular expression that matches exactly this text. */
export const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')

/** Whether one text can match both patterns, in which only `*` stands for any characters. */
export const overlap = (one: string, other: string): boolean => textWithin([one, other]) !== undefined

/** A shortest text that matches all of `all` and none of `none`. */
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

const step = (pattern: string, places: readonly number[], character: string): readonly number[] =>
  onward(
    pattern,
    places.flatMap((place) => (pattern[place] === '*' ? [place] : pattern[place] === character ? [place + 1] : [])),
  )

/**
 * Adds the place after each `*`, which may match nothing, and drops places before the last `*`, which covers them.
 * @param places ascending, as the result is
 */
function onward(pattern: string, places: readonly number[]): readonly number[] {
  let all: number[] = []
  for (const from of places)
    for (let place = from; ; place += 1) {
      const isAny = pattern[place] === '*'
      if (isAny) all = [place]
      else if (!all.includes(place)) all.push(place)
      if (!isAny) break
    }
  return all
}

function unusedIn(text: string): string {
  let code = 'a'.charCodeAt(0)
  while (text.includes(String.fromCharCode(code))) code += 1
  return String.fromCharCode(code)
}

/** Whether two patterns can match one resource. Parts of an ARN are compared one by one, as in IAM. */
export function resourcesOverlap(one: string, other: string): boolean {
  const [a, b] = [partsOf(one), partsOf(other)]
  return a.length === b.length && a.every((part, at) => overlap(part, b[at] ?? ''))
}

/** A place in a template may have any value. */
function partsOf(pattern: string): readonly string[] {
  const parts = pattern.replace(/\{[A-Za-z.]+\}/g, '*').split(':')
  return parts[0] === 'arn' && parts.length >= 6 ? [...parts.slice(0, 5), parts.slice(5).join(':')] : [parts.join(':')]
}
