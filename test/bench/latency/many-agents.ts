import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '../../..')

export const agentName = (n: number): string => `agent:bench-${n}`

/**
 * The sample's policies with so many agents more, each of which may ask as often as the load needs and never shares a card.
 * A flag's grant has a thousand uses.
 */
export function manyAgents(folder: string, count: number): string {
  cpSync(join(root, 'policies'), folder, { recursive: true })
  edit(join(folder, 'agents.json'), ({ agents }) => ({
    agents: [...(agents as object[]), ...Array.from({ length: count }, (_, n) => agentOf(n))],
  }))
  edit(join(folder, 'ladder.json'), (ladder) => ({
    ...(JSON.parse(JSON.stringify(ladder), (member, value) => (member === 'uses' ? 1000 : value)) as Json),
    limits: {
      ...{ openPerAgent: 1000, openPerOwner: 5000, burst: 100 },
      submissions: rate,
      evaluations: rate,
      heldReads: rate,
    },
  }))
  return folder
}

const rate = { perMinute: 60_000, burst: 10_000 }

const agentOf = (n: number) => ({
  id: agentName(n),
  description: 'asks as a clock tells it',
  identities: [{ issuer: 'workloads', subject: `agent-bench-${n}` }],
  owner: 'person:dan',
  autonomy: 'autonomous',
  runsOn: { other: 'the bench' },
  recertifyBy: '2030-12-31',
})

type Json = { [member: string]: unknown }

const edit = (file: string, change: (json: Json) => Json): void =>
  writeFileSync(file, JSON.stringify(change(JSON.parse(readFileSync(file, 'utf8')) as Json), null, 2))
