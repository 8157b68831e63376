import { randomUUID } from 'node:crypto'
import { decodeJwt } from 'jose'
import { act } from '../../../../examples/remediator/act.ts'
import type { Hotwork } from '../../../../examples/remediator/hotwork.ts'
import type { Ask } from '../../../../examples/remediator/wire.ts'
import { approveThrough, askFor, describeTask } from '../asking.ts'
import { findBreak } from '../chain.ts'
import { finding, refusedByHotwork } from '../report.ts'
import type { World } from '../world.ts'
import { readParameter } from '../world.ts'
import { untilDead, withArguments } from './credentials.ts'
import { replay, tellEntries } from './ledger.ts'

/** A right that an agent hands on, and how it dies with the grant that it was taken out of. */
export async function tellDelegation(world: World): Promise<void> {
  const { report } = world
  const remediator = await world.agent('agent:remediator')
  const builder = await world.agent('agent:builder')
  const ask = maintenance(world)
  const right = { agent: 'agent:builder', action: ask.action, resource: ask.resource }
  const handOn = (uses: number) => remediator.delegate(parent, { ...right, uses }, randomUUID())

  const parent = await report.expect('two people approve what the remediator asks as maintenance', async () => {
    const asked = await askFor(remediator, ask)
    const { approvals, request } = await approveThrough(world, asked)
    const by = approvals.map(({ person, stage }) => `${person} (${stage})`).join(', ')
    return finding(request.status === 'approved' && approvals.length === 2, `${describeTask(asked)}; ${by}`, request.id)
  })
  const wider = { status: 403, code: 'wider_than_parent', says: /`uses`/ }
  await report.expect('it has one use: two cannot be handed on', () => refusedByHotwork(() => handOn(2), wider))
  const child = await report.expect('it hands its one use on to the builder, whose own task that is', async () => {
    const given = await handOn(1)
    const own = await builder.readTask(given.task.id)
    const notTheParents = await refusedByHotwork(() => remediator.readTask(given.task.id), { status: 404 })
    const held = own.task.status === 'approved' && own.hotwork.grant?.uses_left === 1 && notTheParents.held
    return finding(held, `${describeTask(own)}; to the remediator: ${notTheParents.found}`, given.task.id)
  })
  await report.expect('one use more is refused: what was given away is gone', () =>
    refusedByHotwork(() => handOn(1), wider),
  )
  await tellChild(world, { remediator, builder, ask, parent, child })
  await tellChildRecord(world, child)
}

/** The same parameter as in the story, as a planned change: that both agents may do, when two people agree. */
function maintenance({ example }: World): Ask {
  const ask = withArguments(example('prod-payment-timeout'), { Value: '3200' })
  const justification = 'The provider asks for a little more patience from tonight on. The builder makes the change.'
  return { ...ask, context: { purpose: 'maintenance', justification, parent_task: { id: 'CHG-77' } } }
}

interface Line {
  remediator: Hotwork
  builder: Hotwork
  ask: Ask
  parent: string
  child: string
}

/** What the child can do while its parent lives, and how soon it can do nothing. */
async function tellChild({ report, local }: World, { remediator, builder, ask, parent, child }: Line): Promise<void> {
  const token = await report.expect('the builder’s token says on whose behalf it acts', async () => {
    const { access_token } = await builder.exchangeToken(child)
    const { sub, act: acting, txn } = decodeJwt<{ act?: { sub: string }; txn: string }>(access_token)
    const held = sub === 'agent:remediator' && acting?.sub === 'agent:builder' && txn === child
    return finding(held, `sub ${sub}, act ${JSON.stringify(acting)}`, access_token)
  })
  const use = await report.expect('the builder makes the change, with AWS credentials of its own', async () => {
    const credentials = await builder.awsCredentials(token)
    const use = () => act(ask.action, builder.settings.aws, credentials)
    await use()
    const value = await readParameter(local.aws, String(ask.action.properties['Name']))
    return finding(value === ask.action.properties['Value'], `the parameter is ${value}`, use)
  })
  const endedAt = await report.expect(
    'the remediator completes its task, and the builder’s token is dead',
    async () => {
      const began = Date.now()
      await remediator.complete(parent, 'succeeded', 'the builder made the change')
      const refused = await refusedByHotwork(() => builder.awsCredentials(token), { status: 401 })
      report.latency('parent ended to refusal of its child by Hotwork', Date.now() - began)
      return { ...refused, value: began }
    },
  )
  await report.expect('so are its AWS credentials, and it gets no others', async () => {
    const latency = 'parent ended to refusal of its child by IAM'
    const dead = await untilDead(report, { latency, since: endedAt, how: 'denied' }, use)
    const wanted = { status: 400, code: 'invalid_authorization_details', says: /: revoked/ }
    const none = await refusedByHotwork(() => builder.exchangeToken(child), wanted)
    return finding(dead.held && none.held, `${dead.found}; ${none.found}`)
  })
}

/** The child's own record: who acted, for whom, and as part of what. */
async function tellChildRecord({ report, reader }: World, child: string): Promise<void> {
  const entries = await report.expect('the child’s record names who acted, for whom, and as part of what', async () => {
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
