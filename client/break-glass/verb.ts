import type { Api } from '../api.ts'
import { type Exit, exits } from '../exit-codes.ts'
import type { KeptOpenings } from '../kept-openings.ts'
import { lines } from '../screen.ts'
import type { Settings } from '../settings.ts'
import type { Surroundings } from '../surroundings.ts'

/** What every verb is given beside what was typed. */
export type Context = {
  api: Api
  settings: Settings
  kept: KeptOpenings
  surroundings: Surroundings
  json: boolean
}

/** The result, as JSON or in words. */
export function show(
  { json, surroundings }: Context,
  body: object,
  words: () => readonly string[],
  exit: Exit = exits.done,
): Exit {
  surroundings.out(json ? `${JSON.stringify(body, null, 2)}\n` : lines(...words()))
  return exit
}
