import { until } from './support/aws.ts'
import { deployed, prod, remediator, setParameter } from './support/deployment.ts'

const hotwork = deployed()
const { local, desk } = hotwork

test('a click by the wrong person is refused in private, changes nothing, and is on the record', async () => {
  const id = await hotwork.submitted(remediator, setParameter(prod))
  const card = await desk.untilCard(id)
  for (const [user, slackId, words] of [
    ['person:dan', 'U0DAN', /own/i],
    ['person:lena', 'U0LENA', /may not|cannot|not.*decide/i],
    ['person:eve', 'U0EVE', /not open|turn|owner/i],
  ] as const) {
    const before = (await desk.toldTo(slackId)).length
    expect(await desk.click(card, 'approve', user)).toMatchObject({ status: 200 })
    expect((await desk.untilTold(slackId, before)).text).toMatch(words)
  }
  expect((await hotwork.view(id)).stages[0].decisions).toEqual([])
  const refused = (await hotwork.ledger(id)).filter(({ type }) => type === 'Refused')
  expect(refused.map(({ facts }) => facts.code)).toEqual(['self_approval', 'not_eligible', 'stage_not_open'])
})

test('a forged click is 401, and a repeated one has no second effect', async () => {
  const id = await hotwork.submitted(remediator, setParameter(prod))
  await desk.click(await desk.untilCard(id), 'approve', 'person:ana')
  const { headers, body } = await desk.lastInteraction()
  const forged = await hotwork.send('POST', '/slack/events', {
    headers: { ...headers, 'x-slack-signature': `v0=${'0'.repeat(64)}` },
    body,
  })
  expect(forged.status).toBe(401)
  const changed = await hotwork.send('POST', '/slack/events', { headers, body: body.replace('approve', 'deny') })
  expect(changed.status).toBe(401)
  const before = await hotwork.ledger(id)
  expect((await hotwork.send('POST', '/slack/events', { headers, body })).status).toBe(200)
  expect(await hotwork.ledger(id)).toHaveLength(before.length)
})

test('a denial by a person eligible for any stage settles the request, and names them', async () => {
  const id = await hotwork.submitted(remediator, setParameter(prod))
  await desk.click(await desk.untilCard(id), 'deny', 'person:finn')
  expect((await hotwork.untilSettled(remediator, id)).body.task.status).toBe('denied')
  const denied = await desk.untilCard(id, ({ says }) => says.includes('Denied'))
  expect(denied.says).toContain('Finn')
  expect(denied.buttons).toEqual([])
})

test('an approver narrows a request by a form; the others find the old ask stale, and approve the new one', async () => {
  const args = { FunctionName: 'checkout-worker', Timeout: 60 }
  const id = await hotwork.submitted(remediator, {
    ...setParameter(prod),
    action: { name: 'lambda:UpdateFunctionConfiguration', properties: args },
    resource: { type: 'lambda:function', id: `arn:aws:lambda:us-east-1:000000000000:function:${args.FunctionName}` },
  })
  const asked = await hotwork.view(id)
  await desk.click(await desk.untilCard(id), 'narrow', 'U0BEN')
  await desk.submitForm('U0BEN', { 'argument:Timeout': '45', minutes: '5' })
  expect(await hotwork.view(id)).toMatchObject({ status: 'pending', round: 2, stage: 'sre' })
  const answer = await until(
    () => hotwork.task(remediator, id),
    ({ status }) => status === 200,
  )
  expect(answer.body.task.display[`${local.issuer}/ns/hotwork`]).toMatchObject({
    round: 2,
    narrowed: { arguments: { Timeout: 45 }, lifetime: 300 },
  })
  expect(await hotwork.decide('person:eve', id, { round: 1, digest: asked.digest })).toMatchObject({ status: 409 })
  await desk.click(await desk.untilCard(id, ({ says }) => says.includes('60 → 45')), 'approve', 'U0EVE')
  expect(await hotwork.view(id)).toMatchObject({ status: 'approved' })
})

test('requests are decided through the API while Slack is down, and the card catches up', async () => {
  await desk.fail(500)
  const id = await hotwork.approved(setParameter(prod)).finally(() => desk.fail(0))
  // The queue retries by itself; a change has it look at once.
  await hotwork.complete(remediator, id)
  expect((await desk.untilCard(id, ({ says }) => says.includes('Completed'))).buttons).toEqual([])
})
