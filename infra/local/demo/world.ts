import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm'
import { Hotwork } from '../../../examples/remediator/hotwork.ts'
import { readRequestFile } from '../../../examples/remediator/request-file.ts'
import type { Ask } from '../../../examples/remediator/wire.ts'
import { clientSettings } from '../emulator.ts'
import type { Local } from '../local-file.ts'
import { DeskClient } from './desk-client.ts'
import { Person } from './person.ts'
import type { Report } from './report.ts'

const sample = join(import.meta.dirname, '../../../policies')

/** How long the first people of a stage have, and then the wider circle: minutes in the sample, which nobody waits for. */
const quick = { deadline: 'PT8S', onSilence: 'PT30S' }

type Stage = { deadline: string; onSilence: 'expire' | { escalateTo: string; deadline: string }; remind?: object }
type Ladder = { tiers: { stages: Stage[] }[] }

/**
 * The sample's policies in a folder of their own, with seconds instead of minutes for people to answer, and nothing else
 * changed: a stage that nobody answers can then be watched.
 */
function quickPolicies(folder: string): string {
  rmSync(folder, { recursive: true, force: true })
  cpSync(sample, folder, { recursive: true })
  const file = join(folder, 'ladder.json')
  const ladder = JSON.parse(readFileSync(file, 'utf8')) as Ladder
  const tiers = ladder.tiers.map((tier) => ({ ...tier, stages: tier.stages.map(hurry) }))
  writeFileSync(file, JSON.stringify({ ...ladder, tiers }, null, 2))
  return folder
}

/** Reminders would come after the end. */
const hurry = ({ remind: _, ...stage }: Stage): Stage => ({
  ...stage,
  deadline: quick.deadline,
  onSilence: stage.onSilence === 'expire' ? 'expire' : { ...stage.onSilence, deadline: quick.onSilence },
})

/** A parameter's value as the local administrator sees it: what is really there, whoever claims to have done what. */
export async function readParameter(aws: Local['aws'], name: string): Promise<string | undefined> {
  const ssm = new SSMClient(clientSettings(aws))
  const { Parameter } = await ssm.send(new GetParameterCommand({ Name: name }))
  ssm.destroy()
  return Parameter?.Value
}

/** Everyone and everything in the demo. */
export interface World {
  local: Local
  report: Report
  desk: DeskClient
  /** The same organisation where people have seconds to answer, deployed when it is asked for. */
  quick(): Promise<World>
  /** Where a run leaves what is to be looked at afterwards. */
  folder: string
  /** Where the checkout service says how it is. */
  healthUrl: string
  people: Person[]
  /** Any person may read; this one does, and decides nothing. */
  reader: Person
  /** An agent with a key of its own, the same one each time. */
  agent(id: string): Promise<Hotwork>
  person(id: string): Person
  /** An example request by its file's name, with the ARNs of this stack. */
  example(name: string): Ask
}

/** The folder with the example requests and the table of what they come to. */
export const requestsFolder = join(import.meta.dirname, '../../../examples/requests')

type Places = Pick<World, 'healthUrl' | 'folder'> & {
  /** Deploys another Hotwork beside this one. */
  deploy(choice: { stackName: string; policies: string }): Promise<Local>
}

export function createWorld(local: Local, report: Report, { deploy, ...places }: Places): World {
  const people = local.people.map((client) => new Person(client, local))
  const agents = new Map<string, Promise<Hotwork>>()
  const world: World = {
    local,
    report,
    desk: new DeskClient(local.slack),
    ...places,
    async quick() {
      const policies = quickPolicies(join(places.folder, 'quick-policies'))
      return createWorld(await deploy({ stackName: 'Quick', policies }), report, { deploy, ...places })
    },
    people,
    reader: people.find(({ groups }) => groups.includes('platform')) ?? (people[0] as Person),
    agent(id) {
      const agent = agents.get(id) ?? connect(local, id)
      agents.set(id, agent)
      return agent
    },
    person(id) {
      const person = people.find((each) => each.id === id)
      if (person) return person
      throw new Error(`the organisation has no ${id}; it has ${people.map((each) => each.id).join(', ')}`)
    },
    example: (name) => readAsk(join(requestsFolder, `${name}.json`), local),
  }
  return world
}

function connect(local: Local, id: string): Promise<Hotwork> {
  const agent = local.agents.find((each) => each.id === id)
  if (!agent) throw new Error(`the organisation has no ${id}; it has ${local.agents.map((each) => each.id).join(', ')}`)
  const { apiUrl, identityProviderUrl, aws } = local
  return Hotwork.connect({ apiUrl, identityProviderUrl, agent, aws: { region: aws.region, endpoint: aws.endpointUrl } })
}

/** The examples name the emulator's own account and region; with an emulator of the caller's these may be others. */
export function readAsk(path: string, { aws }: Pick<Local, 'aws'>): Ask {
  const text = JSON.stringify(readRequestFile(path))
  return JSON.parse(text.replaceAll('us-east-1:000000000000', `${aws.region}:${aws.accountId}`)) as Ask
}
