import { GetFunctionConfigurationCommand, LambdaClient } from '@aws-sdk/client-lambda'
import { decodeJwt } from 'jose'
import type { AgentApi } from '../../../client/agent/agent-api.ts'
import type { Ask } from '../../../functions/domain/cards/wire/task.ts'
import { clientSettings } from '../../emulator.ts'
import { askApproved } from '../asking.ts'
import { call, newProver } from '../calls.ts'
import { finding, refused } from '../findings.ts'
import type { Person } from '../person.ts'
import type { Report } from '../report.ts'
import { named, type World, workloadIdentity } from '../world.ts'

/** Runs the flag service meanwhile. @param work is given the service's address and audience */
export async function withFlagService(
  { local, report }: World,
  work: (service: string, audience: string) => Promise<void>,
): Promise<void> {
  // It imports the package as its authors would, which `npm run build` makes.
  const { startFlagService } = await import('../../../examples/flag-service/flag-service.ts')
  const tool = named(local.tools, 'tool:flag-service')
  const [address = ''] = tool.addresses
  const service = await startFlagService({
    address,
    issuer: local.issuer,
    identity: () => workloadIdentity(local, tool.id)(local.issuer),
    log: (line) => report.note(`the flag service: ${line}`),
  })
  try {
    await work(service.url, tool.audience)
  } finally {
    await service.close()
  }
}

export const tellFlags = (world: World): Promise<void> =>
  withFlagService(world, async (service, audience) => {
    const { report } = world
    const agent = await world.agent('agent:builder')
    const ask = world.example('prod-express-checkout-flag')
    const { value } = ask.action.properties
    const url = addressOf(service, ask.action)

    const id = await report.expect('a build bot asks to set a flag in prod, and one owner is enough', async () => {
      const { id, settled, found } = await askApproved(world, agent, ask)
      return finding(settled.task.status === 'approved' && settled.hotwork.tier === 1, found, id)
    })
    const token = await report.expect('the access token is for the flag service alone', async () => {
      const { access_token, expires_in } = await agent.exchangeToken(id)
      const { aud } = decodeJwt(access_token)
      return finding(aud === audience, `aud ${aud}, for ${expires_in} s`, access_token)
    })
    await tellWrongUses(report, { agent, token, url, value })
    await tellRightUse(world, { agent, token, url, value }, id)
  })

/** What proves that the caller holds the key of an access token. */
type Prover = Pick<AgentApi, 'prove'>
type FlagSet = { environment: string; flag: string; value: unknown; use: string; uses_left: number }

/** The address of the flag that a request is for. @param service Such as `http://127.0.0.1:PORT`. */
export const addressOf = (service: string, { properties }: Ask['action']): string =>
  `${service}/flags/${properties['environment']}/${properties['flag']}`

/** @throws Refusal of the tool or the gate */
export function setFlag(agent: Prover | undefined, accessToken: string, url: string, value: unknown): Promise<FlagSet> {
  const prepare = async () => ({
    headers: {
      authorization: `DPoP ${accessToken}`,
      'content-type': 'application/json',
      ...(agent && { dpop: await agent.prove('PUT', url, accessToken) }),
    },
    body: JSON.stringify({ value }),
  })
  return call({ method: 'PUT', url, prepare })
}

/** `undefined` when it is not set yet. */
async function readFlag(url: string): Promise<unknown> {
  const answer = await fetch(url)
  return answer.status === 404 ? undefined : ((await answer.json()) as { value: unknown }).value
}

type Held = { agent: AgentApi; token: string; url: string; value: unknown }

const notApproved = '403 arguments_mismatch'

/** While the one use is still there. */
async function tellWrongUses(report: Report, { agent, token, url, value }: Held): Promise<void> {
  const other = url.replace(/[^/]+$/, 'one-click-refunds')
  await report.expect('the same token at another flag is refused: that was not approved', async () => {
    const no = await refused(notApproved, () => setFlag(agent, token, other, value))
    const now = await readFlag(other)
    return finding(no.held && now === undefined, `${no.found}; the other flag: ${now ?? 'not there'}`)
  })
  await report.expect('so is another value for the same flag', () =>
    refused(notApproved, () => setFlag(agent, token, url, 'for some')),
  )
  await report.expect('a token sent without a proof is refused by the tool itself', () =>
    refused('401 invalid_dpop_proof', () => setFlag(undefined, token, url, value)),
  )
  await report.expect('a thief of the token has not the key: a proof with another one is refused', async () => {
    const thief = { prove: await newProver() }
    return refused('403 key_mismatch', () => setFlag(thief, token, url, value))
  })
}

async function tellRightUse({ report, reader }: World, { agent, token, url, value }: Held, id: string): Promise<void> {
  await report.expect('with the token and a proof of the agent’s key, the flag is set, once', async () => {
    const before = await readFlag(url)
    const sentAt = Date.now()
    const set = await setFlag(agent, token, url, value)
    report.latency('flag set through the gate', Date.now() - sentAt)
    const held = set.value === value && set.uses_left === 0 && (await readFlag(url)) === value
    const was = `it was ${before ?? 'not there'} and is ${set.value}`
    return finding(held, `${was}, as ${set.use}; uses left: ${set.uses_left}`)
  })
  await report.expect('a second use is refused, with a fresh proof and all', () =>
    refused('403 uses_exhausted', () => setFlag(agent, token, url, value)),
  )
  await report.expect('the record has the use, begun and ended by the tool', async () => {
    const uses = await usesOf(reader, id)
    const types = uses.map(({ type }) => type).join()
    const held = types === 'UseBegun,UseEnded' && uses.every(({ actor }) => actor.type === 'tool')
    const said = uses.map(({ type, actor, facts }) => `${type} by ${actor.id} ${facts['outcome'] ?? ''}`.trim())
    return finding(held, said.join('; '))
  })
  await report.expect('the agent completes the task, and its token is nothing at the flag service', async () => {
    await agent.complete(id, 'succeeded', `the flag is ${value}`)
    return refused('403 completed', () => setFlag(agent, token, url, value))
  })
}

const usesOf = async (reader: Person, id: string) =>
  (await reader.ledger(id)).filter(({ type }) => type === 'UseBegun' || type === 'UseEnded')

export async function tellMediated(world: World): Promise<void> {
  const { report, local } = world
  const agent = await world.agent('agent:remediator')
  const ask = world.example('prod-worker-timeout')
  const { FunctionName, Timeout } = ask.action.properties as { FunctionName: string; Timeout: number }
  const lambda = new LambdaClient(clientSettings(local.aws))
  const timeoutNow = async () => (await lambda.send(new GetFunctionConfigurationCommand({ FunctionName }))).Timeout

  const id = await report.expect('no credential will leave anything open: there will be none', async () => {
    const { id, settled, found } = await askApproved(world, agent, ask)
    return finding(settled.task.status === 'approved' && settled.hotwork.unpinned.length === 0, found, id)
  })
  const { access_token } = await agent.exchangeToken(id)
  await report.expect('no AWS credentials are given out for it', () =>
    refused('400 mediated', () => agent.awsCredentials(access_token)),
  )
  await report.expect('Hotwork makes the call, and the agent gets the answer of AWS', async () => {
    const before = await timeoutNow()
    const sentAt = Date.now()
    const { output } = await agent.awsCall(access_token)
    report.latency('mediated call', Date.now() - sentAt)
    const held = output['Timeout'] === Timeout && (await timeoutNow()) === Timeout
    return finding(held, `the timeout was ${before} s and is ${output['Timeout']} s; no environment in the answer`)
  })
  await report.expect('it is made once: asked again, Hotwork says how it went', () =>
    refused('403 uses_exhausted', () => agent.awsCall(access_token), /succeeded/),
  )
  await report.expect('the record has the call, begun before it was made and ended after', async () => {
    const uses = await usesOf(world.reader, id)
    const said = uses.map(({ type, facts }) => `${type} ${facts['outcome'] ?? ''}`.trim()).join(', ')
    return finding(said === 'UseBegun, UseEnded succeeded', said)
  })
  await agent.complete(id, 'succeeded', `the timeout is ${Timeout} s`)
  lambda.destroy()
}
