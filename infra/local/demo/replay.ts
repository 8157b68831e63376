import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { Entry } from './person.ts'

/** Times are seconds since 1970. */
interface Stage {
  terms: { name: string }
  escalatedAt?: number
  deadline?: number
}

/** The state that entries make, as far as it is compared with what the API says. */
export interface Replayed {
  state?: { status: string; round: number; tier: number; ask: { digest: string }; stages: Stage[] }
  broken?: { at: string; why: string }
  /** The logins that decisions rest on, each verified again. */
  logins?: { entry: string; person?: string; key?: string }[]
}

const verifier = join(import.meta.dirname, '../../../functions/handlers/verify-ledger.ts')

/**
 * Replays a request's entries through Hotwork's own reducer, in a process of its own: infra imports no functions.
 * @param at Seconds since 1970: what any read then finds, if nobody does anything more.
 */
export async function replay(aggregate: string, entries: Entry[], at?: number): Promise<Replayed> {
  const child = spawn(process.execPath, [verifier, ...(at === undefined ? [] : ['--at', String(at)])], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  child.stdin.end(JSON.stringify({ aggregate, entries }))
  return JSON.parse(await text(child.stdout)) as Replayed
}
