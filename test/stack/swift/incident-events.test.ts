import { randomInt, randomUUID } from 'node:crypto'
import { verify } from '../../../functions/domain/ledger/ledger.ts'
import { openedGlass } from '../support/break-glass.ts'
import { deployed } from '../support/deployment.ts'
import { tellOfIncident } from '../support/incident-tool.ts'

/** The incident tool reports a closed incident, and openings for it end. Kofi is on call. */
const hotwork = deployed('swift')
const { local } = hotwork
const kofi = 'person:kofi'
const incident = `INC-${randomInt(10 ** 9, 10 ** 10)}`

const flag = { environment: 'prod', flag: `flag-${randomUUID()}`, value: true }
const statusOf = async (id: string) => (await hotwork.as(kofi, 'GET', `/v1/break-glass/${id}`)).body.status
const introspect = async (token: string) => (await hotwork.form(kofi, '/introspect', { token })).body
const told = async (response: Promise<Response>) => {
  const answer = await response
  return { status: answer.status, body: (await answer.json()) as { [member: string]: unknown } }
}

test('a closed incident ends the openings for it, and their reviews stay due', async () => {
  const { status, body } = await openedGlass(hotwork, kofi, { action: 'flags:set', arguments: flag, incident }, 90)
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
  // A dead token tells nothing, even to its owner.
  expect(await introspect(token)).toEqual({ active: false })
  const { entries } = (await hotwork.as(kofi, 'GET', `/v1/break-glass/${id}/ledger`)).body
  expect(entries.map(({ type }: { type: string }) => type).filter((type: string) => type === 'Revoked')).toHaveLength(1)
  expect(verify(id, entries)).toMatchObject({
    state: { status: 'revoked', revokedBy: 'system', reason: `incident ${incident} was closed`, review: {} },
  })
})

test('a report without a signature, or without an incident, is refused and not repeated', async () => {
  const { eventsUrl } = local.incidents
  const unsigned = await fetch(eventsUrl, { method: 'POST', body: 'canary' })
  expect(unsigned.status).toBe(401)
  expect(await unsigned.text()).not.toContain('canary')
  const empty = await told(tellOfIncident(local.incidents, ''))
  expect(empty).toMatchObject({ status: 400, body: { detail: '`incident` and `status` should be text' } })
})
