import { join } from 'node:path'
import type { Context } from '../context.ts'
import { exportLedger } from '../ledger/export.ts'
import { type Exit, wrongUsage } from '../outcome.ts'
import type { Surroundings } from '../surroundings.ts'
import { runPolicyProgram } from './program.ts'
import { withTemporaryFolder } from './temporary-folder.ts'

export type ReplayTyped = { new: string; ledger?: string; since?: string; deployment?: string; json: boolean }

/** Replays an exported ledger. @throws Refusal where none is named */
export function replayFile({ new: policies, ledger, deployment, json }: ReplayTyped, surroundings: Surroundings) {
  if (ledger === undefined)
    throw wrongUsage(
      'there is no ledger to replay',
      'give `--ledger FILE`, which `hotwork ledger export` wrote, or `--since 30d` for that of your Hotwork',
    )
  return runPolicyProgram({ verb: 'replay', policies, ledger, deployment, json }, surroundings)
}

/** Replays the ledger of this Hotwork, which is fetched whole first: a part is never taken for all. */
export const replaySince = ({ since = '', ...typed }: ReplayTyped, context: Context): Promise<Exit> =>
  withTemporaryFolder(async (folder) => {
    const ledger = join(folder, 'ledger.ndjson')
    // What is older than a minute is in the index.
    await exportLedger({ since, until: '1m', format: 'ndjson', out: ledger }, { ...context, json: false })
    return (await replayFile({ ...typed, ledger }, context.surroundings)) as Exit
  })
