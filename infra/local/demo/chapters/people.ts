import { createHmac, randomBytes } from 'node:crypto'
import { readAnswer } from '../../../../examples/remediator/wire.ts'
import { askWithCard, describeTask } from '../asking.ts'
import { findBreak } from '../chain.ts'
import type { SentInteraction } from '../desk-client.ts'
import { finding, refusedByHotwork } from '../report.ts'
import { Visitor } from '../visitor.ts'
import type { World } from '../world.ts'
import { replay } from './ledger.ts'
import { headOf } from './requests.ts'

/** People say no, and a click comes too late. */
export async function tellNoFromPeople(world: World): Promise<void> {
  const { report, desk, person } = world
  const agent = await world.agent('agent:remediator')
  const { task, card } = await askWithCard(world, agent, world.example('prod-worker-timeout'))
  const { id } = task.task
  report.note(describeTask(task))

  await report.expect('while people decide, there is no token', () =>
    refusedByHotwork(() => agent.exchangeToken(id), {
      status: 400,
      code: 'invalid_authorization_details',
      says: /: pending/,
    }),
  )
  const chloe = person('person:chloe')
  await report.expect('Chloe, an owner, clicks Deny, and one no is enough', async () => {
    const waiting = agent.waitUntilSettled(id)
    const { status, clickedAt } = await desk.click(card, 'deny', chloe.slackUserId)
    const settled = await waiting
    report.latency('click to the waiting agent', Date.now() - clickedAt)
    return finding(
      status === 200 && settled.task.status === 'denied',
      `${status}; the agent learns: ${settled.task.status}`,
    )
  })
  await report.expect('denied: there is no token', () =>
    refusedByHotwork(() => agent.exchangeToken(id), {
      status: 400,
      code: 'invalid_authorization_details',
      says: /: denied/,
    }),
  )
  await report.expect('the card says who denied it, and has no buttons left', async () => {
    const denied = await desk.untilCard(id, ({ says }) => says.includes('Denied'))
    return finding(denied.buttons.length === 0 && denied.says.includes(chloe.id), headOf(denied))
  })
  const ben = person('person:ben')
  await report.expect('Ben’s screen has not caught up; his Approve is too late, and he alone is told', async () => {
    const before = (await desk.toldTo(ben.slackUserId)).length
    const { status } = await desk.click(card, 'approve', ben.slackUserId)
    const { text } = await desk.untilTold(ben.slackUserId, before)
    const request = await ben.request(id)
    const held = status === 200 && request.status === 'denied' && /too late/i.test(text)
    return finding(held, `${status}; told: "${text}"; still ${request.status}`)
  })
}

/** Where a press is too weak a login, and how a stronger one is asked for, made and recorded. */
export async function tellStrongerLogin(world: World): Promise<void> {
  const { report, desk, person } = world
  const agent = await world.agent('agent:remediator')
  const { task, card } = await askWithCard(world, agent, world.example('prod-stop-worker'))
  const { id } = task.task
  const [ben, gus, hana] = [person('person:ben'), person('person:gus'), person('person:hana')]
  report.note(describeTask(task))

  const atSecurity = await report.expect('Ben, an owner, clicks Approve, and it is security’s turn', async () => {
    await desk.click(card, 'approve', ben.slackUserId)
    const { stage } = await world.reader.request(id)
    const turned = await desk.untilCard(id, ({ says }) => says.includes('Waiting for security'))
    return finding(stage === 'security', `waits for ${stage}; buttons: ${turned.buttons.join(', ')}`, turned)
  })
  await report.expect('Gus presses, and is told to log in on the page; nothing is recorded', async () => {
    const before = (await desk.toldTo(gus.slackUserId)).length
    const { status } = await desk.click(atSecurity, 'approve', gus.slackUserId)
    const { text } = await desk.untilTold(gus.slackUserId, before)
    const { stages } = await world.reader.request(id)
    const decided = stages.find(({ name }) => name === 'security')?.decisions.length
    const held = status === 200 && decided === 0 && /log in/i.test(text) && text.includes(`/decide/${id}`)
    return finding(held, `${status}; told: "${text}"; ${decided} decisions`)
  })
  await report.expect('the API wants the same of him: RFC 9470 names the login that would do', async () => {
    const request = await world.reader.request(id)
    const wanted = { status: 401, code: 'insufficient_user_authentication' }
    return refusedByHotwork(() => gus.approveAsLoggedIn(request), wanted)
  })
  await report.expect('on the page he logs in for this one decision, strongly, and it counts', async () => {
    const page = new Visitor()
    await page.visit(`${world.local.apiUrl}/decide/${id}`)
    await page.press('Gus Garcia')
    const shown = page.says.includes(id)
    await page.press('Log in and approve exactly this')
    await page.follow('Log in and approve')
    const strongly = page.says.includes('This login counts as strong')
    await page.press('Gus Garcia')
    const recorded = page.says.includes('You approved this; it is on record.')
    return finding(
      shown && strongly && recorded,
      `the page shows ${id}; the login counts as strong; then: "You approved this; it is on record."`,
    )
  })
  await report.expect('Hana does so at the API, with a token that says `acr` strong, and two are enough', async () => {
    const { status, stages } = await hana.approveAsLoggedIn(await world.reader.request(id), 'strong')
    const who = stages.flatMap(({ name, decisions }) => decisions.map((each) => `${each.person} for ${name}`))
    return finding(status === 'approved', `${status} by ${who.join(', ')}`)
  })
  await report.expect('how strongly each logged in, and when, stands in the record', async () => {
    const entries = await world.reader.ledger(id)
    const decided = entries.filter(({ type, facts }) => type === 'Decided' && facts['stage'] === 'security')
    const logins = decided.map(({ facts }) => facts['login'] as { acr?: string; at?: unknown } | undefined)
    const strong = logins.every((login) => login?.acr === 'strong' && login.at !== undefined)
    const said = decided.map(({ actor }, index) => `${actor.id}: ${JSON.stringify(logins[index])}`)
    return finding(strong && logins.length === 2, said.join('; '))
  })
  await report.expect('Gus’s ID token is evidence in the ledger, withheld from readers while it is good', async () => {
    const entries = await world.reader.ledger(id)
    const at = entries.findIndex(({ facts }) => JSON.stringify(facts).includes('withheldUntil'))
    const whole = findBreak(id, entries.slice(0, at)) === undefined
    const { broken } = await replay(id, entries)
    const held = broken?.why === 'withheld' && broken.at === entries[at]?.id && !JSON.stringify(entries).includes('eyJ')
    return finding(whole && held, `the verifier says: ${JSON.stringify(broken)}`)
  })
  await report.expect(
    'the agent finds that it need not stop the worker after all, and hands its right back',
    async () => {
      const { hotwork } = await agent.complete(id, 'failed', 'not needed any more: the deploy was rolled back')
      return finding(hotwork.grant?.status === 'completed', `grant: ${hotwork.grant?.status}`)
    },
  )
}

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

/**
 * A stage that nobody answers is widened to others, once, and then it is over. In a deployment of its own, whose ladder
 * has seconds where the sample's has minutes, so that it is waited for.
 */
export async function tellSilence(world: World): Promise<void> {
  const { report, person, desk, reader } = world
  const agent = await world.agent('agent:remediator')
  const [jade, eve] = [person('person:jade'), person('person:eve')]
  const first = await askWithCard(world, agent, world.example('prod-payment-timeout'))
  const second = await askWithCard(world, agent, world.example('prod-worker-timeout'))
  const [one, other] = [first.task.task.id, second.task.task.id]
  report.note(describeTask(first.task))

  await report.expect('Jade is on call: while the owners have time, her press changes nothing', async () => {
    const before = (await desk.toldTo(jade.slackUserId)).length
    await desk.click(first.card, 'approve', jade.slackUserId)
    const { text } = await desk.untilTold(jade.slackUserId, before)
    const { status, stages } = await reader.request(one)
    return finding(status === 'pending' && stages[0]?.decisions.length === 0, `told: "${text}"`)
  })
  const widened = await report.expect(
    'the owners are silent; at their deadline the card asks those on call as well',
    async () => {
      const card = await desk.untilCard(one, ({ says }) => says.includes('escalated to on-call'))
      const { status } = await reader.request(one)
      return finding(status === 'pending', `"${card.says.slice(0, 100).trim()}..."; still ${status}`, card)
    },
  )
  await report.expect('now Jade’s press counts, in the owners’ place, and Eve decides the next stage', async () => {
    await desk.click(widened, 'approve', jade.slackUserId)
    const card = await desk.untilCard(one, ({ says }) => says.includes('Waiting for sre'))
    await desk.click(card, 'approve', eve.slackUserId)
    const { status, stages } = await reader.request(one)
    const who = stages.flatMap(({ name, decisions }) => decisions.map((each) => `${each.person} for ${name}`))
    return finding(status === 'approved', `${status} by ${who.join(', ')}`)
  })
  await report.expect(
    'the other request nobody answers at all: a second silence ends it, and is no consent',
    async () => {
      const { task } = await agent.waitUntilSettled(other)
      const card = await desk.untilCard(other, ({ says }) => says.includes('Expired'))
      return finding(task.status === 'expired' && card.buttons.length === 0, `the agent learns: ${task.status}`)
    },
  )
  await report.expect('all of it is on record', async () => {
    const types = async (id: string) => (await reader.ledger(id)).map(({ type }) => type)
    const [answered, silent] = [await types(one), await types(other)]
    const held = answered.includes('StageEscalated') && silent.includes('StageEscalated') && silent.at(-1) === 'Expired'
    return finding(held, `${answered.join(', ')}; and ${silent.join(', ')}`)
  })
  await agent.complete(one, 'failed', 'the demo has seen what it wanted')
}
