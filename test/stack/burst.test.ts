import { randomUUID } from 'node:crypto'
import { builder } from './support/claimed-flag.ts'
import { deployed, setFlag } from './support/deployment.ts'

/** Many alike on one card of the deployed stack, where a separate Lambda carries out the one click. */

const hotwork = deployed()
const { desk } = hotwork
/** More than twenty: the sample's ladder gives up to twenty alike a card each. */
const many = 30
const task = `rel-${randomUUID().slice(0, 8)}`

const context = { purpose: 'release', parent_task: { id: task } }
const flagged = (flag: string) => setFlag({ environment: 'staging', flag, value: false, context })

test('one click approves all on a list, and each request has its own entry with the list that was shown', async () => {
  const ids: string[] = []
  while (ids.length < many) {
    // More at once would start more Lambdas of the emulator.
    const few = [0, 1, 2, 3, 4].map((index) => hotwork.submitted(builder, flagged(`${task}-${ids.length + index}`)))
    ids.push(...(await Promise.all(few)))
  }
  const card = await desk.untilCard(`${many} alike wait`, ({ buttons }) => buttons.includes('approve_all'))

  // Lena owns the agent: her click approves none of them.
  expect((await desk.clickAndRead(card, 'approve_all', 'U0LENA')).status).toBe(200)
  expect((await hotwork.view(ids[0] as string)).status).toBe('pending')

  const { told } = await desk.clickAndRead(card, 'approve_all', 'U0BEN')
  expect(told).toMatch(new RegExp(`^Your ${many} approvals`))
  const done = await desk.untilCard(`${many} approved with one`, ({ buttons }) => buttons.length === 0)
  expect(done.says).toContain('Ben')
  const lists = new Set<unknown>()
  for (const id of ids) {
    expect(await hotwork.view(id)).toMatchObject({ status: 'approved' })
    const decided = (await hotwork.ledger(id)).filter(({ type }) => type === 'Decided')
    expect(decided).toMatchObject([{ actor: { id: 'person:ben' }, facts: { burst: expect.any(String) } }])
    lists.add(decided[0].facts.burst)
  }
  expect(lists.size).toBe(1)
})
