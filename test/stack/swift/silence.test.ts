import type { Card, Said } from '../../../local/demo/desk-client.ts'
import { until, untilState } from '../support/aws.ts'
import { deployed, prod, remediator, setParameter, staging } from '../support/deployment.ts'

/** A ladder of seconds: test/support/policies/ladder.json. */
const hotwork = deployed('swift')
const { local, desk } = hotwork

/** A request that was approved after its escalation. The stages last seconds: on a busy machine a late try is made again. */
async function approvedAfterSilence(): Promise<string> {
  for (let attempt = 1; ; attempt += 1) {
    const id = await hotwork.submitted(remediator, setParameter(prod))
    await desk.untilCard(id, ({ says }) => says.includes('escalated to on-call'))
    const states = await untilState(local, id, 'Tier2 owner escalated')
    expect(states.slice(0, 4)).toEqual(['Tier2 owner', 'Next', 'Route', 'Tier2 owner escalated'])
    const onCall = await hotwork.decide('person:jade', id, { stage: 'on-call' })
    const sre = await hotwork.decide('person:eve', id)
    if (attempt < 5 && [onCall, sre].some(({ body }) => /already_settled$/.test(String(body.type)))) continue
    expect(onCall).toMatchObject({ status: 200, body: { stage: 'sre' } })
    expect(sre).toMatchObject({ status: 200, body: { status: 'approved' } })
    return id
  }
}

test('silence lets more people decide, and then the person on call does', async () => {
  const id = await approvedAfterSilence()
  // No agent claims it: the grant ends by itself, in the table and then in the workflow. If the store is too busy for
  // the workflow and for one sweep, the next sweep a minute later ends it.
  const types = async () => (await hotwork.ledger(id)).map(({ type }) => type)
  expect(await until(types, (all) => all.at(-1) === 'Expired', 200)).toEqual([
    'Submitted',
    'StageOpened',
    'StageEscalated',
    'Decided',
    'StageOpened',
    'Decided',
    'Approved',
    'Expired',
  ])
  expect(await untilState(local, id, 'Tier2 owner escalated')).not.toContain('Close')
})

/**
 * A request that expired after a reminder, with its card before. On a busy machine its card may come too late for one:
 * then another is made.
 */
async function expiredAfterReminder(): Promise<{ id: string; card: Card }> {
  for (let attempt = 1; ; attempt += 1) {
    const id = await hotwork.submitted(remediator, setParameter(prod))
    const card = await desk.untilCard(id)
    expect((await hotwork.untilSettled(remediator, id)).body.task.status).toBe('expired')
    const said = await desk.untilSaid(id, (lines) => lines.some(({ text }) => text.includes('it is over: expired')))
    if (attempt === 5 || said.some(({ text }) => text.includes('still waits for a decision'))) return { id, card }
  }
}
let expired: { id: string; card: Card }
beforeAll(async () => {
  expired = await expiredAfterReminder()
}, 300_000)

test('a second silence expires a request, and a late click is refused in private', async () => {
  const { id, card } = expired
  const before = (await desk.toldTo('U0ANA')).length
  expect(await desk.click(card, 'approve', 'person:ana')).toMatchObject({ status: 200 })
  expect((await desk.untilTold('U0ANA', before)).text).toMatch(/expired|too late|ended/i)
  expect((await desk.untilCard(id, ({ says }) => says.includes('Expired'))).buttons).toEqual([])
  expect(await untilState(local, id, 'Close')).toContain('Close')
})

test('a reminder goes to those who have not decided, and all who were asked are told of the end', async () => {
  const { id } = expired
  // People on call have the card in a direct message from the escalation on.
  const isDirectEnd = ({ channel, text }: Said) => channel.startsWith('D') && /^Handled/.test(text)
  const said = await desk.untilSaid(id, (lines) => lines.filter(isDirectEnd).length === 2)
  const reminder = said.findIndex(({ text }) => text.includes('still waits for a decision'))
  expect(said[reminder]?.text).toMatch(/<@U0[A-Z]+>.*: owner still waits for a decision/)
  expect(reminder).toBeLessThan(said.findIndex(isDirectEnd))
})

test('a grant cannot be claimed late', async () => {
  const id = await hotwork.submitted(remediator, setParameter(staging))
  expect(await hotwork.untilView(id, ({ status }) => status !== 'approved')).toMatchObject({ status: 'expired' })
  expect((await hotwork.exchange(remediator, id)).body.error_description).toMatch(/^expired/)
})
