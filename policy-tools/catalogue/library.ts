// Rules: test/policies/catalogue/library.test.ts
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as z from 'zod'

/** The incidents that the library is for. */
export const incidents = [
  'a wrong parameter',
  'a wrong flag',
  'a wrong item',
  'a bad release',
  'overload',
  'a stuck host or task',
  'a poisoned queue',
  'bad traffic',
  'a sick database',
  'a leaked secret',
  'a runaway schedule',
  'an open door',
] as const

/** An entry as the library keeps it: `entry` goes into a policy folder, and the rest is for its author. */
const Shelved = z.strictObject({
  incidents: z.array(z.enum(incidents)).min(1),
  suggestedTier: z.int().min(0).max(3),
  /** The entries that undo it, by name. */
  undoneBy: z.array(z.string()).default([]),
  /** The author's choices and the effects that no other member says. */
  notes: z.array(z.string()).default([]),
  /** Tests judge the statement by its example. */
  entry: z.looseObject({
    name: z.string(),
    title: z.string(),
    mutates: z.boolean(),
    example: z.strictObject({ arguments: z.record(z.string(), z.json()) }),
  }),
})
export type Shelved = z.infer<typeof Shelved> & { file: string; text: string; example: object }

/** The library, by file name. */
export const readLibrary = (folder: string): readonly Shelved[] =>
  readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .toSorted()
    .map((file) => {
      const shelved = Shelved.parse(JSON.parse(readFileSync(join(folder, file), 'utf8')))
      return { ...shelved, file, text: entryText(shelved.entry), example: shelved.entry.example.arguments }
    })

/** An entry as a policy folder has it. */
export const entryText = (entry: object): string => `${JSON.stringify(entry, null, 2)}\n`

/** The file of an entry in `actions/` of a policy folder: `ecs:UpdateService` is in `ecs.update-service.json`. */
export function fileOf(name: string): string {
  const [service, operation = ''] = name.split(':')
  const words = operation.replace(/([a-z0-9])([A-Z])|([A-Z])(?=[A-Z][a-z])/g, (_, before, after, last) =>
    last ? `${last}-` : `${before}-${after}`,
  )
  return `${service}.${words.toLowerCase()}.json`
}
