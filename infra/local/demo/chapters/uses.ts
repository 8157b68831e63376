import { GetFunctionConfigurationCommand, LambdaClient } from '@aws-sdk/client-lambda'
import { decodeJwt } from 'jose'
import { addressOf, readFlag, setFlag } from '../../../../examples/flag-agent/set-flag.ts'
import { startFlagService } from '../../../../examples/flag-service/flag-service.ts'
import { workloadTokens } from '../../../../examples/flag-service/gate.ts'
import { Hotwork } from '../../../../examples/remediator/hotwork.ts'
import { readAnswer } from '../../../../examples/remediator/wire.ts'
import { clientSettings } from '../../emulator.ts'
import { approveThrough, askFor, describeTask } from '../asking.ts'
import { finding, type Report, refusedByHotwork } from '../report.ts'
import type { World } from '../world.ts'

/** A tool that is not AWS's, and changes nothing but through the gate. */
export const tellFlags = (world: World): Promise<void> =>
  withFlagService(world, (service, audience) => tellUses(world, service, audience))

/** Runs the flag service for as long as `work` takes. @param work Is given the service's address and audience. */
export async function withFlagService(
  { local, report }: World,
  work: (service: string, audience: string) => Promise<void>,
): Promise<void> {
  const tool = local.tools.find(({ id }) => id === 'tool:flag-service')
  const address = tool?.addresses[0]
  if (!tool || address === undefined) throw new Error('the organisation has no `tool:flag-service` with an address')
  const service = await startFlagService({
    address,
    hotwork: local.apiUrl,
    toolToken: workloadTokens({ ...tool, identityProviderUrl: local.identityProviderUrl }, local.issuer),
    log: (line) => report.note(`the flag service: ${line}`),
  })
  try {
    await work(service.url, tool.audience)
  } finally {
    await service.close()
  }
}

async function tellUses(world: World, service: string, audience: string): Promise<void> {
  const { report } = world
  const agent = await world.agent('agent:builder')
  const ask = world.example('prod-express-checkout-flag')
  const { value } = ask.action.properties
  const url = addressOf(service, ask.action)

  const id = await report.expect(
    'a build bot asks to set one flag in prod, and its owner’s yes is enough',
    async () => {
      const task = await askFor(agent, ask)
      const { approvals } = await approveThrough(world, task)
      const settled = await agent.readTask(task.task.id)
      const by = approvals.map(({ person, stage, through }) => `${person} (${stage}, by ${through})`).join(', ')
      const held = settled.task.status === 'approved' && settled.hotwork.tier === 1
      return finding(held, `${describeTask(settled)}; ${by}`, task.task.id)
    },
  )
  const token = await report.expect('the access token is for the flag service alone', async () => {
    const { access_token, expires_in } = await agent.exchangeToken(id)
    const { aud } = decodeJwt(access_token)
    return finding(aud === audience, `aud ${aud}, for ${expires_in} s`, access_token)
  })
  await tellWrongUses(report, { agent, token, url, value })

  await report.expect('with the token and a proof of the agent’s key, the flag is set, once', async () => {
    const before = await readFlag(url)
    const sentAt = Date.now()
    const set = await setFlag(agent, token, url, value)
    report.latency('flag set through the gate', Date.now() - sentAt)
    const held = set.value === value && set.uses_left === 0 && (await readFlag(url)) === value
    return finding(
      held,
      `it was ${before ?? 'not there'} and is ${set.value}, as ${set.use}; uses left: ${set.uses_left}`,
    )
  })
  await report.expect('a second use is refused, with a fresh proof and all', () =>
    refusedByHotwork(() => setFlag(agent, token, url, value), { status: 403, code: 'uses_exhausted' }),
  )
  await report.expect('the record has the use, begun and ended by the tool', async () => {
    const entries = await world.reader.ledger(id)
    const uses = entries.filter(({ type }) => type === 'UseBegun' || type === 'UseEnded')
    const held =
      uses.map(({ type }) => type).join() === 'UseBegun,UseEnded' && uses.every(({ actor }) => actor.type === 'tool')
    return finding(
      held,
      uses.map(({ type, actor, facts }) => `${type} by ${actor.id} ${facts['outcome'] ?? ''}`.trim()).join('; '),
    )
  })
  await report.expect('the agent completes the task, and its token is nothing at the flag service', async () => {
    await agent.complete(id, 'succeeded', `the flag is ${value}`)
    return refusedByHotwork(() => setFlag(agent, token, url, value), { status: 403, code: 'completed' })
  })
}

/** How the gate says that what is about to be executed is not what people agreed to. */
const notApproved = { status: 403, code: 'arguments_mismatch' }

interface Held {
  agent: Hotwork
  token: string
  url: string
  value: unknown
}

/** While the one use is still there: the same token for anything but what was approved. */
async function tellWrongUses(report: Report, { agent, token, url, value }: Held): Promise<void> {
  const other = url.replace(/[^/]+$/, 'one-click-refunds')
  await report.expect('the same token at another flag is refused: that was not approved', async () => {
    const refused = await refusedByHotwork(() => setFlag(agent, token, other, value), notApproved)
    const now = await readFlag(other)
    return finding(refused.held && now === undefined, `${refused.found}; the other flag: ${now ?? 'not there'}`)
  })
  await report.expect('so is another value for the same flag', () =>
    refusedByHotwork(() => setFlag(agent, token, url, 'for some'), notApproved),
  )
  await report.expect('a token sent without a proof is refused by the tool itself', () =>
    refusedByHotwork(
      async () => {
        const headers = { authorization: `DPoP ${token}`, 'content-type': 'application/json' }
        return readAnswer(await fetch(url, { method: 'PUT', headers, body: JSON.stringify({ value }) }))
      },
      { status: 401, code: 'invalid_dpop_proof' },
    ),
  )
  await report.expect('whoever stole the token has not the key: a proof with another one is refused', async () => {
    const thief = await Hotwork.connect(agent.settings)
    return refusedByHotwork(() => setFlag(thief, token, url, value), { status: 403, code: 'key_mismatch' })
  })
}

/** An action whose values IAM cannot pin: Hotwork makes the one call that was approved, and the agent gets its answer. */
export async function tellMediated(world: World): Promise<void> {
  const { report, local } = world
  const agent = await world.agent('agent:remediator')
  const ask = world.example('prod-worker-timeout')
  const { FunctionName, Timeout } = ask.action.properties as { FunctionName: string; Timeout: number }
  const lambda = new LambdaClient(clientSettings(local.aws))
  const timeoutNow = async () => (await lambda.send(new GetFunctionConfigurationCommand({ FunctionName }))).Timeout

  const id = await report.expect(
    'the card says nothing of what a credential leaves open: there will be none',
    async () => {
      const task = await askFor(agent, ask)
      await approveThrough(world, task)
      const settled = await agent.readTask(task.task.id)
      const held = settled.task.status === 'approved' && settled.hotwork.unpinned.length === 0
      return finding(held, describeTask(settled), task.task.id)
    },
  )
  const { access_token } = await agent.exchangeToken(id)
  await report.expect('no AWS credentials are given out for it', () =>
    refusedByHotwork(() => agent.awsCredentials(access_token), { status: 400, code: 'mediated' }),
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
    refusedByHotwork(() => agent.awsCall(access_token), { status: 403, code: 'uses_exhausted', says: /succeeded/ }),
  )
  await report.expect('the record has the call, begun before it was made and ended after', async () => {
    const entries = await world.reader.ledger(id)
    const uses = entries.filter(({ type }) => type === 'UseBegun' || type === 'UseEnded')
    const said = uses.map(({ type, facts }) => `${type} ${facts['outcome'] ?? ''}`.trim()).join(', ')
    return finding(said === 'UseBegun, UseEnded succeeded', said)
  })
  await agent.complete(id, 'succeeded', `the timeout is ${Timeout} s`)
  lambda.destroy()
}
