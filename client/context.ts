import type { Api } from './api.ts'
import { type Exit, exits, wrongUsage } from './outcome.ts'
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

/** What goes into ~/.aws/config so that AWS's tools run a verb of this program for their credentials. */
export function profileOf(
  verb: readonly string[],
  { apiUrl, as, localAws }: Pick<Settings, 'apiUrl' | 'as' | 'localAws'>,
  { program }: Pick<Surroundings, 'program'>,
): { credential_process: string; lines: string[] } {
  // Whole paths: AWS's tools run it in another folder, and another Node may be first on the PATH there.
  const words = [
    process.execPath,
    program.file,
    ...verb,
    ...['--api', apiUrl],
    ...(as === undefined ? [] : ['--as', as]),
  ]
  // Some of AWS's tools have a shell run it: within the quotes these would be read as something else.
  const odd = words.find((word) => /["$`\p{C}]/u.test(word) || (word.includes('\\') && process.platform !== 'win32'))
  if (odd !== undefined)
    throw wrongUsage(
      `\`${odd}\` cannot stand in a profile of AWS`,
      'a shell may run that line, and would read its quotes, `$`, backquotes or backslashes: use a path and names without them',
    )
  const credential_process = words.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `"${word}"`)).join(' ')
  return {
    credential_process,
    lines: [
      '[profile hotwork]',
      `credential_process = ${credential_process}`,
      ...(localAws ? [`region = ${localAws.region}`, `endpoint_url = ${localAws.endpointUrl}`] : []),
    ],
  }
}
