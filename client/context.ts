import type { Api } from './api.ts'
import { type Exit, exits } from './outcome.ts'
import { lines } from './screen.ts'
import type { Settings } from './settings.ts'
import type { Surroundings } from './surroundings.ts'

/** What a verb of a person works with. */
export type Context = {
  api: Api
  settings: Settings
  surroundings: Surroundings
  json: boolean
}

export type IdTyped = { id: string }

/** Prints the result, as one JSON document or as words for people. */
export function show(
  { json, surroundings }: Pick<Context, 'json' | 'surroundings'>,
  body: object,
  words: () => readonly string[],
  exit: Exit = exits.done,
): Exit {
  surroundings.out(json ? `${JSON.stringify(body, null, 2)}\n` : lines(...words()))
  return exit
}
