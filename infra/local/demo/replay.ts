import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { Entry } from './person.ts'

/** The state that entries make, as far as it is compared with what the API says. */
export interface Replayed {
  state?: { status: string; round: number; tier: number; ask: { digest: string }; stages: unknown[] }
  broken?: { at: string; why: string; until?: number }
  /** The logins that decisions rest on, each verified again. */
  logins?: { entry: string; person?: string; key?: string }[]
}

const verifier = join(import.meta.dirname, '../../../functions/handlers/verify-ledger.ts')

/** Replays a request's entries through Hotwork's own reducer, in a process of its own: infra imports no functions. */
export async function replay(aggregate: string, entries: Entry[]): Promise<Replayed> {
  const child = spawn(process.execPath, [verifier], { stdio: ['pipe', 'pipe', 'inherit'] })
  child.stdin.end(JSON.stringify({ aggregate, entries }))
  return JSON.parse(await text(child.stdout)) as Replayed
}
