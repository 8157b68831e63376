import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as z from 'zod'

const Identities = z.array(z.object({ issuer: z.string(), subject: z.string() })).min(1)
const Agents = z.object({
  agents: z.array(z.object({ id: z.string(), owner: z.string(), autonomy: z.string(), identities: Identities })),
})
const Tools = z.object({ tools: z.array(z.object({ id: z.string(), identities: Identities })) })
const Directory = z.object({
  people: z.array(z.object({ id: z.string(), name: z.string(), identities: Identities, slack: z.string().optional() })),
  groups: z.record(z.string(), z.array(z.string())),
})
const Ladder = z.object({ tiers: z.array(z.object({ stages: z.array(z.object({ channel: z.string() })) })) })
const Action = z.object({ account: z.string().optional() })

/** Who is in a policy folder, and the aliases in it that a deployment must give a meaning. */
export interface Organisation {
  agents: { id: string; owner: string; autonomy: string; subject: string }[]
  tools: { id: string; subject: string }[]
  people: { id: string; name: string; groups: string[]; slackUserId: string | undefined; subject: string }[]
  /** Aliases of the issuers of agents' and tools' identities, and of people's. */
  workloadIssuers: string[]
  peopleIssuers: string[]
  channels: string[]
  accounts: string[]
}

/**
 * Reads what the local stack must know of a policy folder. That the folder is right is judged when the app is
 * synthesized; here only what is used is looked at.
 * @throws An error that names the file and the member that is not as expected.
 */
export function readOrganisation(folder: string): Organisation {
  const { agents } = readJson(join(folder, 'agents.json'), Agents)
  const { tools } = readJson(join(folder, 'tools.json'), Tools)
  const { people, groups } = readJson(join(folder, 'directory.json'), Directory)
  const { tiers } = readJson(join(folder, 'ladder.json'), Ladder)
  const actions = readdirSync(join(folder, 'actions'))
    .filter((name) => name.endsWith('.json'))
    .map((name) => readJson(join(folder, 'actions', name), Action))

  return {
    agents: agents.map(({ id, owner, autonomy, identities }) => ({
      id,
      owner,
      autonomy,
      subject: firstOf(identities),
    })),
    tools: tools.map(({ id, identities }) => ({ id, subject: firstOf(identities) })),
    people: people.map(({ id, name, slack, identities }) => ({
      id,
      name,
      groups: Object.keys(groups).filter((group) => groups[group]?.includes(id)),
      slackUserId: slack,
      subject: firstOf(identities),
    })),
    workloadIssuers: distinct([...agents, ...tools].flatMap(issuersOf)),
    peopleIssuers: distinct(people.flatMap(issuersOf)),
    channels: distinct(tiers.flatMap(({ stages }) => stages.map(({ channel }) => channel))),
    accounts: distinct(actions.flatMap(({ account }) => account ?? [])),
  }
}

function readJson<T>(path: string, schema: z.ZodType<T>): T {
  const { success, data, error } = schema.safeParse(JSON.parse(readFileSync(path, 'utf8')))
  if (success) return data
  throw new Error(`${path} is not as the local stack expects it:\n${z.prettifyError(error)}`)
}

const firstOf = (identities: z.infer<typeof Identities>) => (identities[0] as { subject: string }).subject
const issuersOf = ({ identities }: { identities: z.infer<typeof Identities> }) => identities.map(({ issuer }) => issuer)
const distinct = (values: string[]) => [...new Set(values)]
