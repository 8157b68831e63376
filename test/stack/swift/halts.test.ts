import { randomUUID } from 'node:crypto'
import { until, untilRefused } from '../support/aws.ts'
import { deployed, remediator, setParameter, staging } from '../support/deployment.ts'

/**
 * Halts on the deployment with short grants, where the build bot has no other work. Halts of a role and of everything would
 * stop concurrent tests: the demo declares those, and test/adapters/role-policies.
 */
const hotwork = deployed('swift')
const builder = 'agent:builder'
const path = '/v1/halts'

const declare = async (person: string, body: unknown) => hotwork.as(person, 'POST', path, body)
const lift = async (person: string, id: string) => hotwork.as(person, 'DELETE', `${path}/${id}`)
const problem = (code: string) => ({ body: { type: expect.stringContaining(code) } })

/** A request of the build bot in staging, which the owner of the parameter approves. */
async function approvedForBuilder(): Promise<string> {
  const body = setParameter(staging)
  const asked = { ...body, subject: { type: 'agent', id: builder }, context: { ...body.context, purpose: 'release' } }
  const id = await hotwork.submitted(builder, asked)
  expect(await hotwork.decide('person:ana', id)).toMatchObject({ status: 200, body: { status: 'approved' } })
  return id
}

async function sessionOf(agent: string, id: string) {
  const { token, credentials, putParameter } = await hotwork.session(agent, id)
  return { token, put: putParameter, endsAt: Date.parse(credentials.body.Expiration) }
}

test("a halt ends an agent's live AWS sessions and no other's; a second person lifts it; nothing revives, and a new request works", async () => {
  const id = await approvedForBuilder()
  const session = await sessionOf(builder, id)
  const other = await sessionOf(remediator, await hotwork.submitted(remediator, setParameter(staging)))
  expect(await session.put(staging)).toBe('done')

  expect(await declare('person:ana', { agent: builder, reason: 'I would rather not' })).toMatchObject({
    status: 403,
    ...problem('not_permitted'),
  })
  const halt = await declare('person:gus', { agent: builder, reason: 'it writes too much' })
  expect(halt).toMatchObject({
    status: 201,
    body: { id: expect.stringMatching(/^hlt_[0-9a-z]{26}$/), agent: builder, by: 'person:gus', at: expect.any(String) },
  })

  // From the answer on, Hotwork refuses.
  const [credentials, token, asked] = await Promise.all([
    hotwork.awsCredentials(builder, session.token),
    hotwork.exchange(builder, id),
    hotwork.evaluate(builder, { ...setParameter(staging), subject: { type: 'agent', id: builder } }),
  ])
  expect(credentials.status).toBe(401)
  expect(token.body.error_description).toMatch(/^revoked/)
  expect(asked.body).toMatchObject({ decision: false, context: { reason: 'agent_suspended' } })

  // IAM follows, long before the session's own end, and for this agent alone.
  expect(await untilRefused(() => session.put(staging))).toMatch(/AccessDenied/)
  if (Date.now() < session.endsAt) expect(await other.put(staging)).toMatch(Date.now() < other.endsAt ? /done/ : /./)
  expect(await hotwork.untilView(id, ({ ended }) => ended !== undefined)).toMatchObject({
    status: 'revoked',
    ended: { by: 'system', reason: `halted by ${halt.body.id}` },
  })

  expect(await lift('person:gus', halt.body.id)).toMatchObject({ status: 403, ...problem('self_lift') })
  expect(await lift('person:jade', halt.body.id)).toMatchObject({ status: 403, ...problem('not_permitted') })
  const lifted = await lift('person:hana', halt.body.id)
  expect(lifted).toMatchObject({
    status: 200,
    body: { id: halt.body.id, agent: builder, lifted: { by: 'person:hana' } },
  })
  expect(await lift('person:hana', halt.body.id)).toMatchObject({ status: 409, ...problem('already_lifted') })

  expect((await hotwork.exchange(builder, id)).body.error_description).toMatch(/^revoked/)
  // A request in the very second of the lift counts as an earlier one.
  const liftedAt = Date.parse(lifted.body.lifted.at) / 1000
  await until(
    async () => Math.floor(Date.now() / 1000),
    (now) => now > liftedAt,
  )
  // A session of the first seconds after a halt may still be denied: then a new one is asked for.
  const again = await until(
    async () => (await sessionOf(builder, await approvedForBuilder())).put(staging),
    (answer) => answer === 'done',
  )
  expect(again).toBe('done')
})

test.each([
  ['no target', { reason: 'because' }],
  ['two targets', { agent: builder, all: true, reason: 'because' }],
  ['no reason', { agent: builder }],
  ['an empty reason', { agent: builder, reason: ' ' }],
  ['everything, but no', { all: false, reason: 'because' }],
  ['an agent that is a person', { agent: 'person:ana', reason: 'because' }],
  ['a member more', { agent: builder, reason: 'because', minutes: 5 }],
  ['nothing at all', []],
])('a halt with %s is 400', async (_what, body) => {
  expect(await declare('person:gus', body)).toMatchObject({ status: 400 })
})

test.each([
  ['agent', { agent: 'agent:unknown' }],
  ['owner', { owner: 'person:unknown' }],
  ['person', { person: 'person:unknown' }],
  ['role', { role: 'arn:aws:iam::000000000000:role/hotwork/Elsewhere-target' }],
])('a halt of an unknown %s is 400, and names the field', async (field, target) => {
  expect(await declare('person:gus', { ...target, reason: 'because' })).toMatchObject({
    status: 400,
    body: { type: expect.stringContaining('unknown_target'), detail: expect.stringContaining(`\`${field}\``) },
  })
})

test('a halt by an agent, or without a token, is 401', async () => {
  const body = { agent: builder, reason: 'because' }
  expect((await hotwork.json('POST', path, undefined, body)).status).toBe(401)
  expect((await hotwork.as(builder, 'POST', path, body)).status).toBe(401)
})

test('a lift of an unknown halt is 404', async () => {
  for (const id of ['hlt_00000000000000000000000000', 'hlt_', randomUUID()])
    expect(await lift('person:hana', id)).toMatchObject({ status: 404, ...problem('unknown_halt') })
})
