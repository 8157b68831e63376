import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../../infra/local/cdk.ts'

type Json = { [member: string]: unknown }

const names = (kind: string, count: number) => Array.from({ length: count }, (_, n) => `agent:load-${kind}-${n}`)
/** Each owned by a person who decides none of their requests. */
export const builders = names('builder', 24)
export const remediators = names('remediator', 24)

/** The sample's policies with more agents, and more room for requests that wait: people are asked more than they would bear. */
export function loadPolicies(folder: string): string {
  rmSync(folder, { recursive: true, force: true })
  cpSync(join(root, 'policies'), folder, { recursive: true })
  const agent = (owner: string, autonomy: string) => (id: string) => ({
    ...{ id, owner, autonomy, description: 'asks without end' },
    identities: [{ issuer: 'workloads', subject: id.replace(':', '-') }],
    runsOn: { other: 'the load' },
    recertifyBy: '2030-12-31',
  })
  edit(join(folder, 'agents.json'), ({ agents }) => ({
    agents: [
      ...(agents as Json[]),
      ...builders.map(agent('person:lena', 'supervised')),
      ...remediators.map(agent('person:dan', 'autonomous')),
    ],
  }))
  edit(join(folder, 'ladder.json'), ({ limits, ...ladder }) => ({
    ...ladder,
    limits: { ...(limits as Json), openPerAgent: 1000, openPerOwner: 5000 },
  }))
  return folder
}

const edit = (file: string, change: (json: Json) => Json): void =>
  writeFileSync(file, JSON.stringify(change(JSON.parse(readFileSync(file, 'utf8')) as Json), null, 2))
