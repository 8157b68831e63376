// Rules: test/client/verify/receipt.test.ts
import { parsedJson } from '../http.ts'

/** The deepest nesting: that of the API's bodies, and the entry around them. */
const deepest = 64

/**
 * Parses JSON that all readers understand alike: it refuses duplicate members, of which readers choose differently, and
 * nesting that is too deep for some. Its time is linear in the text.
 */
export function readStrict(text: string): { value: unknown } | { why: string } {
  const value = parsedJson(text)
  if (value === undefined) return { why: 'it is not JSON' }
  const open: (Set<string> | undefined)[] = []
  for (let at = 0; at < text.length; at++) {
    const character = text[at]
    if (character === '{') open.push(new Set())
    else if (character === '[') open.push(undefined)
    else if (character === '}' || character === ']') open.pop()
    else if (character === '"') {
      const end = endOfString(text, at)
      if (isName(text, end)) {
        // Decoded, since escapes can spell a name in several ways.
        const name = String(parsedJson(text.slice(at, end)))
        const names = open.at(-1)
        if (names?.has(name)) return { why: 'an object in it has two members of one name' }
        names?.add(name)
      }
      at = end - 1
    }
    if (open.length > deepest) return { why: `it is deeper than ${deepest} objects and lists in one another` }
  }
  return { value }
}

/** The place behind the string's closing quotation mark. */
function endOfString(text: string, begin: number): number {
  let at = begin + 1
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1
  return at + 1
}

function isName(text: string, behind: number): boolean {
  let at = behind
  while (at < text.length && ' \t\r\n'.includes(text[at] as string)) at++
  return text[at] === ':'
}
