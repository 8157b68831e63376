// Rules: test/policies/catalogue/verbs.test.ts
import * as z from 'zod'
import { describe } from '../../catalogue/described.ts'
import { type Exit, exits, type Io, jsonText } from '../io.ts'
import { shelvedAs } from './shelved-as.ts'

/** Describes one entry of the library; as JSON with the entry itself. */
export const Options = z.object({ name: z.string(), json: z.boolean() })

export async function run({ name, json }: z.infer<typeof Options>, io: Io): Promise<Exit> {
  const shelved = shelvedAs(name, io)
  const { pins, todos, lines } = describe(shelved)
  const { entry, incidents, suggestedTier, undoneBy, example, notes } = shelved
  if (json)
    io.out(jsonText({ name: entry.name, incidents, suggestedTier, undoneBy, example, notes, pins, todos, entry }))
  else io.out(lines.map((line) => `${line}\n`).join(''))
  return exits.done
}
