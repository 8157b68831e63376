import { randomInt, randomUUID } from 'node:crypto'
import { verify } from '../../../functions/domain/ledger/ledger.ts'
import { until } from '../support/aws.ts'
import { type Answer, Deployment } from '../support/deployment.ts'
import { tellOfIncident } from '../support/incident-tool.ts'

jest.setTimeout(120_000)

/** Whatever keeps incidents says that one is closed, and what was opened for it ends. Kofi is on call. */
const hotwork = new Deployment('swift')
const { local } = hotwork
const kofi = 'person:kofi'
const incident = `INC-${randomInt(10 ** 9, 10 ** 10)}`

async function open(): Promise<Answer> {
  const path = '/v1/break-glass'
  const body = {
    action: 'flags:set',
    arguments: { environment: 'prod', flag: `flag-${randomUUID()}`, value: true },
    reason: `the new checkout refuses cards, ${randomUUID().slice(0, 8)}: turning its flag off`,
    incident,
    minutes: 5,
  }
  return hotwork.json('POST', path, await hotwork.token(kofi, { acr_values: 'strong' }), body, {
    dpop: await hotwork.proof(kofi, 'POST', path),
    'idempotency-key': randomUUID(),
  })
}
/** As soon as Kofi may again, whatever other tests opened before. */
const opened = () => until(open, ({ status }) => status !== 409, 90)
const statusOf = async (id: string) =>
  (await hotwork.json('GET', `/v1/break-glass/${id}`, await hotwork.token(kofi))).body.status
const introspect = async (token: string) =>
  (
    await hotwork.send('POST', '/introspect', {
      headers: {
        authorization: `Bearer ${await hotwork.token(kofi)}`,
        'content-type': 'application/x-www-form-urlencoded',
      },
      body: new URLSearchParams({ token }).toString(),
    })
  ).body
const told = async (response: Promise<Response>) => {
  const answer = await response
  return { status: answer.status, body: (await answer.json()) as { [member: string]: unknown } }
}

test('an incident that is closed ends what was opened for it, by its own word, and its review stays due', async () => {
  const { status, body } = await opened()
  expect(status).toBe(201)
  const { id } = body
  const token = (await hotwork.exchange(kofi, id)).body.access_token
  expect(await introspect(token)).toMatchObject({ active: true, client_id: expect.any(String) })

  const forged = { ...local.incidents, webhookSecret: `whsec_${Buffer.alloc(32, 1).toString('base64')}` }
  expect(await told(tellOfIncident(forged, incident))).toMatchObject({ status: 401 })
  expect(await told(tellOfIncident(local.incidents, incident, { status: 'acknowledged' }))).toEqual({
    status: 200,
    body: { incident, ended: [] },
  })
  expect((await told(tellOfIncident(local.incidents, 'INC-0'))).body).toEqual({ incident: 'INC-0', ended: [] })
  expect(await statusOf(id)).toBe('approved')

  const delivery = `msg_${randomUUID()}`
  const answer = { status: 200, body: { incident, ended: [id] } }
  expect(await told(tellOfIncident(local.incidents, incident, { id: delivery }))).toEqual(answer)
  expect(await told(tellOfIncident(local.incidents, incident, { id: delivery }))).toEqual(answer)
  expect((await told(tellOfIncident(local.incidents, incident))).body).toEqual({ incident, ended: [] })

  expect((await hotwork.exchange(kofi, id)).body.error_description).toMatch(/^revoked/)
  // Of what is dead nothing is told, to its owner as to anybody.
  expect(await introspect(token)).toEqual({ active: false })
  const { entries } = (await hotwork.json('GET', `/v1/break-glass/${id}/ledger`, await hotwork.token(kofi))).body
  expect(entries.map(({ type }: { type: string }) => type).filter((type: string) => type === 'Revoked')).toHaveLength(1)
  expect(verify(id, entries)).toMatchObject({
    state: { status: 'revoked', revokedBy: 'system', reason: `incident ${incident} was closed`, review: {} },
  })
})

test('what is signed and says nothing of an incident is told so, and no more', async () => {
  const { eventsUrl } = local.incidents
  const unsigned = await fetch(eventsUrl, { method: 'POST', body: 'canary' })
  expect(unsigned.status).toBe(401)
  expect(await unsigned.text()).not.toContain('canary')
  const empty = await told(tellOfIncident(local.incidents, ''))
  expect(empty).toMatchObject({ status: 400, body: { detail: '`incident` and `status` should be text' } })
})
