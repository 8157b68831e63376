import { randomUUID } from 'node:crypto'
import { inBrowser } from '../local/support/browser.ts'
import { forgetWords, until } from './support/aws.ts'
import { button, useBrowser } from './support/browser.ts'
import { deployed, prod, remediator, setParameter } from './support/deployment.ts'

/** Words between people and an agent, by each button of the deployed app and by the deployed pages. */

const hotwork = deployed()
const { desk, local } = hotwork
afterAll(() => forgetWords(local, remediator))
const taskOf = async (id: string) => {
  const { body } = await until(
    () => hotwork.task(remediator, id),
    ({ status }) => status === 200,
  )
  return body.task.display[`${local.issuer}/ns/hotwork`]
}
const field = 'suggest::FunctionVersion'

/**
 * A rollback, which no other test of the stack asks for: people do not decide what they told an agent to ask for, and all
 * tests share the deployment.
 */
const rollBack = (FunctionVersion: string) => ({
  ...setParameter(prod),
  action: { name: 'lambda:UpdateAlias', properties: { FunctionName, Name: `live-${randomUUID()}`, FunctionVersion } },
  resource: { type: 'lambda:function', id: `arn:aws:lambda:us-east-1:000000000000:function:${FunctionName}` },
})
const FunctionName = 'checkout-messages'

test('a person asks the agent, which answers; they send it back with a value, and the revision shows both', async () => {
  const ask = rollBack('41')
  const id = await hotwork.submitted(remediator, ask)
  await desk.click(await desk.untilCard(id), 'ask_agent', 'U0BEN')
  await desk.submitForm('U0BEN', { question: 'is an older version enough?' })
  const { questions } = await taskOf(id)
  expect(questions).toMatchObject([{ text: 'is an older version enough?', answered: false }])
  const path = `/access/v1/requests/${id}/answers`
  const answer = { question: questions[0].id, text: 'yes, 40 would do' }
  const dpop = await hotwork.proof(remediator, 'POST', path)
  expect(await hotwork.as(remediator, 'POST', path, answer, { dpop })).toMatchObject({ status: 200 })
  const card = await desk.untilCard(id, ({ says }) => says.includes('yes, 40 would do'))
  // The asker has no card of their own here, or has: either way the answer is told once, beneath one.
  const said = await desk.untilSaid(id, (all) => all.some(({ text }) => text.includes('The agent has answered')))
  expect(said.filter(({ text }) => text.includes('The agent has answered'))).toHaveLength(1)
  await desk.click(card, 'revise', 'U0BEN')
  await desk.submitForm('U0BEN', { to_agent: '40 is good', [field]: '40' })
  expect(await hotwork.view(id)).toMatchObject({ status: 'denied', outcome: 'revise' })
  const told = await taskOf(id)
  expect(told).toMatchObject({
    outcome: 'revise',
    messages: [{ text: '40 is good', from: 'approver', verdict: 'revise' }],
    suggest: { arguments: { ...ask.action.properties, FunctionVersion: '40' } },
  })
  expect(JSON.stringify(told)).not.toMatch(/ben/i)
  const action = { ...ask.action, properties: { ...ask.action.properties, FunctionVersion: '40' } }
  const again = { ...ask, action, context: { ...setParameter(prod)['context'], revises: id } }
  const revision = await hotwork.submitted(remediator, again)
  const { says } = await desk.untilCard(revision)
  for (const text of [`Revision 1`, id, '→ "40"', 'May not decide it: Ben Baker', '40 is good'])
    expect(says).toContain(text)
  const refused = await desk.clickAndRead(await desk.untilCard(revision), 'approve', 'U0BEN')
  expect(refused.told).toMatch(/told the agent/)
  await desk.click(await desk.untilCard(revision), 'approve', 'U0ANA')
  await desk.untilCard(revision, ({ says }) => says.includes('Ana Alves'))
})

test('a person asks a colleague, who is sent the card with the name of the first, and denies with words for the agent', async () => {
  const id = await hotwork.submitted(remediator, rollBack('41'))
  await desk.click(await desk.untilCard(id), 'ask_colleague', 'U0CHLOE')
  await desk.submitForm('U0CHLOE', { colleague: 'person:ana' })
  expect(await hotwork.view(id)).toMatchObject({
    colleagues: [{ by: 'person:chloe', to: 'person:ana', stage: 'owner' }],
  })
  await desk.untilSaid(id, (all) => all.some(({ text }) => text.includes('person:chloe asks you to look at this')))
  await desk.click(await desk.untilCard(id), 'deny_words', 'U0EVE')
  await desk.submitForm('U0EVE', { to_agent: 'ask on Monday', comment: 'a freeze begins' })
  const denied = await desk.untilCard(id, ({ says }) => says.includes('ask on Monday'))
  expect(denied.says).toContain('a freeze begins')
  expect((await taskOf(id)).messages).toEqual([{ text: 'ask on Monday', from: 'approver', verdict: 'deny' }])
})

inBrowser('the deployed page', () => {
  const openAs = useBrowser()

  test('a person asks on the page, and sends the request back there, without a script', async () => {
    const id = await hotwork.submitted(remediator, rollBack('41'))
    const page = await openAs('Chloe Chen', `${local.apiUrl}/decide/${id}`)
    await page.getByText('Ask the agent a question').click()
    await page.getByLabel(/^Question/).fill('is an older version enough?')
    await button(page, 'Ask the agent').click()
    await page.getByText('is an older version enough?').first().waitFor()
    expect((await taskOf(id)).questions).toMatchObject([{ text: 'is an older version enough?' }])
    await page.getByText('Ask a colleague to look').click()
    await page.getByLabel('Who should look at it').selectOption('person:ana')
    await button(page, 'Ask them to look').click()
    await page.getByText('asked Ana Alves (person:ana) to look at this').waitFor()
    await page.getByText('Say what to change, and send it back').click()
    await page.locator('#revise-to-agent').fill('40 is good')
    await page.getByText('Suggest other arguments').click()
    await page.locator(`[id="${field}"]`).fill('40')
    await button(page, 'Send it back').click()
    await page.getByText('You sent this back; it is on record.').waitFor()
    expect(await taskOf(id)).toMatchObject({ outcome: 'revise', suggest: { arguments: { FunctionVersion: '40' } } })
  })
})
