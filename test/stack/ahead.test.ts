import { deployed, setFlag } from './support/deployment.ts'

const hotwork = deployed()
const [ana, dan, finn, gus] = ['person:ana', 'person:dan', 'person:finn', 'person:gus']
const builder = 'agent:builder'
const problem = (code: string) => ({ body: { type: `${hotwork.local.issuer}/problems/${code}` } })
const hoursAhead = (hours: number) => new Date(Date.now() + hours * 3_600_000).toISOString()

/** Permissions that people give ahead of time, each through its own Lambda with its own rights. */

test('a person who will be away names a stand-in and takes that back; no other person does either', async () => {
  expect(await hotwork.as(dan, 'POST', '/v1/stand-ins', { person: gus, until: hoursAhead(48) })).toMatchObject({
    status: 403,
    ...problem('stand_in_refused'),
  })
  // From tomorrow on, so that no other test is decided by it.
  const given = await hotwork.as(dan, 'POST', '/v1/stand-ins', {
    person: finn,
    from: hoursAhead(24),
    until: hoursAhead(48),
  })
  expect(given).toMatchObject({
    status: 201,
    body: { id: expect.stringMatching(/^sin_[0-9a-z]{26}$/), status: 'ahead', for: dan, by: finn },
  })
  const path = `/v1/stand-ins/${given.body.id}`
  expect(await hotwork.as(ana, 'DELETE', path)).toMatchObject({ status: 403, ...problem('not_permitted') })
  expect(await hotwork.as(dan, 'DELETE', path)).toMatchObject({
    status: 200,
    body: { status: 'ended', ended: { by: dan } },
  })
})

test('an approver allows more of a request, which is then approved at once, and takes that back with all of it', async () => {
  const body = setFlag()
  const id = await hotwork.submitted(builder, body)
  expect(await hotwork.decide(ana, id)).toMatchObject({ status: 200, body: { status: 'approved' } })
  const terms = { uses: 2, until: hoursAhead(1) }
  const path = `/v1/requests/${id}/standing-permits`
  expect(await hotwork.as(gus, 'POST', path, terms)).toMatchObject({ status: 403, ...problem('permit_refused') })
  const given = await hotwork.as(ana, 'POST', path, terms)
  expect(given).toMatchObject({ status: 201, body: { status: 'live', request: id, agent: builder, by: ana, uses: 2 } })

  const drawn = await hotwork.submit(builder, body)
  expect(drawn).toMatchObject({ status: 201, body: { task: { status: 'approved' } } })
  const { id: another } = drawn.body.task
  expect(await hotwork.as(ana, 'DELETE', `/v1/standing-permits/${given.body.id}`)).toMatchObject({
    status: 200,
    body: { status: 'revoked', revoked: { by: ana }, drawn: [another] },
  })
  const ended = await hotwork.untilView(another, ({ status }) => status !== 'approved')
  expect(ended).toMatchObject({ status: 'revoked' })
  expect((await hotwork.submit(builder, body)).status).toBe(202)
})
