// Rules: test/local/examples/request-file.test.ts
import { join } from 'node:path'
import { GetParameterCommand, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm'
import { AgentApi } from '../../client/agent/agent-api.ts'
import { type Identity, resolveIdentity } from '../../client/identity/identity.ts'
import { Hotwork, type HotworkOptions } from '../../client/index.ts'
import { localLogin } from '../../client/login/login.ts'
import { readRequestFile } from '../../client/requests/request-file.ts'
import { startCheckoutService } from '../../examples/checkout-service/checkout-service.ts'
import type { Ask } from '../../functions/domain/cards/wire/task.ts'
import { clientSettings } from '../emulator.ts'
import type { Local } from '../local-file.ts'
import type { LocalStack } from '../stack.ts'
import { newProver, quietMachine } from './calls.ts'
import { DeskClient } from './desk-client.ts'
import { Person } from './person.ts'
import type { Report } from './report.ts'

const root = join(import.meta.dirname, '../..')

const requestsFolder = join(root, 'examples/requests')
export const plansFolder = join(root, 'examples/plan')

export interface RunningStack {
  local: Local
  /** The folder of files to inspect after the run. */
  folder: string
  /** Absent if another program runs the stack. */
  deploy?: LocalStack['deploy']
}

type Work = (world: World) => Promise<void>

/** Runs the checkout service beside the stack during `work`. */
export async function withWorld(stack: RunningStack, report: Report, work: Work): Promise<void> {
  const checkout = await startCheckoutService({ aws: clientSettings(stack.local.aws) })
  try {
    await work(createWorld(stack, report, `${checkout.url}/health`))
  } finally {
    await checkout.close()
  }
}

export type World = ReturnType<typeof createWorld>

function createWorld(stack: RunningStack, report: Report, healthUrl: string) {
  const { local } = stack
  const people = local.people.map((client) => new Person(client, local))
  const agents = new Map<string, Promise<AgentApi>>()
  /** By these AWS SDK clients find the emulator, with a credential from Hotwork. */
  const { region, endpointUrl } = local.aws
  const aws = { region, ...(endpointUrl !== '' && { endpoint: endpointUrl }) }

  /** An agent with a key of its own, which is kept between calls. */
  function agent(id: string): Promise<AgentApi> {
    const identity = workloadIdentity(local, id)
    const connect = async () => new AgentApi({ issuer: local.apiUrl, identity, prove: await newProver() })
    const agent = agents.get(id) ?? connect()
    agents.set(id, agent)
    return agent
  }

  return {
    stack,
    local,
    report,
    healthUrl,
    people,
    aws,
    agent,
    /** The client that agents' authors use. */
    client: (id: string, options: HotworkOptions) =>
      new Hotwork({ issuer: local.apiUrl, identity: loginOf(local, id), ...options }),
    desk: new DeskClient(local.slack),
    /** A person who only reads. */
    reader: people.find(({ groups }) => groups.includes('platform')) ?? (people[0] as Person),
    person: (id: string) => named(people, id),
    /** An example request by its file's name, with the ARNs of this stack. */
    example: (name: string) => readAsk(join(requestsFolder, `${name}.json`), local),
  }
}

/** The workload identity of an agent or a tool. */
const workloadIdentity = (local: Local, id: string): Identity => resolveIdentity(loginOf(local, id), quietMachine)

function loginOf({ agents, newcomers, tools, identityProviderUrl, issuer }: Local, id: string): () => Promise<string> {
  const workload = named([...agents, ...newcomers, ...tools], id)
  return () => localLogin(identityProviderUrl, workload, issuer)({})
}

/** @throws if the organisation has none with this id */
export function named<T extends { id: string }>(all: readonly T[], id: string): T {
  const found = all.find((each) => each.id === id)
  if (found) return found
  throw new Error(`the organisation has no ${id}; it has ${all.map((each) => each.id).join(', ')}`)
}

/** Reads an ask with the emulator's account and Region, which may differ from the example's. */
export function readAsk(path: string, { aws }: Pick<Local, 'aws'>): Ask {
  const text = JSON.stringify(readRequestFile(path))
  return JSON.parse(text.replaceAll('us-east-1:000000000000', `${aws.region}:${aws.accountId}`)) as Ask
}

/** The parameter's value, read by the local administrator. */
export async function readParameter({ aws }: Local, name: unknown): Promise<string | undefined> {
  const ssm = new SSMClient(clientSettings(aws))
  const { Parameter } = await ssm.send(new GetParameterCommand({ Name: String(name) }))
  ssm.destroy()
  return Parameter?.Value
}

/** Sets the parameter by hand, as the local administrator. */
export async function setParameter({ aws }: Local, name: unknown, value: string): Promise<void> {
  const ssm = new SSMClient(clientSettings(aws))
  await ssm.send(new PutParameterCommand({ Name: String(name), Value: value, Type: 'String', Overwrite: true }))
  ssm.destroy()
}
