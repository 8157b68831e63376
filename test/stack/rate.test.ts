import { type Answer, deployed, setParameter, staging } from './support/deployment.ts'

/** The rate limit of an agent at the deployed doors. The planner has no other requests. */

const hotwork = deployed()
const planner = 'agent:planner'

const denial = { evaluation_id: `evl_${'0'.repeat(26)}`, expires_at: '2100-01-01T00:00:00Z' }
const submit = () => hotwork.submission(planner, { ...setParameter(staging), denial })

test('an agent that submits without end is told to wait', async () => {
  const answers: Answer[] = []
  for (let round = 0; round < 60 && !answers.some(({ status }) => status === 429); round++)
    answers.push(...(await Promise.all(Array.from({ length: 10 }, submit))))
  const refused = answers.find(({ status }) => status === 429)
  expect(refused?.body).toMatchObject({ type: `${hotwork.local.issuer}/problems/too_many_requests` })
  expect(Number(refused?.headers.get('retry-after'))).toBeGreaterThan(0)
  expect(answers.filter(({ status }) => status === 400).length).toBeGreaterThanOrEqual(120)
}, 300_000)

test("a refusal by policy is on the agent's own record, which a person reads", async () => {
  const refused = { ...setParameter('/prod/hotwork/x'), subject: { type: 'agent', id: planner } }
  for (let n = 0; n < 3; n++) expect((await hotwork.evaluate(planner, refused)).body.decision).toBe(false)
  const path = `/v1/ledger/${encodeURIComponent(planner)}`
  const { status, body } = await hotwork.as('person:ana', 'GET', path)
  expect(status).toBe(200)
  const found = body.entries.filter(
    ({ resource }: { resource?: object }) => resource && JSON.stringify(resource).includes('/hotwork/x'),
  )
  expect(found).toMatchObject([{ type: 'Refused', parent_task: { id: 'INC-4822' }, facts: { attempted: 'evaluate' } }])
  expect((await hotwork.as('person:ana', 'GET', `/v1/ledger/${planner}`)).body).toEqual(body)
  expect((await hotwork.as(planner, 'GET', path)).status).toBe(401)
})
