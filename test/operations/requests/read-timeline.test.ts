import { decodeJwt } from 'jose'
import { textOf } from '../../../functions/domain/cards/sentence.ts'
import type { CredentialId } from '../../../functions/domain/values.ts'
import { readTimeline } from '../../../functions/operations/requests/read-timeline.ts'
import { prodParameter, World } from '../../support/world.ts'

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
  const { moments, entries, isCut } = await readTimeline(state, world.ports)
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
  const timeline = await readTimeline(request, { ...world.ports, ledger: { page } })
  expect([timeline.entries.length, timeline.isCut]).toEqual([1_000, true])
})
