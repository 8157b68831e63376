// Rules: test/policies/catalogue/verbs.test.ts
import * as z from 'zod'
import { entryOf } from '../../catalogue/described.ts'
import { readLibrary, type Shelved } from '../../catalogue/library.ts'
import { openOf } from '../../catalogue/pins.ts'
import { columns, type Exit, exits, type Io, jsonText } from '../io.ts'

/** Lists the entries that come with Hotwork: with `words`, those that have each in name, title or incident. */
export const Options = z.object({ words: z.array(z.string()).default([]), json: z.boolean() })

export async function run({ words, json }: z.infer<typeof Options>, io: Io): Promise<Exit> {
  const wanted = words.flatMap((each) => each.toLowerCase().split(/\s+/))
  const found = readLibrary(io.library).filter((each) => wanted.every((word) => textOf(each).includes(word)))
  if (json) io.out(jsonText({ entries: found.map(rowOf) }))
  else {
    const rows = found.map((each) => {
      const { name, title, incidents, suggestedTier, open } = rowOf(each)
      return [name, String(suggestedTier), open.join(', ') || '-', title, incidents.join(', ')]
    })
    io.out(columns([['NAME', 'TIER', 'OPEN', 'TITLE', 'FOR'], ...rows]))
    if (found.length === 0) io.err(`no entry of the library has \`${wanted.join(' ')}\` in name, title or incident\n`)
  }
  return exits.done
}

const textOf = ({ entry, incidents }: Shelved): string =>
  [entry.name, entry.title, ...incidents].join('\n').toLowerCase()

const rowOf = ({ entry, incidents, suggestedTier }: Shelved) => ({
  name: entry.name,
  title: entry.title,
  changes: entry.mutates,
  incidents,
  suggestedTier,
  open: openOf(entryOf({ entry })),
})
