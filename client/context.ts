import type { Api } from './api.ts'
import { type Exit, exits } from './outcome.ts'
import { jsonText, lines } from './screen.ts'
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
  surroundings.out(json ? jsonText(body) : lines(...words()))
  return exit
}

/** A command as it is typed next, by the same person or agent. `behind` is another program's. */
export const nextCommand = (words: string, { as }: Pick<Settings, 'as'>, behind = ''): string =>
  `npx --no-install hotwork ${words}${as === undefined ? '' : ` --as ${as}`}${behind}`

/** What goes into ~/.aws/config so that AWS's tools run a verb of this program for their credentials. */
export function profileOf(
  verb: readonly string[],
  { apiUrl, as, localAws }: Pick<Settings, 'apiUrl' | 'as' | 'localAws'>,
  { program, platform }: Pick<Surroundings, 'program' | 'platform'>,
): { credential_process: string; lines: string[] } {
  // Whole paths: AWS's tools run it in another folder, and another Node may be first on the PATH there.
  const words = [
    process.execPath,
    program.file,
    ...verb,
    ...['--api', apiUrl],
    ...(as === undefined ? [] : ['--as', as]),
  ]
  const credential_process = words.map((word) => quoted(word, platform)).join(' ')
  return {
    credential_process,
    lines: [
      '[profile hotwork]',
      `credential_process = ${credential_process}`,
      ...(localAws ? [`region = ${localAws.region}`, `endpoint_url = ${localAws.endpointUrl}`] : []),
    ],
  }
}

/** Some of AWS's tools split the line by themselves and some have a shell run it: both take a word in these quotes as it is. */
function quoted(word: string, platform: NodeJS.Platform): string {
  if (/^[\w@%+=:,./-]+$/.test(word)) return word
  return platform === 'win32' ? `"${word}"` : `'${word.replaceAll("'", `'\\''`)}'`
}
