// Rules: test/client/requests/next-lines.test.ts, test/client/requests/credentials.test.ts
import type { Api } from './api.ts'
import { type Exit, exits } from './outcome.ts'
import { jsonText, lines } from './screen.ts'
import type { Settings } from './settings.ts'
import type { Surroundings } from './surroundings.ts'

/** The context of a person's verb. */
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

/** The next command for the same person or agent, as typed. `behind` is another program's command. */
export const nextCommand = (words: string, { as }: Pick<Settings, 'as'>, behind = ''): string =>
  `npx --no-install hotwork ${words}${as === undefined ? '' : ` --as ${as}`}${behind}`

/** The words by which another program, such as an AWS tool or `kubectl`, runs a verb of this one. */
export const wordsOf = (
  verb: readonly string[],
  { apiUrl, as }: Pick<Settings, 'apiUrl' | 'as'>,
  { program }: Pick<Surroundings, 'program'>,
): readonly [string, ...string[]] => [
  // Absolute paths: it is run in another folder, and another Node may be first on the PATH there.
  process.execPath,
  program.file,
  ...verb,
  ...['--api', apiUrl],
  ...(as === undefined ? [] : ['--as', as]),
]

/** The profile for ~/.aws/config by which AWS's tools run a verb of this program for their credentials. */
export function profileOf(
  verb: readonly string[],
  { localAws, ...settings }: Pick<Settings, 'apiUrl' | 'as' | 'localAws'>,
  { program, platform }: Pick<Surroundings, 'program' | 'platform'>,
): { credential_process: string; lines: string[] } {
  const words = wordsOf(verb, settings, { program })
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

/** Quotes a word for AWS tools that split the line themselves and for those that use a shell. */
function quoted(word: string, platform: NodeJS.Platform): string {
  if (/^[\w@%+=:,./-]+$/.test(word)) return word
  return platform === 'win32' ? `"${word}"` : `'${word.replaceAll("'", `'\\''`)}'`
}
