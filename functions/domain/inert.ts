// Rules: test/channels/slack/cards/inert.test.ts
/**
 * Characters that deceive the eye: controls, separators, formatting (bidi, zero-width, tags), unassigned and private
 * code points, lone surrogates, fillers, blanks that pass for a space, the blank Braille pattern.
 */
const deceptive = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Cn}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]|(?! )\p{Zs}/gu
/** Combining marks that pile up on a letter and cover its neighbours; three are enough for any script. */
const pile = /(\p{M}{3})(\p{M}+)/gu
/** A combining mark without a base, which would change the character before it, possibly Hotwork's. */
const loose = /(^|[\s"])(\p{M}+)/gu

const hex = (character: string) => (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')
const spell = (characters: string) => [...characters].map((each) => `[U+${hex(each)}]`).join('')

/** Prose on one line: each deceptive character becomes `[U+202E]`, each line break ` ⏎ `. */
export const inert = (text: string): string =>
  text
    .replace(/\s+/g, (blanks) => (/[\n\r\u2028\u2029]/.test(blanks) ? ' ⏎ ' : blanks))
    .replace(/\t/g, ' ')
    .replace(deceptive, spell)
    .replace(pile, (_, kept: string, rest: string) => kept + spell(rest))
    .replace(loose, (_, before: string, marks: string) => before + spell(marks))

/** A JSON value with JSON's escapes for every deceptive character, so that different values look different. */
export const exact = (value: unknown): string =>
  JSON.stringify(value)
    .replace(deceptive, escaped)
    .replace(pile, (_, kept: string, rest: string) => kept + escaped(rest))
    .replace(loose, (_, before: string, marks: string) => before + escaped(marks))

/** UTF-16 units, as JSON escapes them. */
const escaped = (characters: string): string =>
  Array.from({ length: characters.length }, (_, at) => characters.charCodeAt(at))
    .map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`)
    .join('')

/** The first characters of a text and the number left out. It never cuts inside a character or an escape. */
export function clamp(text: string, limit: number): { text: string; cut: boolean } {
  const characters = [...text]
  if (characters.length <= limit) return { text, cut: false }
  const kept = characters
    .slice(0, limit)
    .join('')
    .replace(/(\\u[\da-f]{0,3}|\\|\[U\+[\dA-F]{0,6})$/, '')
  return { text: `${kept}…+${characters.length - [...kept].length} characters`, cut: true }
}

/** Alphabets whose letters look like those of another, by Unicode's confusables (UTS 39). */
const alphabets = ['Latin', 'Greek', 'Cyrillic', 'Armenian', 'Cherokee', 'Coptic', 'Lisu', 'Deseret'].map(
  (script) => new RegExp(`\\p{Script=${script}}`, 'u'),
)
const word = /[\p{L}\p{M}\p{Nd}]+/gu
const latin = /\p{Script=Latin}/u
/**
 * A letter that does not occur in Latin words. Chinese, Japanese and Korean words may mix both (UTS 39, section 5.2).
 */
const foreign =
  /(?![\p{Script=Latin}\p{Script=Common}\p{Script=Inherited}\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{scx=Hang}\p{scx=Bopo}])\p{L}/u

const mixesAlphabets = (text: string): boolean =>
  alphabets.filter((alphabet) => alphabet.test(text)).length > 1 ||
  (text.match(word) ?? []).some((each) => latin.test(each) && foreign.test(each))

/** A warning for a value whose letters pass for others; empty without such letters. */
export function lookalikeNote(text: string): string {
  const notes = [
    ...(mixesAlphabets(text) ? ['mixes alphabets that look alike'] : []),
    ...(text.normalize('NFKC') === text ? [] : ['has characters that pass for others']),
    ...(/(?![0-9])\p{Nd}/u.test(text) ? ['has digits that are not 0 to 9'] : []),
  ]
  return notes.length === 0 ? '' : `   ← ${notes.join(', ')}`
}

/** The warning for JSON values, by their texts: an escape such as `\n` would count as a letter. */
export const noteOfJson = (...values: readonly unknown[]): string => lookalikeNote(values.flatMap(textsIn).join('\n'))

const textsIn = (value: unknown): string[] =>
  typeof value === 'object' && value !== null
    ? Object.entries(value).flatMap(([name, each]) => [...(Array.isArray(value) ? [] : [name]), ...textsIn(each)])
    : typeof value === 'string'
      ? [value]
      : []
