import { createHmac, randomBytes } from 'node:crypto'
import { readAnswer } from '../../../../examples/remediator/wire.ts'
import { askWithCard, describeTask } from '../asking.ts'
import type { SentInteraction } from '../desk-client.ts'
import { finding, refusedByHotwork } from '../findings.ts'
import type { World } from '../world.ts'

/** Clicks and tokens in the wrong hands: none of them counts. */
export async function tellWrongHands(world: World): Promise<void> {
  const { report, desk, person, local } = world
  const agent = await world.agent('agent:remediator')
  const { task, card } = await askWithCard(world, agent, world.example('prod-worker-timeout'))
  const { id } = task.task
  report.note(describeTask(task))
  const decisionsNow = async () => {
    const { stages } = await world.reader.request(id)
    return stages.flatMap(({ name, decisions }) => decisions.map((each) => `${each.person} ${each.verdict} ${name}`))
  }
  const clickInVain = (expected: string, who: string, told: RegExp) =>
    report.expect(expected, async () => {
      const { slackUserId } = person(who)
      const [before, counted] = [(await desk.toldTo(slackUserId)).length, await decisionsNow()]
      const { status } = await desk.click(card, 'approve', slackUserId)
      const { text } = await desk.untilTold(slackUserId, before)
      const after = await decisionsNow()
      const held = status === 200 && told.test(text) && after.length === counted.length
      return finding(held, `${status}; told: "${text}"; counted: ${after.join(', ') || 'nothing'}`)
    })

  await clickInVain('Dan owns the agent that asks: his Approve is refused', 'person:dan', /somebody else must decide/)
  await clickInVain('Gus, of security, has no say at this tier', 'person:gus', /not among those who may decide/)
  await report.expect('Ana is an owner and of sre: her Approve counts, for the owner’s stage', async () => {
    const { status } = await desk.click(card, 'approve', person('person:ana').slackUserId)
    const counted = await decisionsNow()
    return finding(status === 200 && counted.join() === 'person:ana approve owner', `${status}; ${counted.join(', ')}`)
  })
  const genuine = await desk.lastInteraction()
  await clickInVain('Ana clicks again for sre: nobody counts twice', 'person:ana', /nobody counts twice/)

  await report.expect('a forged click, signed with another secret, is 401 at Slack’s door', async () => {
    const forged = forge(genuine, person('person:ana').slackUserId, person('person:eve').slackUserId)
    const { status } = await post(forged)
    const counted = await decisionsNow()
    return finding(status === 401 && counted.length === 1, `${status}; counted: ${counted.join(', ')}`)
  })
  await report.expect(
    'Ana’s genuine click, replayed byte for byte with its true signature, changes nothing',
    async () => {
      const entriesBefore = (await world.reader.ledger(id)).filter(({ type }) => type === 'Decided').length
      const { status } = await post(genuine)
      const [entries, counted] = [await world.reader.ledger(id), await decisionsNow()]
      const decided = entries.filter(({ type }) => type === 'Decided').length
      const held = decided === entriesBefore && counted.length === 1
      return finding(held, `${status}; decisions on the record: ${decided}; counted: ${counted.join(', ')}`)
    },
  )
  await report.expect('an agent’s token is nothing at a person’s door', async () => {
    const { digest, round, stage } = await world.reader.request(id)
    const body = { verdict: 'approve', stage, round, digest }
    const token = await agent.workloadToken()
    return refusedByHotwork(() => postAs(token, `${local.apiUrl}/v1/requests/${id}/decisions`, body), { status: 401 })
  })
  await report.expect('a person’s token is nothing at an agent’s door', async () => {
    const token = await person('person:eve').token()
    const url = `${local.apiUrl}/access/v1/evaluation`
    return refusedByHotwork(() => postAs(token, url, world.example('prod-worker-timeout')), { status: 401 })
  })
  await report.expect('the agent withdraws the request, and it is over', async () => {
    const cancelled = await agent.cancel(id)
    const request = await world.reader.request(id)
    const held = cancelled.task.status === 'cancelled' && request.status === 'withdrawn'
    return finding(held, `task ${cancelled.task.status}, request ${request.status}`)
  })
}

async function postAs(token: string, url: string, body: object): Promise<unknown> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  return readAnswer(await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) }))
}

const post = ({ url, headers, body }: SentInteraction) => fetch(url, { method: 'POST', headers, body })

/** The same click made by somebody else, who knows everything but the signing secret. */
function forge({ url, headers, body }: SentInteraction, from: string, to: string): SentInteraction {
  const timestamp = String(Math.floor(Date.now() / 1000))
  const changed = body.replaceAll(from, to)
  const signature = createHmac('sha256', randomBytes(16)).update(`v0:${timestamp}:${changed}`).digest('hex')
  const signed = { 'x-slack-request-timestamp': timestamp, 'x-slack-signature': `v0=${signature}` }
  return { url, headers: { ...headers, ...signed }, body: changed }
}
