import { randomUUID } from 'node:crypto'
import { decodeJwt } from 'jose'
import { verify } from '../../functions/domain/ledger/ledger.ts'
import { untilRefused, withCredentials } from './support/aws.ts'
import { type Answer, deployed, prod, remediator, setParameter, staging } from './support/deployment.ts'

const hotwork = deployed()
const builder = 'agent:builder'

/** A parameter of production, as maintenance: the remediator and the builder may both set it, when two people agree. */
const maintenance = (Name = prod) => ({
  ...setParameter(Name),
  context: { purpose: 'maintenance', parent_task: { id: 'CHG-77' } },
})

/** Delegates the action of a request. */
async function delegate(
  id: string,
  { action, resource }: ReturnType<typeof setParameter>,
  changes: object = {},
  { by = remediator, key = randomUUID() as string, dpop }: { by?: string; key?: string; dpop?: string } = {},
): Promise<Answer> {
  const body = { agent: builder, action, resource, ...changes }
  const path = `/v1/requests/${id}/delegations`
  return hotwork.as(by, 'POST', path, body, {
    'idempotency-key': key,
    dpop: dpop ?? (await hotwork.proof(by, 'POST', path)),
  })
}

test('a delegated right is that agent’s own to claim and use, and dies with its parent grant', async () => {
  const body = maintenance()
  const parent = await hotwork.approved(body)
  const given = await delegate(parent, body)
  expect(given).toMatchObject({ status: 201, body: { task: { status: 'approved' } } })
  const child: string = given.body.task.id
  expect(given.headers.get('location')).toBe(`${hotwork.local.issuer}/access/v1/requests/${child}`)
  expect(await hotwork.task(builder, child)).toMatchObject({ status: 200, body: { task: { id: child } } })
  expect((await hotwork.task(remediator, child)).status).toBe(404)

  const token = await hotwork.exchange(builder, child)
  expect(decodeJwt(token.body.access_token)).toMatchObject({
    sub: remediator,
    act: { sub: builder },
    txn: child,
    authorization_details: [{ request: child, uses: 1 }],
  })
  // The first key that claims it is bound to it.
  expect(await hotwork.exchange(builder, child, {}, 'another key')).toMatchObject({
    status: 400,
    body: { error_description: expect.stringMatching(/^key_mismatch/) },
  })
  const credentials = await hotwork.awsCredentials(builder, token.body.access_token)
  const agent = withCredentials(hotwork.local, credentials)
  expect(await agent.putParameter(prod)).toBe('done')
  expect(await agent.putParameter('/prod/checkout/other')).toMatch(/AccessDenied/)
  // The parent's one use is given away.
  const own = await hotwork.exchange(remediator, parent)
  expect((await hotwork.awsCredentials(remediator, own.body.access_token)).status).toBe(403)

  expect((await hotwork.complete(remediator, parent)).status).toBe(200)
  expect((await hotwork.awsCredentials(builder, token.body.access_token)).status).toBeGreaterThanOrEqual(401)
  expect(await untilRefused(() => agent.putParameter(prod))).toMatch(/AccessDenied/)
  expect(await hotwork.exchange(builder, child)).toMatchObject({
    status: 400,
    body: { error_description: expect.stringMatching(/^revoked/) },
  })
  const entries = await hotwork.ledger(child)
  expect(verify(child, entries)).toMatchObject({ state: { status: 'revoked', revokedBy: 'system' } })
  expect(verify(child, entries).broken).toBeUndefined()
  expect(entries.find(({ type }) => type === 'CredentialIssued')).toMatchObject({
    actor: { type: 'agent', id: builder, chain: [remediator] },
    parent_task: { id: 'CHG-77' },
  })
  expect(verify(parent, await hotwork.ledger(parent)).broken).toBeUndefined()
})

test('a delegation is idempotent: the same key and body is the same task, a changed body is refused', async () => {
  const body = maintenance()
  const parent = await hotwork.approved(body)
  const key = randomUUID()
  const first = await delegate(parent, body, {}, { key })
  const again = await delegate(parent, body, {}, { key })
  expect([first.status, again.status, again.body.task.id]).toEqual([201, 201, first.body.task.id])
  expect(await delegate(parent, body, { uses: 2 }, { key })).toMatchObject({
    status: 409,
    body: { type: 'urn:openid:authzen:access-request:error:duplicate_request' },
  })
  expect(await delegate(parent, body)).toMatchObject({
    status: 403,
    body: { type: expect.stringMatching(/wider_than_parent$/), detail: expect.stringContaining('`uses`') },
  })
})

test('a delegation needs a proof of the grant’s own key, for this address and once', async () => {
  const body = maintenance()
  const parent = await hotwork.approved(body)
  const path = `/v1/requests/${parent}/delegations`
  const refused = async (dpop: string, says: RegExp) => {
    const answer = await delegate(parent, body, {}, { dpop })
    expect(answer).toMatchObject({ status: 401, body: { type: expect.stringMatching(/invalid_dpop_proof$/) } })
    expect(answer.headers.get('www-authenticate')).toMatch(says)
  }
  await refused('', /^DPoP error="invalid_dpop_proof"/)
  await refused(await hotwork.proof(remediator, 'POST', path, undefined, 'another key'), /key_mismatch/)
  await refused(await hotwork.proof(remediator, 'POST', '/access/v1/requests'), /htu/)
  const dpop = await hotwork.proof(remediator, 'POST', path)
  expect((await delegate(parent, body, {}, { dpop })).status).toBe(201)
  await refused(dpop, /used before/)
})

test('a delegation is never wider than its parent, and only the parent’s agent gives it', async () => {
  const body = maintenance()
  const parent = await hotwork.approved(body)
  const wider = expect.stringMatching(/wider_than_parent$/)
  const later = new Date(Date.now() + 86_400_000).toISOString()
  expect(await delegate(parent, body, { expires_at: later })).toMatchObject({ status: 403, body: { type: wider } })
  const { action, resource } = setParameter('/prod/checkout/other')
  expect(await delegate(parent, body, { action, resource })).toMatchObject({ status: 403, body: { type: wider } })
  expect(await delegate(parent, body, { resource })).toMatchObject({ status: 400 })
  expect(await delegate(parent, body, { agent: remediator })).toMatchObject({
    status: 403,
    body: { type: expect.stringMatching(/delegation_cycle$/) },
  })
  expect((await delegate(parent, body, {}, { by: builder })).status).toBe(404)
  expect((await delegate(parent, body, { surprise: true })).status).toBe(400)
  expect((await delegate(parent, body, {}, { key: '' })).status).toBe(400)
})

test('a delegation is refused if policy does not let the receiving agent do what the parent may do', async () => {
  const body = { ...setParameter(staging), context: maintenance().context }
  expect(await delegate(await hotwork.submitted(remediator, body), body)).toMatchObject({
    status: 403,
    body: { type: expect.stringMatching(/policy_denied$/) },
  })
})

test('a pending request cannot be delegated', async () => {
  const body = maintenance()
  expect(await delegate(await hotwork.submitted(remediator, body), body)).toMatchObject({
    status: 409,
    body: { type: 'urn:openid:authzen:access-request:error:invalid_task_state', detail: 'this request is pending' },
  })
})
