// Rules: test/client/ledger/ocsf.test.ts
import * as z from 'zod'

const Ref = z.looseObject({ type: z.string(), id: z.string() })

/** An entry of the record. Members that this version does not know are kept. */
export const Entry = z.looseObject({
  id: z.string(),
  type: z.string(),
  at: z.string(),
  actor: z.looseObject({ type: z.string(), id: z.string(), chain: z.array(z.string()).optional() }),
  parent_task: z.looseObject({ id: z.string(), url: z.string().optional() }).nullish(),
  resource: Ref.nullish(),
  digest: z.string().nullish(),
  policies: z.array(z.string()).default([]),
  bundle: z.string().default(''),
  /** The version of the registry of agents beside the bundle, if an agent was ever changed at run time. */
  registry: z.number().optional(),
  previous: z.string().nullish(),
  facts: z.record(z.string(), z.unknown()).default({}),
  hash: z.string(),
  /** The version of the entry's form; the first version wrote no number. */
  v: z.number().default(1),
})
export type Entry = z.infer<typeof Entry>

/** @param line the JSON of the entry, which a system that reads the export can verify */
export type Line = { entry: Entry; line: string }

/** `<record>/<number>` */
export function splitId(id: string): { record: string; number: number } {
  const cut = id.lastIndexOf('/')
  return { record: id.slice(0, cut), number: Number(id.slice(cut + 1)) }
}
