import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

type Texts = { readonly [name: string]: string }

const folder = () => process.env['HOTWORK_LOGS'] ?? ''

/** A log of the local stack. */
export const logOf = (file: string): string => readFileSync(join(folder(), file), 'utf8')

/** All logs of the local stack, by file. */
export const logs = (): Texts => Object.fromEntries(readdirSync(folder()).map((file) => [file, logOf(file)]))

/** `secret in place`, for each secret that a place has. */
export const leaks = (secrets: Texts, places: Texts): readonly string[] =>
  Object.entries(places).flatMap(([place, text]) =>
    Object.entries(secrets)
      .filter(([, secret]) => text.includes(secret))
      .map(([name]) => `${name} in ${place}`),
  )
