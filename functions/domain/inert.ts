/**
 * Text that others wrote, made safe to look at, whether on a card or on a page. Neither gives it anything to be read as
 * markup; what is left are characters that deceive the eye, and these are made visible.
 */

/**
 * Whatever does not show as what it is: controls, line and paragraph separators, formatting (bidi, zero-width, tags),
 * unassigned and private code points, lone surrogates, default-ignorable fillers, blanks that pass for a space, and the
 * blank Braille pattern.
 */
const deceptive = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Cn}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]|(?! )\p{Zs}/gu
/** Marks that pile up on a letter until they cover what stands around it; three are enough for any script. */
const pile = /(\p{M}{3})(\p{M}+)/gu
/** A mark with nothing of its own to stand on would change the character before it, which may be ours. */
const loose = /(^|[\s"])(\p{M}+)/gu

const hex = (character: string) => (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')
const spell = (characters: string) => [...characters].map((each) => `[U+${hex(each)}]`).join('')

/** Prose on one line: each deceptive character is spelled as `[U+202E]`, each line break shown as ` ⏎ `. */
export const inert = (text: string): string =>
  text
    .replace(/\s*(\r\n|[\n\r\u2028\u2029])\s*/g, ' ⏎ ')
    .replace(/\t/g, ' ')
    .replace(deceptive, spell)
    .replace(pile, (_, kept: string, rest: string) => kept + spell(rest))
    .replace(loose, (_, before: string, marks: string) => before + spell(marks))

/**
 * A JSON value, exactly: JSON's own escapes for every deceptive character, so that what is shown can be read in one way
 * only, and two values that differ look different.
 */
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

/** The first characters of a text and, when some are left out, how many. Never cuts inside a character or an escape. */
export function clamp(text: string, limit: number): { text: string; cut: boolean } {
  const characters = [...text]
  if (characters.length <= limit) return { text, cut: false }
  const kept = characters
    .slice(0, limit)
    .join('')
    .replace(/(\\u[\da-f]{0,3}|\\|\[U\+[\dA-F]{0,6})$/, '')
  return { text: `${kept}…+${characters.length - [...kept].length} characters`, cut: true }
}

/** Does a text mix letters of scripts that look alike, so that it can pass for another? */
export const mixesScripts = (text: string): boolean =>
  /\p{Script=Latin}/u.test(text) &&
  /[\p{Script=Cyrillic}\p{Script=Greek}\p{Script=Armenian}\p{Script=Cherokee}]/u.test(text)
