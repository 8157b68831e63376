import { createHmac, randomBytes } from 'node:crypto'
import { readAnswer } from '../../../../examples/remediator/wire.ts'
import { askWithCard } from '../asking.ts'
import { findBreak } from '../chain.ts'
import type { SentInteraction } from '../desk-client.ts'
import { finding, refused, tokenRefused } from '../findings.ts'
import { decisionsOf } from '../person.ts'
import { Visitor } from '../visitor.ts'
import type { World } from '../world.ts'
import { replay } from './ledger.ts'
import { describeCard } from './requests.ts'

export async function tellNoFromPeople(world: World): Promise<void> {
  const { report, desk, person } = world
  const agent = await world.agent('agent:remediator')
  const { id, card } = await askWithCard(world, agent, world.example('prod-worker-timeout'))

  await report.expect('while people decide, there is no token', () => tokenRefused(agent, id, 'pending'))
  const chloe = person('person:chloe')
  await report.expect('Chloe, an owner, clicks Deny, and one no is enough', async () => {
    const waiting = agent.waitUntilSettled(id)
    const { status, clickedAt } = await desk.click(card, 'deny', chloe.slackUserId)
    const { task } = await waiting
    report.latency('click to the waiting agent', Date.now() - clickedAt)
    return finding(status === 200 && task.status === 'denied', `${status}; the agent learns: ${task.status}`)
  })
  await report.expect('denied: there is no token', () => tokenRefused(agent, id, 'denied'))
  await report.expect('the card says who denied it, and has no buttons left', async () => {
    const denied = await desk.untilCard(id, ({ says }) => says.includes('Denied'))
    return finding(denied.buttons.length === 0 && denied.says.includes(chloe.id), describeCard(denied))
  })
  const ben = person('person:ben')
  await report.expect('Ben’s screen has not caught up; his Approve is too late, and he alone is told', async () => {
    const { status, told } = await desk.clickAndRead(card, 'approve', ben.slackUserId)
    const request = await ben.request(id)
    const held = status === 200 && request.status === 'denied' && /too late/i.test(told)
    return finding(held, `${status}; told: "${told}"; still ${request.status}`)
  })
}

export async function tellStrongerLogin(world: World): Promise<void> {
  const { report, desk, person, reader } = world
  const agent = await world.agent('agent:remediator')
  const { id, card } = await askWithCard(world, agent, world.example('prod-stop-worker'))
  const securityNow = async () =>
    (await reader.request(id)).stages.find(({ name }) => name === 'security')?.decisions ?? []
  const [ben, gus, hana] = [person('person:ben'), person('person:gus'), person('person:hana')]

  const atSecurity = await report.expect('Ben, an owner, clicks Approve, and it is security’s turn', async () => {
    await desk.click(card, 'approve', ben.slackUserId)
    const { stage } = await world.reader.request(id)
    const turned = await desk.untilCard(id, ({ says }) => says.includes('Waiting for security'))
    return finding(stage === 'security', `waits for ${stage}; buttons: ${turned.buttons.join(', ')}`, turned)
  })
  await report.expect('Gus clicks, and is told to log in on the page; nothing is recorded', async () => {
    const { status, told } = await desk.clickAndRead(atSecurity, 'approve', gus.slackUserId)
    const decided = (await securityNow()).length
    const held = status === 200 && decided === 0 && /log in/i.test(told) && told.includes(`/decide/${id}`)
    return finding(held, `${status}; told: "${told}"; ${decided} decisions`)
  })
  await report.expect('the API wants the same of him: RFC 9470 names the login that would do', async () => {
    const request = await reader.request(id)
    return refused('401 insufficient_user_authentication', () => gus.approve(request))
  })
  await report.expect('on the page he logs in for this one decision, strongly, and it counts', async () => {
    const shown = await approveOnPage(`${world.local.apiUrl}/decide/${id}`, 'Gus Garcia')
    const held = shown.includes(id) && (await securityNow()).some(({ person }) => person === gus.id)
    return finding(held, `the page shows ${id}; his decision is on record`)
  })
  await report.expect('Hana does so at the API, with a token that says `acr` strong, and two are enough', async () => {
    const request = await hana.approve(await world.reader.request(id), 'strong')
    return finding(request.status === 'approved', `${request.status} by ${decisionsOf(request).join(', ')}`)
  })
  await report.expect('how strongly each logged in, and when, is in the record', async () => {
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
  await report.expect('the agent needs it no longer, and hands its right back', async () => {
    const { hotwork } = await agent.complete(id, 'failed', 'not needed any more: the deploy was rolled back')
    return finding(hotwork.grant?.status === 'completed', `grant: ${hotwork.grant?.status}`)
  })
}

/** Logs in, approves with a login that is made for it, and comes back. @returns what the page said before */
async function approveOnPage(address: string, who: string): Promise<string> {
  const page = new Visitor()
  await page.visit(address)
  await page.click(who)
  const shown = page.says
  await page.click('Log in and approve exactly this')
  await page.follow('Log in and approve')
  if (!page.says.includes('This login counts as strong')) throw new Error(`the login page says: ${page.says}`)
  await page.click(who)
  if (!page.says.includes('You approved this; it is on record.')) throw new Error(`the page says: ${page.says}`)
  return shown
}

export async function tellWrongHands(world: World): Promise<void> {
  const { report, desk, person, local } = world
  const agent = await world.agent('agent:remediator')
  const { id, card } = await askWithCard(world, agent, world.example('prod-worker-timeout'))
  const decisionsNow = async () => decisionsOf(await world.reader.request(id))
  const clickInVain = (expected: string, who: string, why: RegExp) =>
    report.expect(expected, async () => {
      const before = await decisionsNow()
      const { status, told } = await desk.clickAndRead(card, 'approve', person(who).slackUserId)
      const after = await decisionsNow()
      const held = status === 200 && why.test(told) && after.length === before.length
      return finding(held, `${status}; told: "${told}"; counted: ${after.join(', ') || 'nothing'}`)
    })

  await clickInVain('Dan owns the agent that asks: his Approve is refused', 'person:dan', /\bown\b/)
  await clickInVain('Gus, of security, has no say at this tier', 'person:gus', /not among those who may decide/)
  await report.expect('Ana is an owner and of sre: her Approve counts, for the owner’s stage', async () => {
    const { status } = await desk.click(card, 'approve', person('person:ana').slackUserId)
    const counted = (await decisionsNow()).join()
    return finding(status === 200 && counted === 'person:ana for owner', `${status}; ${counted}`)
  })
  const genuine = await desk.lastInteraction()
  await clickInVain('Ana clicks again for sre: no person counts twice', 'person:ana', /decided this request/)

  await report.expect('a forged click, signed with another secret, is 401 at Slack’s endpoint', async () => {
    const { status } = await post(forge(genuine, person('person:ana').slackUserId, person('person:eve').slackUserId))
    const counted = await decisionsNow()
    return finding(status === 401 && counted.length === 1, `${status}; counted: ${counted.join(', ')}`)
  })
  await report.expect('Ana’s genuine click, replayed byte for byte, changes nothing', async () => {
    const recorded = async () => (await world.reader.ledger(id)).filter(({ type }) => type === 'Decided').length
    const before = await recorded()
    const { status } = await post(genuine)
    const [decided, counted] = [await recorded(), await decisionsNow()]
    const held = decided === before && counted.length === 1
    return finding(held, `${status}; decisions on the record: ${decided}; counted: ${counted.join(', ')}`)
  })
  await report.expect('an agent’s token is refused where people decide', async () => {
    const { digest, round, stage } = await world.reader.request(id)
    const body = { verdict: 'approve', stage, round, digest }
    const token = await agent.workloadToken()
    return refused('401', () => postAs(token, `${local.apiUrl}/v1/requests/${id}/decisions`, body))
  })
  await report.expect('a person’s token is refused where agents ask', async () => {
    const token = await person('person:eve').token()
    const url = `${local.apiUrl}/access/v1/evaluation`
    return refused('401', () => postAs(token, url, world.example('prod-worker-timeout')))
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
  return readAnswer(await post({ url, headers, body: JSON.stringify(body) }))
}

const post = ({ url, headers, body }: SentInteraction) => fetch(url, { method: 'POST', headers, body })

/** The same click as by another person, made with everything but the signing secret. */
function forge({ url, headers, body }: SentInteraction, from: string, to: string): SentInteraction {
  const timestamp = String(Math.floor(Date.now() / 1000))
  const changed = body.replaceAll(from, to)
  const signature = createHmac('sha256', randomBytes(16)).update(`v0:${timestamp}:${changed}`).digest('hex')
  const signed = { 'x-slack-request-timestamp': timestamp, 'x-slack-signature': `v0=${signature}` }
  return { url, headers: { ...headers, ...signed }, body: changed }
}

/** A stage that no person answers is widened to others, once, and then it is over. Needs a ladder of seconds. */
export async function tellSilence(world: World): Promise<void> {
  const { report, person, desk, reader } = world
  const agent = await world.agent('agent:remediator')
  const [jade, eve] = [person('person:jade'), person('person:eve')]
  const one = await askWithCard(world, agent, world.example('prod-payment-timeout'))

  await report.expect('Jade is on call: while the owners have time, her click changes nothing', async () => {
    const { told } = await desk.clickAndRead(one.card, 'approve', jade.slackUserId)
    const { status, stages } = await reader.request(one.id)
    return finding(status === 'pending' && stages[0]?.decisions.length === 0, `told: "${told}"`)
  })
  const other = await askWithCard(world, agent, world.example('prod-worker-timeout'))
  const widened = await report.expect(
    'the owners are silent: at their deadline the people on call are asked',
    async () => {
      const card = await desk.untilCard(one.id, ({ says }) => says.includes('escalated to on-call'))
      const { status } = await reader.request(one.id)
      return finding(status === 'pending', `"${card.says.slice(0, 100).trim()}..."; still ${status}`, card)
    },
  )
  await report.expect('now Jade’s click counts, in the owners’ place, and Eve decides the next stage', async () => {
    await desk.click(widened, 'approve', jade.slackUserId)
    const card = await desk.untilCard(one.id, ({ says }) => says.includes('Waiting for sre'))
    await desk.click(card, 'approve', eve.slackUserId)
    const request = await reader.request(one.id)
    return finding(request.status === 'approved', `${request.status} by ${decisionsOf(request).join(', ')}`)
  })
  await report.expect('a second silence ends the other request, and is no consent', async () => {
    const { task } = await agent.waitUntilSettled(other.id)
    const card = await desk.untilCard(other.id, ({ says }) => says.includes('Expired'))
    return finding(task.status === 'expired' && card.buttons.length === 0, `the agent learns: ${task.status}`)
  })
  await report.expect('all of it is on record', async () => {
    const types = async (id: string) => (await reader.ledger(id)).map(({ type }) => type)
    const [answered, silent] = [await types(one.id), await types(other.id)]
    const held = answered.includes('StageEscalated') && silent.includes('StageEscalated') && silent.at(-1) === 'Expired'
    return finding(held, `${answered.join(', ')}; and ${silent.join(', ')}`)
  })
}
