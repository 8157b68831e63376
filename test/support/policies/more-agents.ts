import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

type Json = { [member: string]: unknown }

/** The sample's policies in a new folder, with more agents and another ladder. */
export function withMoreAgents(folder: string, more: readonly Json[], change: (ladder: Json) => Json): string {
  cpSync(join(import.meta.dirname, '../../../policies'), folder, { recursive: true })
  edit(join(folder, 'agents.json'), ({ agents }) => ({ agents: [...(agents as Json[]), ...more] }))
  edit(join(folder, 'ladder.json'), change)
  return folder
}

/** An entry of `agents.json`, for an agent that is known by its name. */
export const loadAgent = (id: string, owner: string, autonomy: string, runsOn: string): Json => ({
  ...{ id, owner, autonomy, description: 'asks as a clock tells it' },
  identities: [{ issuer: 'workloads', subject: id.replace(':', '-') }],
  runsOn: { other: runsOn },
  recertifyBy: new Date(Date.now() + 170 * 86_400_000).toISOString().slice(0, 10),
})

const edit = (file: string, change: (json: Json) => Json): void =>
  writeFileSync(file, JSON.stringify(change(JSON.parse(readFileSync(file, 'utf8')) as Json), null, 2))
