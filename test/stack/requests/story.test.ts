import { verify } from '../../../functions/domain/ledger/ledger.ts'
import { statesOf, untilRefused, untilState, withCredentials } from '../support/aws.ts'
import { denialOf, deployed, prod, remediator, setParameter, staging } from '../support/deployment.ts'

const hotwork = deployed()
const { local, desk } = hotwork

test('two people in two stages click, and the agent can do exactly that until it is done', async () => {
  const id = await hotwork.submitted(remediator, setParameter(prod))
  const card = await desk.untilCard(id)
  expect(card.buttons).toEqual(['approve', 'narrow', 'deny', 'read', 'more'])
  expect(Object.keys(card.choices)).toEqual(['approve_comment', 'deny_words', 'revise', 'ask_agent', 'ask_colleague'])
  expect(await desk.click(card, 'approve', 'person:ben')).toMatchObject({ status: 200 })
  expect((await desk.untilCard(id, ({ says }) => says.includes('sre'))).ts).toBe(card.ts)
  expect(await desk.click(card, 'approve', 'person:eve')).toMatchObject({ status: 200 })
  const task = await hotwork.untilSettled(remediator, id)
  expect(task.body).toMatchObject({ task: { status: 'approved' }, result: { mode: 'reevaluate' } })

  const token = await hotwork.exchange(remediator, id)
  expect(token.body).toMatchObject({ token_type: 'DPoP', authorization_details: [{ request: id, uses: 1 }] })
  const credentials = await hotwork.awsCredentials(remediator, token.body.access_token)
  expect(credentials).toMatchObject({ status: 200, body: { Version: 1 } })
  const agent = withCredentials(local, credentials)
  expect(await agent.putParameter(prod)).toBe('done')
  expect(await agent.putParameter('/prod/checkout/other')).toMatch(/AccessDenied/)
  expect(await agent.putParameter(staging)).toMatch(/AccessDenied/)

  expect(await hotwork.complete(remediator, id)).toMatchObject({ status: 200, body: { task: { status: 'approved' } } })
  expect(await hotwork.complete(remediator, id)).toMatchObject({ status: 200 })
  expect(await untilRefused(() => agent.putParameter(prod))).toMatch(/AccessDenied/)
  expect(await hotwork.exchange(remediator, id)).toMatchObject({
    status: 400,
    body: { error: 'invalid_authorization_details', error_description: expect.stringMatching(/^completed/) },
  })
  expect((await desk.untilCard(id, ({ says }) => says.includes('Completed'))).buttons).toEqual([])

  expect(await untilState(local, id, 'Tier2 sre')).toEqual(['Tier2 owner', 'Tier2 sre'])
  const entries = await hotwork.ledger(id)
  expect(verify(id, entries)).toMatchObject({ state: { status: 'completed', ask: { id } } })
  expect(verify(id, entries).broken).toBeUndefined()
  // One signature for each token: an intent and an issue on the record, and nothing else is signed.
  expect(
    entries.filter(({ type, facts }) => type === 'CredentialIssued' && facts.claim === 'access_token'),
  ).toHaveLength(1)
})

test('an action that needs no approval is 201, and waits only for its completion', async () => {
  const submitted = await hotwork.submit(remediator, setParameter(staging))
  expect(submitted).toMatchObject({ status: 201, body: { task: { status: 'approved' } } })
  const { id } = submitted.body.task
  expect((await hotwork.exchange(remediator, id)).status).toBe(200)
  await hotwork.complete(remediator, id, { outcome: 'failed', note: 'it was healthy already' })
  // It waits for no person, so no execution was started.
  expect(await statesOf(local, id)).toEqual([])
})

test('a revoked grant is refused at once by Hotwork, and its AWS credentials as soon as the deny is in force', async () => {
  const id = await hotwork.submitted(remediator, setParameter(staging))
  const agent = await hotwork.session(remediator, id)
  expect(await agent.putParameter(staging)).toBe('done')
  const revoke = async (person: string) =>
    hotwork.as(person, 'POST', `/v1/requests/${id}/revoke`, { reason: 'the incident is over' })
  expect(await revoke('person:ana')).toMatchObject({
    status: 403,
    body: { type: expect.stringContaining('not_permitted') },
  })
  expect(await revoke('person:gus')).toMatchObject({ status: 200, body: { status: 'revoked' } })
  expect((await hotwork.awsCredentials(remediator, agent.token)).status).toBe(401)
  expect(await untilRefused(() => agent.putParameter(staging))).toMatch(/AccessDenied/)
})

test('replaced AWS credentials die, and the new ones live', async () => {
  const id = await hotwork.submitted(remediator, setParameter(staging))
  const first = await hotwork.session(remediator, id)
  const second = withCredentials(local, await hotwork.awsCredentials(remediator, first.token))
  expect(await untilRefused(() => first.putParameter(staging))).toMatch(/AccessDenied/)
  expect(await second.putParameter(staging)).toBe('done')
})

test('the API demands a stronger login with a challenge that names it', async () => {
  const id = await hotwork.submitted(remediator, {
    ...setParameter(prod),
    context: { ...setParameter(prod)['context'], justification: 'the queue grows without an end' },
    action: {
      name: 'lambda:PutFunctionConcurrency',
      properties: { FunctionName: 'checkout-worker', ReservedConcurrentExecutions: 0 },
    },
    resource: { type: 'lambda:function', id: 'arn:aws:lambda:us-east-1:000000000000:function:checkout-worker' },
  })
  expect(await hotwork.decide('person:ana', id)).toMatchObject({ status: 200, body: { stage: 'security' } })
  const weak = await hotwork.decide('person:gus', id)
  expect(weak.status).toBe(401)
  expect(weak.headers.get('www-authenticate')).toContain('insufficient_user_authentication')
  expect(weak.headers.get('www-authenticate')).toContain('acr_values="strong", max_age="900"')
  const strong = { acr_values: 'strong' }
  expect(await hotwork.decide('person:gus', id, {}, strong)).toMatchObject({ status: 200 })
  expect(await hotwork.decide('person:hana', id, {}, strong)).toMatchObject({
    status: 200,
    body: { status: 'approved' },
  })
})

test('people see a fact about what an action reaches, which Hotwork reads by the rights of its entry', async () => {
  const id = await hotwork.submitted(remediator, {
    ...setParameter(prod),
    context: { ...setParameter(prod)['context'], justification: 'the queue grows without an end' },
    action: {
      name: 'lambda:PutFunctionConcurrency',
      properties: { FunctionName: 'checkout-worker', ReservedConcurrentExecutions: 7 },
    },
    resource: { type: 'lambda:function', id: 'arn:aws:lambda:us-east-1:000000000000:function:checkout-worker' },
  })
  const { preview } = await hotwork.view(id)
  expect(preview).toMatchObject({
    after: { ReservedConcurrentExecutions: 7 },
    reach: [{ label: 'last changed', value: expect.stringMatching(/^\d{4}/) }],
  })
})

test('twenty concurrent approvals for a quorum of one are one approval', async () => {
  const id = await hotwork.submitted(remediator, setParameter(prod))
  const { stage, round, digest } = await hotwork.view(id)
  const people = ['person:ana', 'person:ben', 'person:chloe']
  const tokens = await Promise.all(people.map((person) => hotwork.token(person)))
  const body = { verdict: 'approve', stage, round, digest }
  const path = `/v1/requests/${id}/decisions`
  const clicks = Array.from({ length: 20 }, (_, n) => hotwork.json('POST', path, tokens[n % 3], body))
  expect((await Promise.all(clicks)).filter(({ status }) => status === 200)).toHaveLength(1)
  expect((await hotwork.view(id)).stages[0].decisions).toHaveLength(1)
  expect(verify(id, await hotwork.ledger(id)).broken).toBeUndefined()
})

test('two concurrent submissions with one idempotency key are one request', async () => {
  const body = setParameter(prod)
  const denial = denialOf((await hotwork.evaluate(remediator, body)).body.context)
  const key = { 'idempotency-key': `both-${denial['evaluation_id']}` }
  const submit = (changed = body) => hotwork.submission(remediator, { ...changed, denial }, key)
  const [first, second] = await Promise.all([submit(), submit()])
  expect(first.body.task.id).toBe(second.body.task.id)
  expect(await submit(setParameter(prod))).toMatchObject({
    status: 409,
    body: { type: 'urn:openid:authzen:access-request:error:duplicate_request' },
  })
})

test('a waiting agent is answered as soon as its request changes', async () => {
  const id = await hotwork.submitted(remediator, setParameter(prod))
  const waiting = hotwork.task(remediator, id, 25)
  await hotwork.decide('person:ana', id)
  expect((await waiting).body.task.progress).toMatchObject({ current_step: 2, step_name: 'sre' })
})

test('an agent can withdraw its request once', async () => {
  const id = await hotwork.submitted(remediator, setParameter(prod))
  const cancel = async () => hotwork.as(remediator, 'POST', `/access/v1/requests/${id}/cancel`)
  expect(await cancel()).toMatchObject({ status: 200, body: { task: { status: 'cancelled' } } })
  expect(await cancel()).toMatchObject({
    status: 409,
    body: { type: 'urn:openid:authzen:access-request:error:invalid_task_state' },
  })
  expect((await desk.untilCard(id, ({ says }) => says.includes('Withdrawn'))).buttons).toEqual([])
})
