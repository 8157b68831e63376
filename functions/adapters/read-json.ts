// Rules: test/http/json.test.ts
import { visit } from 'jsonc-parser'
import type { util } from 'zod/v4/core'

const depthLimit = 32

/** An object or array whose end has not come yet, and its latest member name. */
type Open = { readonly value: util.JSONType[] | { [name: string]: util.JSONType }; key: string }

export class BadJson extends Error {
  override readonly name = 'BadJson'
}

/**
 * Reads unambiguous JSON: duplicate keys, rounded integers, `-0`, `1e-400`, `1e400`, `__proto__`, lone surrogates and
 * nesting beyond 32 are refused in the raw text.
 *
 * V8 (Node 24) reads some escaped member names wrongly in a text with characters beyond Latin-1: `JSON.parse` only
 * checks the text, and the value is built from the parser's own events.
 * @throws BadJson
 */
export function readJson(text: string): util.JSONType {
  const open: Open[] = []
  let root: util.JSONType = null
  const put = (value: util.JSONType) => {
    const parent = open.at(-1)
    if (!parent) root = value
    else if (Array.isArray(parent.value)) parent.value.push(value)
    else parent.value[parent.key] = value
  }
  const enter = (value: Open['value'], offset: number) => {
    put(value)
    if (open.push({ value, key: '' }) > depthLimit)
      throw new BadJson(`nested deeper than ${depthLimit} at character ${offset}`)
  }
  const leave = () => void open.pop()
  const refuse = (wrong: string | undefined, where: (path: readonly Open[]) => string = () => '') => {
    if (wrong !== undefined) throw new BadJson(`${wrong}${where(open)}`)
  }
  visit(
    text,
    {
      onObjectBegin: (offset) => enter({}, offset),
      onObjectEnd: leave,
      onArrayBegin: (offset) => enter([], offset),
      onArrayEnd: leave,
      onObjectProperty: (key, offset) => {
        refuse(wrongText(key, offset))
        if (key === '__proto__') throw new BadJson(`the member \`__proto__\` at character ${offset}`)
        const parent = open.at(-1)
        if (!parent) return
        if (Object.hasOwn(parent.value, key))
          throw new BadJson(`the member \`${key.slice(0, 64).toWellFormed()}\` twice, again at character ${offset}`)
        parent.key = key
        put(null)
      },
      onLiteralValue: (value, offset, length) => {
        if (typeof value === 'string') refuse(wrongText(value, offset), memberOf)
        if (typeof value === 'number') refuse(wrongNumber(text.slice(offset, offset + length), value, offset), memberOf)
        put(value)
      },
      onError: (_error, offset) => {
        throw new BadJson(`no JSON at character ${offset}`)
      },
    },
    { disallowComments: true, allowTrailingComma: false },
  )
  try {
    JSON.parse(text)
  } catch (cause) {
    throw new BadJson('no JSON', { cause })
  }
  return root
}

function wrongText(text: string, offset: number): string | undefined {
  return text.isWellFormed() ? undefined : `a lone surrogate in the text at character ${offset}`
}

function wrongNumber(raw: string, value: number, offset: number): string | undefined {
  const at = `\`${raw.slice(0, 24)}\` at character ${offset}`
  if (!Number.isFinite(value)) return `the number ${at} is too large`
  if (value === 0 && /[1-9]/.test(raw.replace(/e.*/i, ''))) return `the number ${at} is too small`
  if (Object.is(value, -0)) return `\`-0\` at character ${offset}: write \`0\``
  const isRounded = Number.isInteger(value) && !Number.isSafeInteger(value)
  return isRounded ? `the integer ${at} is beyond 2^53: send it as text` : undefined
}

/** The member of the latest value, in parentheses, if its names are plain. */
function memberOf(open: readonly Open[]): string {
  const path = open.map(({ value, key }) => (Array.isArray(value) ? String(value.length) : key))
  return path.length > 0 && path.every((name) => /^[\w-]{1,64}$/.test(name)) ? ` (\`${path.join('.')}\`)` : ''
}

/**
 * Reads JSON that `JSON.stringify` wrote, as stores do. V8 reads some escaped member names of these wrongly too, which
 * a comparison with the text finds.
 * @throws BadJson
 */
export function readWritten(text: string): unknown {
  const value: unknown = JSON.parse(text)
  return JSON.stringify(value) === text ? value : readJson(text)
}

/** Undefined for a text that `readJson` refuses. */
export function jsonIn(text: string): util.JSONType | undefined {
  try {
    return readJson(text)
  } catch {
    return undefined
  }
}
