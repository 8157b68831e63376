import { randomUUID } from 'node:crypto'
import { decodeJwt } from 'jose'
import type { AgentApi } from '../../../client/agent/agent-api.ts'
import type { Ask } from '../../../functions/domain/cards/wire/task.ts'
import { act } from '../act.ts'
import { askApproved, describeTask, withArguments } from '../asking.ts'
import { findBreak } from '../chain.ts'
import { finding, refused, tokenRefused, untilDead } from '../findings.ts'
import { readParameter, type World } from '../world.ts'
import { replay, tellEntries } from './ledger.ts'

export async function tellDelegation(world: World): Promise<void> {
  const { report } = world
  const remediator = await world.agent('agent:remediator')
  const builder = await world.agent('agent:builder')
  const ask = maintenance(world)
  const right = { agent: 'agent:builder', action: ask.action, resource: ask.resource }
  const handOn = (uses: number) => remediator.delegate(parent, { ...right, uses }, randomUUID())

  const parent = await report.expect('two people approve what the remediator asks as maintenance', async () => {
    const { id, settled, approvals, found } = await askApproved(world, remediator, ask)
    return finding(settled.task.status === 'approved' && approvals.length === 2, found, id)
  })
  const tooWide = (uses: number) => refused('403 wider_than_parent', () => handOn(uses), /`uses`/)
  await report.expect('it has one use: two cannot be handed on', () => tooWide(2))
  const child = await report.expect('it hands its one use on to the builder, whose own task that is', async () => {
    const given = await handOn(1)
    const own = await builder.readTask(given.task.id)
    const notTheParents = await refused('404', () => remediator.readTask(given.task.id))
    const held = own.task.status === 'approved' && own.hotwork.grant?.uses_left === 1 && notTheParents.held
    return finding(held, `${describeTask(own)}; to the remediator: ${notTheParents.found}`, given.task.id)
  })
  await report.expect('one use more is refused: what was given away is gone', () => tooWide(1))
  await tellChild(world, { remediator, builder, ask, parent, child })
  await tellChildRecord(world, child)
}

/** The parameter of the story, as a planned change: both agents may do that, when two people agree. */
function maintenance({ example }: World): Ask {
  const ask = withArguments(example('prod-payment-timeout'), { Value: '3200' })
  const justification = 'The provider asks for a little more patience from tonight on. The builder makes the change.'
  return { ...ask, context: { purpose: 'maintenance', justification, parent_task: { id: 'CHG-77' } } }
}

type Line = { remediator: AgentApi; builder: AgentApi; ask: Ask; parent: string; child: string }

async function tellChild(world: World, { remediator, builder, ask, parent, child }: Line): Promise<void> {
  const { report, local, aws } = world
  const token = await report.expect('the builder’s token says on whose behalf it acts', async () => {
    const { access_token } = await builder.exchangeToken(child)
    const { sub, act: acting, txn } = decodeJwt<{ act?: { sub: string }; txn: string }>(access_token)
    const held = sub === 'agent:remediator' && acting?.sub === 'agent:builder' && txn === child
    return finding(held, `sub ${sub}, act ${JSON.stringify(acting)}`, access_token)
  })
  const use = await report.expect('the builder makes the change, with AWS credentials of its own', async () => {
    const credentials = await builder.awsCredentials(token)
    const use = () => act(ask.action, aws, credentials)
    await use()
    const value = await readParameter(local, ask.action.properties['Name'])
    return finding(value === ask.action.properties['Value'], `the parameter is ${value}`, use)
  })
  const since = await report.expect('the remediator completes its task, and the builder’s token is dead', async () => {
    const began = Date.now()
    await remediator.complete(parent, 'succeeded', 'the builder made the change')
    const no = await refused('401', () => builder.awsCredentials(token))
    report.latency('parent ended to refusal of its child by Hotwork', Date.now() - began)
    return { ...no, value: began }
  })
  await report.expect('so are its AWS credentials, and it gets no others', async () => {
    const dead = await untilDead(report, { latency: 'parent ended to refusal of its child by IAM', since }, use)
    const none = await tokenRefused(builder, child, 'revoked')
    return finding(dead.held && none.held, `${dead.found}; ${none.found}`)
  })
}

async function tellChildRecord({ report, reader }: World, child: string): Promise<void> {
  const entries = await report.expect('the child’s record names who acted, for which agent, and the task', async () => {
    const entries = await reader.ledger(child)
    const issued = entries.find(({ type }) => type === 'CredentialIssued')
    const [actor, task] = [issued?.actor, issued?.parent_task?.id]
    const held = actor?.id === 'agent:builder' && actor.chain?.join() === 'agent:remediator' && task === 'CHG-77'
    return finding(held, `${actor?.id} for ${actor?.chain?.join()}, in ${task}`, entries)
  })
  await report.expect('its chain holds, and replays to what the API shows', async () => {
    const broken = findBreak(child, entries)
    const { state } = await replay(child, entries)
    const { status } = await reader.request(child)
    return finding(!broken && state?.status === status, broken ?? `replayed: ${state?.status}; the API: ${status}`)
  })
  tellEntries(report, entries)
}
