import { type Listener, listenForEvents } from '../../local/demo/event-listener.ts'
import { deployed, prod, remediator, setParameter } from './support/deployment.ts'

/** Programs outside hear of a request on the bus, by the deployed stream, queue and functions. */

const hotwork = deployed()
let outside: Listener
beforeAll(async () => {
  outside = await listenForEvents(hotwork.local)
})

test('a listener hears that a request was submitted and approved and how its grant ended, and no argument', async () => {
  const id = await hotwork.approved(setParameter(prod, '271828'))
  await hotwork.complete(remediator, id, { outcome: 'failed' })
  const heard = [
    await outside.until('Request Submitted', id),
    await outside.until('Request Approved', id),
    await outside.until('Grant Ended', id),
  ]
  expect(heard.map(({ source, detail }) => [source, detail['status']])).toEqual([
    ['hotwork', 'pending'],
    ['hotwork', 'approved'],
    ['hotwork', 'completed'],
  ])
  expect(heard[2]?.detail).toMatchObject({ ended: { how: 'completed', by: 'agent' }, outcome: 'failed' })
  expect(new Set(heard.map(({ detail }) => detail['id'])).size).toBe(3)
  expect(JSON.stringify(heard)).not.toMatch(/271828|person:|checkout/)
})
