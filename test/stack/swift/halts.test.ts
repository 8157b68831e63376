import { randomUUID } from 'node:crypto'
import { until, withCredentials } from '../support/aws.ts'
import { Deployment, remediator, setParameter, staging } from '../support/deployment.ts'

jest.setTimeout(120_000)

/**
 * Halts on a deployed stack: the one with short grants, where the build bot has nothing else to do. Halts of a
 * role and of everything would stop the tests beside this one: the demo throws those, and test/adapters/role-policies.
 */
const hotwork = new Deployment('swift')
const builder = 'agent:builder'
const path = '/v1/halts'

const declare = async (person: string, body: unknown) => hotwork.json('POST', path, await hotwork.token(person), body)
const lift = async (person: string, id: string) => hotwork.json('DELETE', `${path}/${id}`, await hotwork.token(person))
const problem = (code: string) => ({ body: { type: expect.stringContaining(code) } })

/** What the build bot asks in staging, which the owner of the parameter approves. */
async function approvedForBuilder(): Promise<string> {
  const body = setParameter(staging)
  const asked = { ...body, subject: { type: 'agent', id: builder }, context: { ...body.context, purpose: 'release' } }
  const id = await hotwork.submitted(builder, asked)
  expect(await hotwork.decide('person:ana', id)).toMatchObject({ status: 200, body: { status: 'approved' } })
  return id
}

async function sessionOf(agent: string, id: string) {
  const token = (await hotwork.exchange(agent, id)).body.access_token as string
  const credentials = await hotwork.awsCredentials(agent, token)
  const { putParameter } = withCredentials(hotwork.local, credentials)
  return { token, put: putParameter, endsAt: Date.parse(credentials.body.Expiration) }
}

test("a halt ends an agent's live AWS sessions and no other's; a second person lifts it; nothing revives, and what is asked anew works", async () => {
  const id = await approvedForBuilder()
  const session = await sessionOf(builder, id)
  const other = await sessionOf(remediator, await hotwork.submitted(remediator, setParameter(staging)))
  expect(await session.put(staging)).toBe('done')

  expect(await declare('person:ana', { agent: builder, reason: 'I would rather not' })).toMatchObject({
    status: 403,
    ...problem('not_permitted'),
  })
  const halt = await declare('person:gus', { agent: builder, reason: 'it writes what nobody asked for' })
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
  const refused = await until(
    () => session.put(staging),
    (answer) => answer !== 'done',
  )
  expect(refused).toMatch(/AccessDenied/)
  if (Date.now() < session.endsAt) expect(await other.put(staging)).toMatch(Date.now() < other.endsAt ? /done/ : /./)
  expect(
    await until(
      () => hotwork.view(id),
      ({ ended }) => ended !== undefined,
    ),
  ).toMatchObject({
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
  // What is asked in the very second of the lift still counts as from before it.
  const liftedAt = Date.parse(lifted.body.lifted.at) / 1000
  await until(
    async () => Math.floor(Date.now() / 1000),
    (now) => now > liftedAt,
  )
  // A session from the first seconds after a halt may still be denied with those from before: then another is asked for.
  const anew = await until(
    async () => (await sessionOf(builder, await approvedForBuilder())).put(staging),
    (answer) => answer === 'done',
  )
  expect(anew).toBe('done')
})

describe('a halt is declared by', () => {
  test.each([
    ['no target', { reason: 'because' }],
    ['two targets', { agent: builder, all: true, reason: 'because' }],
    ['no reason', { agent: builder }],
    ['an empty reason', { agent: builder, reason: ' ' }],
    ['everything, but no', { all: false, reason: 'because' }],
    ['an agent that is none', { agent: 'person:ana', reason: 'because' }],
    ['a member more', { agent: builder, reason: 'because', minutes: 5 }],
    ['nothing at all', []],
  ])('%s: 400', async (_what, body) => {
    expect(await declare('person:gus', body)).toMatchObject({ status: 400 })
  })

  test.each([
    ['agent', { agent: 'agent:nobody' }],
    ['owner', { owner: 'person:nobody' }],
    ['person', { person: 'person:nobody' }],
    ['role', { role: 'arn:aws:iam::000000000000:role/hotwork/Elsewhere-target' }],
  ])('an unknown %s: 400, and the field is named', async (field, target) => {
    expect(await declare('person:gus', { ...target, reason: 'because' })).toMatchObject({
      status: 400,
      body: { type: expect.stringContaining('unknown_target'), detail: expect.stringContaining(`\`${field}\``) },
    })
  })

  test('nobody: 401, and an agent neither', async () => {
    const body = { agent: builder, reason: 'because' }
    expect((await hotwork.json('POST', path, undefined, body)).status).toBe(401)
    expect((await hotwork.json('POST', path, await hotwork.token(builder), body)).status).toBe(401)
  })
})

test('what was never thrown is not lifted: 404, whatever the id', async () => {
  for (const id of ['hlt_00000000000000000000000000', 'hlt_', randomUUID()])
    expect(await lift('person:hana', id)).toMatchObject({ status: 404, ...problem('unknown_halt') })
})
