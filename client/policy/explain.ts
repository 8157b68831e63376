import { join } from 'node:path'
import type { Context } from '../context.ts'
import { writeNew } from '../new-file.ts'
import { type Exit, Fault } from '../outcome.ts'
import { readTimeline } from '../requests/timeline.ts'
import { withBundleFiles } from './bundle-file.ts'
import { runPolicyProgram } from './program.ts'
import { withTemporaryFolder } from './temporary-folder.ts'

export type ExplainTyped = { request: string; under?: string; deployment?: string; json: boolean }

/** Explains the tier of a recorded request, under its own bundle or under other policies. */
export async function explainRequest(typed: ExplainTyped, context: Context): Promise<Exit> {
  const { request, under, deployment, json } = typed
  const { entries } = await readTimeline(request, context)
  const policies = under ?? entries[0]?.bundle
  if (policies === undefined)
    throw new Fault({ code: 'unreadable_answer', title: `the record of ${request} names no policies` })
  const asked = { policies, deployment, json }
  return withTemporaryFolder(async (folder) => {
    const record = join(folder, 'record.ndjson')
    writeNew(record, entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''))
    const run = (found: typeof asked) => runPolicyProgram({ verb: 'explain', record, ...found }, context.surroundings)
    return (await withBundleFiles(asked, () => context, run)) as Exit
  })
}
