import { verify } from '../../../functions/domain/ledger/ledger.ts'
import { closeIncident } from '../../../functions/operations/break-glass/openings.ts'
import { parameter, prodParameter, sampleBundle } from '../../support/world.ts'
import { hour, minute, Night } from './night.ts'

/** A closed incident ends its openings sooner, and does nothing else. */

const billing = (() => {
  const { action, arguments: args } = parameter('/prod/billing/mode')
  return { what: { action, arguments: args } }
})()

class Closing extends Night {
  close = (incident = 'INC-2041', id = 'msg_1') => closeIncident({ id, incident }, this.ports)
}

const bundle = sampleBundle()
let night: Closing
beforeEach(() => {
  night = new Closing(bundle)
})

test('every opening for it ends at once, by the incident’s word and no person’s', async () => {
  const one = await night.opened()
  const other = await night.opened('kofi', billing)
  await night.issueToken(one)
  expect(await night.close()).toEqual([one.ask.id, other.ask.id])
  for (const { ask } of [one, other]) {
    const entries = await night.ledger.entries(ask.id)
    expect(entries.at(-1)).toMatchObject({
      type: 'Revoked',
      actor: { type: 'system', id: 'hotwork' },
      parent_task: { id: 'INC-2041' },
    })
    const why = { revokedBy: 'system', reason: 'incident INC-2041 was closed' }
    expect(await night.state(ask.id)).toMatchObject({ status: 'revoked', ...why })
    expect(verify(ask.id, entries)).toEqual({ state: await night.stored(ask.id) })
  }
  expect(await night.issueToken(one)).toMatchObject({ ok: false, code: 'revoked' })
})

test('openings for another incident, ended ones and common requests stay as they are', async () => {
  const other = await night.opened('jade', { incident: 'INC-9' })
  const over = await night.opened('kofi', billing)
  await night.end(over, 'kofi')
  const common = await night.approved(prodParameter)
  expect(await night.close()).toEqual([])
  expect(await night.close('INC-1042', 'msg_2')).toEqual([])
  expect(await Promise.all([other, over, common].map(async ({ ask }) => (await night.state(ask.id)).status))).toEqual([
    'approved',
    'completed',
    'approved',
  ])
})

test('a closed incident leaves the review due, and gives unused minutes back', async () => {
  const request = await night.opened('jade', { minutes: 60 })
  night.clock.advance(10 * minute)
  await night.close()
  expect((await night.state(request.ask.id)).review).toMatchObject({ dueAt: request.submittedAt + 24 * hour })
  night.clock.advance(hour)
  const again = await night.open('jade', { minutes: 60 })
  expect(again.ok && again.value.left / minute).toBe(170)
})

test('a repeated delivery is answered as before, and ends nothing that was opened meanwhile', async () => {
  const request = await night.opened()
  const first = await night.close()
  night.clock.advance(hour)
  const later = await night.opened()
  expect(await night.close()).toEqual(first)
  expect(first).toEqual([request.ask.id])
  expect((await night.state(later.ask.id)).status).toBe('approved')
  expect(await night.close('INC-2041', 'msg_2')).toEqual([later.ask.id])
})

test('another delivery of the same word, and two at once, end it once', async () => {
  const request = await night.opened()
  await Promise.all([night.close(), night.close(), night.close('INC-2041', 'msg_2'), night.end(request)])
  const story = await night.story(request.ask.id)
  expect(story.filter((type) => ['Revoked', 'Completed', 'Expired'].includes(type))).toHaveLength(1)
})

test('a delivery that failed half way is completed by the sender’s next try', async () => {
  const one = await night.opened()
  const other = await night.opened('kofi', billing)
  night.requests.failNextCommit('unheard')
  await expect(night.close()).rejects.toMatchObject({ name: 'StoreUnavailable' })
  expect((await night.state(other.ask.id)).status).toBe('revoked')
  expect(await night.close()).toEqual([one.ask.id])
})

test('a delivery after the end ends nothing, and time goes first', async () => {
  const request = await night.opened()
  night.clock.advance(hour)
  expect(await night.close()).toEqual([])
  expect((await night.state(request.ask.id)).status).toBe('approved')
  expect(await night.issueToken(request)).toMatchObject({ ok: false, code: 'expired' })
  expect((await night.state(request.ask.id)).status).toBe('expired')
})

test('a delivery to a deployment without openings ends nothing', async () => {
  expect(await night.close()).toEqual([])
})

test('the name of the incident is not in the log', async () => {
  await night.opened()
  await night.close()
  expect(night.log.lines).toContainEqual({ level: 'info', message: 'incident_closed', fields: { ended: 1 } })
})
