import { createHmac, randomBytes } from 'node:crypto'
import { askWithCard } from '../asking.ts'
import { call } from '../calls.ts'
import type { SentInteraction } from '../desk-client.ts'
import { approvedRequest, clickInVain, closedCard, completed, finding, refused, tokenRefused } from '../findings.ts'
import { decisionsOf } from '../person.ts'
import { Visitor } from '../visitor.ts'
import { type World, workloadIdentity } from '../world.ts'
import { replay } from './ledger.ts'

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
    const { held, found, value } = await closedCard(world, id, 'Denied')
    return finding(held && value.says.includes(chloe.id), found)
  })
  await report.expect('Ben’s screen has not caught up; his Approve is too late, and he alone is told', async () => {
    const { held, found } = await clickInVain(world, { id, card }, 'person:ben', /settled or has ended/)
    const { status } = await chloe.request(id)
    return finding(held && status === 'denied', `${found}; still ${status}`)
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
    const why = new RegExp(`(?=.*log in)(?=.*/decide/${id})`, 'is')
    const { held, found } = await clickInVain(world, { id, card: atSecurity }, gus.id, why)
    return finding(held && (await securityNow()).length === 0, found)
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
    return approvedRequest(await hana.approve(await world.reader.request(id), 'strong'))
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
    const committed = entries.some(({ facts }) => /"idToken":"sha-256:/.test(JSON.stringify(facts)))
    const { broken } = await replay(id, entries)
    const held = committed && broken === undefined && !JSON.stringify(entries).includes('eyJ')
    return finding(
      held,
      `the entry has a commitment to it, and the chain verifies: ${JSON.stringify(broken ?? 'whole')}`,
    )
  })
  await report.expect('the agent needs it no longer, and hands its right back', () =>
    completed(agent, id, 'failed', 'not needed any more: the deploy was rolled back'),
  )
}

/** With a login that is made for this decision. @returns what the page said before */
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
  const inVain = (expected: string, who: string, why: RegExp) =>
    report.expect(expected, () => clickInVain(world, { id, card }, who, why))

  await inVain('Dan owns the agent that asks: his Approve is refused', 'person:dan', /You answer for an agent/)
  await inVain('Gus, of security, has no say at this tier', 'person:gus', /Policy does not let you/)
  await report.expect('Ana is an owner and of sre: her Approve counts, for the owner’s stage', async () => {
    const { status } = await desk.click(card, 'approve', person('person:ana').slackUserId)
    const counted = (await decisionsNow()).join()
    return finding(status === 200 && counted === 'person:ana for owner', `${status}; ${counted}`)
  })
  const genuine = await desk.lastInteraction()
  await inVain('Ana clicks again for sre: no person counts twice', 'person:ana', /each person counts once/)

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
    const token = await workloadIdentity(local, 'agent:remediator')(local.issuer)
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

function postAs(token: string, url: string, body: object): Promise<unknown> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  return call({ method: 'POST', url, prepare: async () => ({ headers, body: JSON.stringify(body) }) })
}

const post = ({ url, headers, body }: SentInteraction) => fetch(url, { method: 'POST', headers, body })

/** As by another person: everything but the signing secret. */
function forge({ url, headers, body }: SentInteraction, from: string, to: string): SentInteraction {
  const timestamp = String(Math.floor(Date.now() / 1000))
  const changed = body.replaceAll(from, to)
  const signature = createHmac('sha256', randomBytes(16)).update(`v0:${timestamp}:${changed}`).digest('hex')
  const signed = { 'x-slack-request-timestamp': timestamp, 'x-slack-signature': `v0=${signature}` }
  return { url, headers: { ...headers, ...signed }, body: changed }
}

export async function tellSilence(world: World): Promise<void> {
  const { report, person, desk, reader } = world
  const agent = await world.agent('agent:remediator')
  const [jade, eve] = [person('person:jade'), person('person:eve')]
  const one = await askWithCard(world, agent, world.example('prod-payment-timeout'))

  await report.expect('Jade is on call: while the owners have time, her click changes nothing', () =>
    clickInVain(world, one, jade.id, /./),
  )
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
    return approvedRequest(await reader.request(one.id))
  })
  await report.expect('a second silence ends the other request, and is no consent', async () => {
    const { task } = await agent.waitUntilSettled(other.id)
    const { held } = await closedCard(world, other.id, 'Expired')
    return finding(held && task.status === 'expired', `the agent learns: ${task.status}`)
  })
  await report.expect('all of it is on record', async () => {
    const types = async (id: string) => (await reader.ledger(id)).map(({ type }) => type)
    const [answered, silent] = [await types(one.id), await types(other.id)]
    const held = answered.includes('StageEscalated') && silent.includes('StageEscalated') && silent.at(-1) === 'Expired'
    return finding(held, `${answered.join(', ')}; and ${silent.join(', ')}`)
  })
}
