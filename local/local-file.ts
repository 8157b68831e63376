import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { describeLocal } from './deployment.ts'

/** What `local.json` says of a running local stack. */
export type Local = ReturnType<typeof describeLocal>

export type LocalClient = Pick<Local['agents'][number], 'id' | 'clientId' | 'privateJwk'>

/** Where the local identity provider's signals go, below an API's address. */
export const signalsPath = '/v1/signals/identity-provider'

/** Only this user can read it: it holds keys. */
export function writeLocalFile(path: string, local: Local): void {
  rmSync(path, { force: true }) // A file that exists would keep its mode.
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
