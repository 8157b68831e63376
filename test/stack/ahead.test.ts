import { randomUUID } from 'node:crypto'
import { until } from './support/aws.ts'
import { Deployment } from './support/deployment.ts'

jest.setTimeout(120_000)
const hotwork = new Deployment()
const [ana, dan, finn, gus] = ['person:ana', 'person:dan', 'person:finn', 'person:gus']
const builder = 'agent:builder'
const problem = (code: string) => ({ body: { type: `${hotwork.local.issuer}/problems/${code}` } })
const hoursAhead = (hours: number) => new Date(Date.now() + hours * 3_600_000).toISOString()

const as = async (person: string, method: string, path: string, body?: object) =>
  hotwork.json(method, path, await hotwork.token(person), body)

/** What people say ahead of time, each through a Lambda of its own, with rights of its own. */

test('whoever will be away names who decides in their stead, and takes that back; nobody else does', async () => {
  expect(await as(dan, 'POST', '/v1/stand-ins', { person: gus, until: hoursAhead(48) })).toMatchObject({
    status: 403,
    ...problem('stand_in_refused'),
  })
  // From tomorrow on, so that no other test is decided by it.
  const given = await as(dan, 'POST', '/v1/stand-ins', { person: finn, from: hoursAhead(24), until: hoursAhead(48) })
  expect(given).toMatchObject({
    status: 201,
    body: { id: expect.stringMatching(/^sin_[0-9a-z]{26}$/), status: 'ahead', for: dan, by: finn },
  })
  const path = `/v1/stand-ins/${given.body.id}`
  expect(await as(ana, 'DELETE', path)).toMatchObject({ status: 403, ...problem('not_permitted') })
  expect(await as(dan, 'DELETE', path)).toMatchObject({ status: 200, body: { status: 'ended', ended: { by: dan } } })
})

test('whoever approved a request allows more of it, which is then approved at once, and takes that back with all of it', async () => {
  const flag = `flag-${randomUUID()}`
  const body = {
    subject: { type: 'agent', id: builder },
    action: { name: 'flags:set', properties: { environment: 'prod', flag, value: true } },
    resource: { type: 'flags:flag', id: `prod/${flag}` },
    context: { purpose: 'release', parent_task: { id: 'REL-7' } },
  }
  const id = await hotwork.submitted(builder, body)
  expect(await hotwork.decide(ana, id)).toMatchObject({ status: 200, body: { status: 'approved' } })
  const terms = { uses: 2, until: hoursAhead(1) }
  const path = `/v1/requests/${id}/standing-permits`
  expect(await as(gus, 'POST', path, terms)).toMatchObject({ status: 403, ...problem('permit_refused') })
  const given = await as(ana, 'POST', path, terms)
  expect(given).toMatchObject({ status: 201, body: { status: 'live', request: id, agent: builder, by: ana, uses: 2 } })

  const drawn = await hotwork.submit(builder, body)
  expect(drawn).toMatchObject({ status: 201, body: { task: { status: 'approved' } } })
  const { id: another } = drawn.body.task
  expect(await as(ana, 'DELETE', `/v1/standing-permits/${given.body.id}`)).toMatchObject({
    status: 200,
    body: { status: 'revoked', revoked: { by: ana }, drawn: [another] },
  })
  const ended = await until(
    () => hotwork.view(another),
    ({ status }) => status !== 'approved',
  )
  expect(ended).toMatchObject({ status: 'revoked' })
  expect((await hotwork.submit(builder, body)).status).toBe(202)
})
