// Rules: test/client/requests/show.test.ts
import * as z from 'zod'
import type { FoundEntry } from '../../functions/domain/anchor/check-entries.ts'
import { digestOf } from '../../functions/domain/digest.ts'
import { count, type Finding, fails, holds } from './finding.ts'

const Beside = z.looseObject({ text: z.string().optional(), salt: z.string().optional() })
/** The API's member `personal`: by entry and JSON pointer. */
export const Texts = z.record(z.string(), z.record(z.string(), Beside))
export type Texts = z.infer<typeof Texts>

/** Checks each text against the commitment in its entry, since no hash of an entry covers the text. */
export function checkTexts(entries: readonly FoundEntry[], texts: Texts): Finding[] {
  const byId = new Map(entries.map((entry) => [entry.id, entry]))
  const all = Object.entries(texts).flatMap(([entry, beside]) =>
    Object.entries(beside).flatMap(([pointer, { text, salt }]) =>
      text === undefined ? [] : [{ entry, pointer, text, salt }],
    ),
  )
  const wrong = all.filter(({ entry, pointer, text, salt }) => {
    const commitment = valueAt(byId.get(entry), pointer)
    return salt === undefined || commitment === undefined || commitment !== commitmentTo(text, salt)
  })
  if (wrong.length > 0)
    return wrong.map(({ entry, pointer }) => ({
      ...fails('texts', `${entry} has a commitment that does not match its text for \`${pointer}\``),
      entry,
    }))
  return all.length === 0
    ? []
    : [holds('texts', `${count(all.length, 'text')} beside the entries: each matches the commitment in its entry`)]
}

function commitmentTo(text: string, salt: string): string | undefined {
  try {
    return digestOf('hotwork.personal.v1', { salt, text })
  } catch {
    return undefined
  }
}

/** The value at a JSON pointer. Names in the facts of an entry need no escaping. */
function valueAt(entry: FoundEntry | undefined, pointer: string): unknown {
  const [, ...names] = pointer.split('/')
  return names.reduce<unknown>(
    (value, name) =>
      typeof value === 'object' && value !== null && Object.hasOwn(value, name)
        ? (value as { [member: string]: unknown })[name]
        : undefined,
    entry,
  )
}
