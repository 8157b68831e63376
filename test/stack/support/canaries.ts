import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

type Texts = { readonly [name: string]: string }

/** The logs of the local stack, by file. */
export function logs(): Texts {
  const folder = process.env['HOTWORK_LOGS'] ?? ''
  return Object.fromEntries(readdirSync(folder).map((file) => [file, readFileSync(join(folder, file), 'utf8')]))
}

/** `secret in place`, for each secret that a place has. */
export const leaks = (secrets: Texts, places: Texts): readonly string[] =>
  Object.entries(places).flatMap(([place, text]) =>
    Object.entries(secrets)
      .filter(([, secret]) => text.includes(secret))
      .map(([name]) => `${name} in ${place}`),
  )
