import { askWithCard, describeTask } from '../asking.ts'
import { findBreak } from '../chain.ts'
import { finding, refusedByHotwork } from '../findings.ts'
import { replay } from '../replay.ts'
import { Visitor } from '../visitor.ts'
import type { World } from '../world.ts'

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
