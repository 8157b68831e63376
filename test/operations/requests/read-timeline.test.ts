import { textOf } from '../../../functions/domain/cards/sentence.ts'
import type { ApprovalRequest } from '../../../functions/domain/record/request.ts'
import type { Actual } from '../../../functions/domain/uses/actual.ts'
import type { AnchorPorts } from '../../../functions/operations/anchor/read-anchor.ts'
import { AnchorUnavailable } from '../../../functions/operations/faults.ts'
import { revokeRequest } from '../../../functions/operations/requests/end-request.ts'
import { readTimeline } from '../../../functions/operations/requests/read-timeline.ts'
import { MemoryNotary } from '../../support/anchor/memory-notary.ts'
import { parameter, person, prodParameter, World } from '../../support/world.ts'

const portsOf = (world: World, anchor: AnchorPorts = new MemoryNotary(world, world.issuer)) => ({
  ...world.ports,
  actual: world.actual,
  anchor,
})

test('the timeline of a request whose state changed before it was claimed has each of its entries, as they were recorded', async () => {
  const world = new World()
  world.reader.preview(prodParameter.action)
  world.reader.set(prodParameter.resource.id, { Value: '1800' })
  const request = await world.approved()
  world.reader.set(prodParameter.resource.id, { Value: '2000' })
  expect(await world.issueAws(request, await world.claim(request))).toMatchObject({ code: 'state_changed' })
  const state = await world.state(request.ask.id)
  const { items, entries, isCut } = await readTimeline(state, portsOf(world))
  const recorded = await world.ledger.entries(request.ask.id)
  expect(entries).toEqual(
    recorded.map(({ id, hash, previous, actor, type, policies, bundle }) =>
      expect.objectContaining({ id, hash, previous, actor: actor.id, type, policies, bundle }),
    ),
  )
  expect(isCut).toBe(false)
  const changed = items.find(({ mark, said }) => mark === 'changed' && textOf(said).startsWith('The resource changed'))
  expect(changed?.more.map(textOf)).toEqual(['“Value "1800" → "2000"”', 'approvals of the round before do not count'])
})

test('a record longer than a thousand entries has a timeline that says that it is cut', async () => {
  const world = new World()
  const request = await world.submitted(prodParameter)
  const [first] = await world.ledger.entries(request.ask.id)
  if (!first) throw new Error('it was recorded')
  const page = async (_: string, { after, limit }: { after: number; limit: number }) => ({
    entries: Array.from({ length: limit }, (_, at) => ({ ...first, id: `${request.ask.id}/${after + at + 1}` })),
    next: after + limit,
  })
  const timeline = await readTimeline(request, { ...portsOf(world), ledger: { page } })
  expect([timeline.entries.length, timeline.isCut]).toEqual([1_000, true])
})

test('the timeline of an ended request has AWS’s record of its sessions; no record is asked before, or without one', async () => {
  const world = new World()
  const asked: string[] = []
  const call = { id: 'e1', at: world.clock.now() + 1, account: '000000000000', region: 'us-east-1' }
  const extra = { ...call, action: 'ssm:GetParameters', verdict: 'extra', because: 'action' } as const
  const told: Actual = {
    issued: true,
    calls: [extra],
    unused: false,
    notRecorded: [],
    complete: true,
    more: false,
    unread: [],
  }
  const actual = {
    of: async (id: string) => {
      asked.push(id)
      return told
    },
  }
  const said = async ({ ask }: ApprovalRequest) =>
    (await readTimeline(await world.state(ask.id), { ...portsOf(world), actual })).items.map((each) =>
      textOf(each.said),
    )
  const unclaimed = await world.submitted(parameter('/prod/checkout/other'))
  await world.decide(unclaimed, 'eve', 'deny')
  const request = await world.approved()
  expect(await world.issueAws(request, await world.claim(request))).toMatchObject({ ok: true })
  await said(request)
  await said(unclaimed)
  expect(asked).toEqual([])
  world.clock.advance(5)
  await revokeRequest({ id: request.ask.id, person: person('gus'), reason: 'over' }, world.ports)
  const items = await said(request)
  expect(asked).toEqual([request.ask.id])
  expect(items.slice(-3, -1)).toEqual([
    'AWS was called beyond what was approved: “ssm:GetParameters”, another action',
    'Revoked by Gus Garcia (person:gus)',
  ])
})

describe('the checkpoint of the log', () => {
  let world: World
  let notary: MemoryNotary
  beforeEach(() => {
    world = new World()
    notary = new MemoryNotary(world, world.issuer)
  })
  const last = async ({ ask }: ApprovalRequest, anchor: AnchorPorts = notary) => {
    const { items } = await readTimeline(await world.state(ask.id), portsOf(world, anchor))
    const { at, lane, said } = items.at(-1) as (typeof items)[number]
    return { at, lane, said: textOf(said) }
  }

  test('a checkpoint is told with its size and its time, and how far into the record it goes', async () => {
    const request = await world.submitted(prodParameter)
    const other = await world.submitted(parameter('/prod/checkout/other'))
    expect((await last(request)).said).toBe(
      'Not in the log yet: the log’s checkpoint of 0 entries has none of its entries',
    )
    world.clock.advance(3)
    await notary.follow(request.ask.id, other.ask.id)
    const at = world.clock.now()
    const said = 'Anchored up to entry 2, its last, in the log’s checkpoint of 4 entries'
    expect(await last(request)).toEqual({ at, lane: 'log', said })
    world.clock.advance(5)
    await world.decide(request, 'ana')
    const { items } = await readTimeline(await world.state(request.ask.id), portsOf(world, notary))
    const { length } = await world.ledger.entries(request.ask.id)
    expect(items.map(({ said }) => textOf(said))).toContain(
      `Anchored up to entry 2, of ${length}, in the log’s checkpoint of 4 entries`,
    )
    expect(items.at(-1)?.lane).not.toBe('log')
  })

  test('a checkpoint covers no entry that only has a place, none with another hash, and none after such a one', async () => {
    const request = await world.submitted(prodParameter)
    await notary.follow(request.ask.id)
    const [first, second] = await world.ledger.entries(request.ask.id)
    if (!first || !second) throw new Error('they were recorded')
    notary.index.places.set(second.id, { index: 2, hash: second.hash })
    expect((await last(request)).said).toMatch(/^Anchored up to entry 1, of 2, /)
    notary.index.places.set(second.id, { index: 1, hash: second.hash })
    notary.index.places.set(first.id, { index: 0, hash: second.hash })
    expect((await last(request)).said).toMatch(/^Not in the log yet/)
  })

  test('a checkpoint is not older than an entry that it has, though S3 cuts off parts of a second', async () => {
    const request = await world.submitted(prodParameter)
    await notary.follow(request.ask.id)
    const found = await notary.bucket.readVersion('checkpoint')
    const bucket = { readVersion: async () => found && { ...found, since: found.since - 0.6 } }
    expect(await last(request, { index: notary.index, bucket })).toMatchObject({ at: world.clock.now(), lane: 'log' })
  })

  const notRead: [what: string, change: () => AnchorPorts][] = [
    [
      'a bucket that does not answer',
      () => ({
        index: notary.index,
        bucket: { readVersion: async () => Promise.reject(new AnchorUnavailable('no answer')) },
      }),
    ],
    [
      'a checkpoint that is none',
      () => ({
        index: notary.index,
        bucket: { readVersion: async () => ({ bytes: Buffer.from('<html>'), version: 'x', since: 0 }) },
      }),
    ],
  ]
  test.each(notRead)('a checkpoint is unknown for %s, and all else is told', async (_what, change) => {
    const request = await world.submitted(prodParameter)
    await notary.follow(request.ask.id)
    const timeline = await readTimeline(request, portsOf(world, change()))
    expect(timeline.items.map(({ said }) => textOf(said)).at(-1)).toBe(
      'Not known now: which of its entries are in the log',
    )
    expect(timeline.entries).toHaveLength(2)
    expect(world.log.lines.filter(({ message }) => message === 'anchor_not_told')).toHaveLength(1)
  })
})
