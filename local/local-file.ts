// Rules: test/local/start.test.ts
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { describeLocal } from './deployment.ts'

/** The content of `local.json`: a running local stack. */
export type Local = ReturnType<typeof describeLocal>

export type LocalClient = Pick<Local['agents'][number], 'id' | 'clientId' | 'privateJwk'>

/** The path of the local identity provider's signals, below an API's address. */
export const signalsPath = '/v1/signals/identity-provider'

/** Writes a file that only this user can read, since it has keys. */
export function writeLocalFile(path: string, local: Local): void {
  rmSync(path, { force: true }) // An existing file would keep its mode.
  writeFileSync(path, `${JSON.stringify(local, null, 2)}\n`, { mode: 0o600 })
}

export const removeLocalFile = (path: string) => rmSync(path, { force: true })

export function readLocalFile(path: string): Local | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Local
  } catch {
    return undefined
  }
}
