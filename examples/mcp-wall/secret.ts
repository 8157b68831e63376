import { readFileSync } from 'node:fs'

/** The secret of the store, from the file that `STORE_SECRET_FILE` names, or `STORE_SECRET` itself. */
export function readSecret(): string {
  const { STORE_SECRET_FILE: file, STORE_SECRET: secret } = process.env
  const found = (file ? readFileSync(file, 'utf8') : secret)?.trim()
  if (!found) throw new Error('name a file with the secret of the store in STORE_SECRET_FILE')
  return found
}
