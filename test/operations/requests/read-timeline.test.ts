import { decodeJwt } from 'jose'
import { textOf } from '../../../functions/domain/cards/sentence.ts'
import type { ApprovalRequest } from '../../../functions/domain/requests/request.ts'
import type { Actual } from '../../../functions/domain/uses/actual.ts'
import type { CredentialId } from '../../../functions/domain/values.ts'
import { revokeRequest } from '../../../functions/operations/requests/end-request.ts'
import { readTimeline } from '../../../functions/operations/requests/read-timeline.ts'
import { parameter, person, prodParameter, World } from '../../support/world.ts'

test('the timeline of a request whose state changed before it was claimed has each of its entries, as they were recorded', async () => {
  const world = new World()
  world.reader.preview(prodParameter.action)
  world.reader.set(prodParameter.resource.id, { Value: '1800' })
  const request = await world.approved()
  const issued = await world.issueToken(request)
  if (!issued.ok) throw new Error(issued.code)
  world.reader.set(prodParameter.resource.id, { Value: '2000' })
  const token = decodeJwt(issued.value.token).jti as CredentialId
  expect(await world.issueAws(request, token)).toMatchObject({ code: 'state_changed' })
  const state = await world.state(request.ask.id)
  const { moments, entries, isCut } = await readTimeline(state, { ...world.ports, actual: world.actual })
  const recorded = await world.ledger.entries(request.ask.id)
  expect(entries).toEqual(recorded.map(({ id, hash }) => ({ id, hash })))
  expect(isCut).toBe(false)
  const changed = moments.find(
    ({ mark, said }) => mark === 'changed' && textOf(said).startsWith('What is there changed'),
  )
  expect(changed?.more.map(textOf)).toEqual(['“Value "1800" → "2000"”', 'approvals of the round before do not count'])
})

test('of a record that is longer than a thousand entries the timeline says that it is cut', async () => {
  const world = new World()
  const request = await world.submitted(prodParameter)
  const [first] = await world.ledger.entries(request.ask.id)
  if (!first) throw new Error('it was recorded')
  const page = async (_: string, { after, limit }: { after: number; limit: number }) => ({
    entries: Array.from({ length: limit }, (_, at) => ({ ...first, id: `${request.ask.id}/${after + at + 1}` })),
    next: after + limit,
  })
  const timeline = await readTimeline(request, { ...world.ports, actual: world.actual, ledger: { page } })
  expect([timeline.entries.length, timeline.isCut]).toEqual([1_000, true])
})

test('of a request that is over, what AWS has of its sessions is told too; no record is asked before, nor where there was none', async () => {
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
    (await readTimeline(await world.state(ask.id), { ...world.ports, actual })).moments.map((each) => textOf(each.said))
  const unclaimed = await world.submitted(parameter('/prod/checkout/other'))
  await world.decide(unclaimed, 'eve', 'deny')
  const request = await world.approved()
  const issued = await world.issueToken(request)
  if (!issued.ok) throw new Error(issued.code)
  expect(await world.issueAws(request, decodeJwt(issued.value.token).jti as CredentialId)).toMatchObject({ ok: true })
  await said(request)
  await said(unclaimed)
  expect(asked).toEqual([])
  world.clock.advance(5)
  await revokeRequest({ id: request.ask.id, person: person('gus'), reason: 'over' }, world.ports)
  const moments = await said(request)
  expect(asked).toEqual([request.ask.id])
  expect(moments.slice(-2)).toEqual([
    'AWS was called beyond what was approved: “ssm:GetParameters”, another action',
    'Revoked by Gus Garcia (person:gus)',
  ])
})
