// Rules: test/http/json.test.ts
import { visit } from 'jsonc-parser'
import type { util } from 'zod/v4/core'

const depthLimit = 32

export class BadJson extends Error {
  override readonly name = 'BadJson'
}

/**
 * Reads unambiguous JSON: duplicate keys, rounded integers, `-0`, `1e-400`, `1e400`, `__proto__`, lone surrogates and
 * nesting beyond 32 are refused in the raw text.
 * @throws BadJson
 */
export function readJson(text: string): util.JSONType {
  const keys: Set<string>[] = []
  const enter = (offset: number) => {
    if (keys.push(new Set()) > depthLimit) throw new BadJson(`nested deeper than ${depthLimit} at character ${offset}`)
  }
  const leave = () => void keys.pop()
  visit(
    text,
    {
      onObjectBegin: enter,
      onObjectEnd: leave,
      onArrayBegin: enter,
      onArrayEnd: leave,
      onObjectProperty: (key, offset) => {
        checkText(key, offset)
        if (key === '__proto__') throw new BadJson(`the member \`__proto__\` at character ${offset}`)
        const seen = keys.at(-1)
        if (seen?.has(key))
          throw new BadJson(`the member \`${key.slice(0, 64).toWellFormed()}\` twice, again at character ${offset}`)
        seen?.add(key)
      },
      onLiteralValue: (value, offset, length) => {
        if (typeof value === 'string') checkText(value, offset)
        if (typeof value === 'number') checkNumber(text.slice(offset, offset + length), value, offset)
      },
      onError: (_error, offset) => {
        throw new BadJson(`no JSON at character ${offset}`)
      },
    },
    { disallowComments: true, allowTrailingComma: false },
  )
  try {
    return JSON.parse(text) as util.JSONType
  } catch (cause) {
    throw new BadJson('no JSON', { cause })
  }
}

function checkText(text: string, offset: number): void {
  if (!text.isWellFormed()) throw new BadJson(`a lone surrogate in the text at character ${offset}`)
}

function checkNumber(raw: string, value: number, offset: number): void {
  if (!Number.isFinite(value))
    throw new BadJson(`the number \`${raw.slice(0, 24)}\` at character ${offset} is too large`)
  if (value === 0 && /[1-9]/.test(raw.replace(/e.*/i, '')))
    throw new BadJson(`the number \`${raw.slice(0, 24)}\` at character ${offset} is too small`)
  if (Object.is(value, -0)) throw new BadJson(`\`-0\` at character ${offset}: write \`0\``)
  if (Number.isInteger(value) && !Number.isSafeInteger(value))
    throw new BadJson(`the integer \`${raw.slice(0, 24)}\` at character ${offset} is beyond 2^53: send it as text`)
}

/** Undefined for a text that `readJson` refuses. */
export function jsonIn(text: string): util.JSONType | undefined {
  try {
    return readJson(text)
  } catch {
    return undefined
  }
}
