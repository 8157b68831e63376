// Rules: test/policies/catalogue/verbs.test.ts
import * as z from 'zod'
import { type Exit, exits, type Io, jsonText } from '../io.ts'
import { shelvedAs } from './shelved-as.ts'
import { writeEntries, writtenText } from './write-entries.ts'

/** Writes entries of the library into a policy folder. It never overwrites. */
export const Options = z.object({
  names: z.array(z.string()).min(1),
  policies: z.string().default('policies'),
  /** An alias of the deployment file, in place of its `TODO`. */
  account: z.string().optional(),
  json: z.boolean(),
})

export async function run({ names, policies, account, json }: z.infer<typeof Options>, io: Io): Promise<Exit> {
  const shelved = [...new Set(names)].map((name) => shelvedAs(name, io))
  const entries = shelved.map(({ entry, notes }) => ({
    ...{ name: entry.name, notes },
    entry: account === undefined ? entry : { ...entry, account },
  }))
  const written = writeEntries(entries, policies)
  io.out(json ? jsonText({ written }) : writtenText(written))
  return exits.done
}
