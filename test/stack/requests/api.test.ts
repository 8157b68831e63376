import { randomUUID } from 'node:crypto'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import { claimFlag } from '../support/claimed-flag.ts'
import { deployed, prod, remediator, setParameter, staging } from '../support/deployment.ts'

const hotwork = deployed()
const { issuer } = hotwork.local
const requests = '/access/v1/requests'
const unknown = 'req_00000000000000000000000000'
const problem = (code: string) => `${issuer}/problems/${code}`
const invalid = problem('invalid_request')
const unbound = 'urn:openid:authzen:access-request:error:invalid_denial_binding'
const put = (properties: object) => ({ action: { name: 'ssm:PutParameter', properties } })

test('the metadata names the existing endpoints, under the issuer to the byte', async () => {
  const authzen = await hotwork.send('GET', '/.well-known/authzen-configuration')
  expect(authzen.body).toMatchObject({
    policy_decision_point: issuer,
    access_evaluation_endpoint: `${issuer}/access/v1/evaluation`,
    access_request_endpoint: `${issuer}/access/v1/requests`,
    capabilities: ['urn:openid:authzen:capability:access-request'],
  })
  expect((await hotwork.send('GET', '/.well-known/oauth-authorization-server')).body).toMatchObject({
    issuer,
    token_endpoint: `${issuer}/token`,
    response_types_supported: ['none'],
    token_endpoint_auth_methods_supported: ['none'],
    dpop_signing_alg_values_supported: ['ES256'],
    authorization_details_types_supported: ['hotwork_action'],
  })
})

test('the key set verifies what was issued', async () => {
  const { keys } = (await hotwork.send('GET', '/.well-known/jwks.json')).body
  const es256 = { kty: 'EC', crv: 'P-256', alg: 'ES256', use: 'sig' }
  expect(keys).toMatchObject([es256, { ...es256, hotwork_use: 'notary' }])
  for (const key of keys) expect(key).not.toHaveProperty('d')
  const id = await hotwork.submitted(remediator, setParameter(staging))
  const { access_token } = (await hotwork.exchange(remediator, id)).body
  expect(decodeProtectedHeader(access_token)).toEqual({ alg: 'ES256', typ: 'at+jwt', kid: keys[0].kid })
  expect(decodeJwt(access_token)).toMatchObject({ iss: issuer, aud: `${issuer}/aws`, sub: remediator, txn: id })
})

test.each([
  ['POST', '/access/v1/evaluation', 'person:ana'],
  ['POST', requests, 'person:ana'],
  ['GET', `${requests}/${unknown}`, 'person:ana'],
  ['POST', `${requests}/${unknown}/cancel`, 'person:ana'],
  ['POST', `/v1/requests/${unknown}/complete`, 'person:ana'],
  ['GET', '/v1/requests', remediator],
  ['GET', `/v1/requests/${unknown}`, remediator],
  ['GET', `/v1/requests/${unknown}/ledger`, remediator],
  ['GET', '/v1/ledger', remediator],
  ['POST', `/v1/requests/${unknown}/decisions`, remediator],
  ['POST', `/v1/requests/${unknown}/revoke`, remediator],
])(
  '%s %s refuses no token, a forged one and one of another kind of caller, and echoes X-Request-ID',
  async (method, path, other) => {
    const body = method === 'POST' ? {} : undefined
    for (const token of [undefined, 'a.b.c', await hotwork.token(other)]) {
      const id = randomUUID()
      const answer = await hotwork.json(method, path, token, body, { 'x-request-id': id })
      expect(answer.status).toBe(401)
      expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer /)
      expect(answer.headers.get('x-request-id')).toBe(id)
      expect(answer.headers.get('content-type')).toBe('application/problem+json')
      expect(answer.body).toMatchObject({ status: 401, instance: id })
    }
  },
)

test.each([
  ['a member twice', '{"subject":{},"subject":{}}', 400],
  ['more than 64 KiB', JSON.stringify({ subject: { type: 'agent', id: 'x'.repeat(70_000) } }), 413],
])('a body with %s is refused', async (_what, body, status) => {
  const headers = { 'content-type': 'application/json' }
  const answer = await hotwork.as(remediator, 'POST', '/access/v1/evaluation', body, headers)
  expect(answer).toMatchObject({ status, body: { title: expect.any(String) } })
})

test('a decision with an unknown member is refused, naming it', async () => {
  const id = await hotwork.submitted(remediator, setParameter(prod))
  const answer = await hotwork.decide('person:ana', id, { status: 'approved' })
  expect(answer).toMatchObject({ status: 400, body: { detail: expect.stringContaining('status') } })
  expect((await hotwork.view(id)).status).toBe('pending')
})

test.each([
  ['an unknown action', { action: { name: 'iam:CreateUser' } }, 'unknown_action'],
  ['an argument too many', put({ Name: staging, Value: '1', Tier: 'x' }), 'invalid_arguments'],
  ['an argument of another case', put({ name: staging, Value: '1' }), 'invalid_arguments'],
  [
    'another resource than the arguments say',
    { resource: { type: 'ssm:parameter', id: 'arn:aws:ssm:us-east-1:000000000000:parameter/x' } },
    'invalid_arguments',
  ],
  ['an unknown subject', { subject: { type: 'agent', id: 'agent:unknown' } }, 'policy_denied'],
  ['a subject of another type', { subject: { type: 'user', id: 'ana' } }, 'policy_denied'],
  ['a wildcard in a name', put({ Name: '/staging/*', Value: '1' }), 'invalid_arguments'],
])('an evaluation of %s is answered with a no', async (_what, change, reason) => {
  const answer = await hotwork.evaluate(remediator, { ...setParameter(staging), ...change })
  expect(answer).toMatchObject({ status: 200, body: { decision: false, context: { reason } } })
  expect(answer.body.context).not.toHaveProperty('access_request')
})

test('an evaluation by a tool about an agent is answered', async () => {
  const answer = await hotwork.evaluate('tool:flag-service', setParameter(staging))
  expect(answer.body.context.reason).toBe('approval_required')
})

test('an evaluation with the approval is a yes while the grant is live, and a no to any other ask', async () => {
  const body = setParameter(staging)
  const submitted = await hotwork.submit(remediator, body)
  const { approval } = submitted.body.result
  const again = (changed: object) =>
    hotwork.evaluate(remediator, { ...body, ...changed, context: { ...body['context'], approval } })
  expect((await again({})).body).toMatchObject({ decision: true, context: { approval: { id: approval.id } } })
  const { action } = setParameter(staging, 'something else')
  expect((await again({ action })).body).toMatchObject({ decision: false, context: { reason: 'out_of_scope' } })
  await hotwork.complete(remediator, submitted.body.task.id)
  expect((await again({})).body).toMatchObject({ decision: false, context: { reason: 'approval_expired' } })
})

test('a submission is answered with its task, its digest and its stages', async () => {
  const answer = await hotwork.submit(remediator, setParameter(prod))
  expect(answer.status).toBe(202)
  expect(answer.headers.get('location')).toBe(answer.body.task.status_endpoint)
  expect(answer.body).toMatchObject({
    task: {
      id: expect.stringMatching(/^req_[0-9a-hjkmnp-tv-z]{26}$/),
      status: 'pending',
      progress: { current_step: 1, total_steps: 2, step_name: 'owner' },
      display: {
        [`${issuer}/ns/hotwork`]: {
          tier: 2,
          round: 1,
          digest: expect.stringMatching(/^sha-256:/),
          arguments_digest: expect.stringMatching(/^sha-256:/),
          stages: [{ name: 'owner', quorum: 1, decisions: { approve: 0, deny: 0 } }, { name: 'sre' }],
        },
      },
    },
  })
})

test.each([
  ['without a proof', { dpop: '' }, 401],
  ['with a proof for another address', { dpop: 'elsewhere' }, 401],
  ['without an idempotency key', { 'idempotency-key': '' }, 202],
  ['with a key that is too long', { 'idempotency-key': 'x'.repeat(256) }, 400],
])('a submission %s has its own status', async (_what, headers, status) => {
  const dpop = 'dpop' in headers && headers.dpop !== '' ? await hotwork.proof(remediator, 'POST', '/token') : undefined
  const answer = await hotwork.submit(remediator, setParameter(prod), {
    headers: { ...headers, ...(dpop ? { dpop } : {}) },
  })
  expect(answer.status).toBe(status)
  if (status === 401) expect(answer.headers.get('www-authenticate')).toMatch(/^DPoP .*invalid_dpop_proof/)
})

test('a submission with a used proof is refused', async () => {
  const dpop = await hotwork.proof(remediator, 'POST', requests)
  expect((await hotwork.submit(remediator, setParameter(staging), { headers: { dpop } })).status).toBe(201)
  expect((await hotwork.submit(remediator, setParameter(staging), { headers: { dpop } })).status).toBe(401)
})

test.each([
  ['of an unknown evaluation', { denial: { evaluation_id: 'evl_00000000000000000000000000' } }, unbound],
  ['of other arguments than the evaluated ones', { action: setParameter(prod, 'another').action }, unbound],
  ['for an emergency', { requested_access: { emergency: true } }, invalid],
  ['that ends before it begins', { requested_access: { requested_until: new Date().toISOString() } }, invalid],
  ['in the name of another actor', { client: { actor: { id: 'agent:builder' } } }, invalid],
])('a submission %s is refused', async (_what, body, type) => {
  const answer = await hotwork.submit(remediator, setParameter(prod), { body })
  expect(answer).toMatchObject({ status: 400, body: { type } })
})

test('a submission that is identical to a pending one is answered with that one', async () => {
  const body = setParameter(prod)
  expect(await hotwork.submitted(remediator, body)).toBe(await hotwork.submitted(remediator, body))
})

test.each([
  ['another grant type', { grant_type: 'client_credentials' }, 'unsupported_grant_type'],
  ['an unknown request', {}, 'invalid_authorization_details'],
])('the token endpoint refuses %s in OAuth’s own words', async (_what, change, error) => {
  const answer = await hotwork.exchange(remediator, unknown, change)
  expect(answer).toMatchObject({ status: 400, body: { error } })
  expect(answer.headers.get('cache-control')).toBe('no-store')
})

test('the token endpoint says pending, denied or unknown first, so that an agent can branch on it', async () => {
  const id = await hotwork.submitted(remediator, setParameter(prod))
  const word = async (of: string) =>
    ((await hotwork.exchange(remediator, of)).body.error_description as string).split(':')[0]
  expect(await word(unknown)).toBe('unknown')
  expect(await word(id)).toBe('pending')
  await hotwork.decide('person:ana', id, { verdict: 'deny' })
  expect(await word(id)).toBe('denied')
})

test('the token endpoint gives the token to the asking key alone, and for its own audience alone', async () => {
  const id = await hotwork.submitted(remediator, setParameter(staging))
  expect(await hotwork.exchange(remediator, id, {}, 'another key')).toMatchObject({
    status: 400,
    body: { error: 'invalid_dpop_proof', error_description: expect.stringContaining('key_mismatch') },
  })
  expect((await hotwork.exchange(remediator, id, { audience: 'https://elsewhere.example' })).body.error).toBe(
    'invalid_target',
  )
  expect((await hotwork.exchange('agent:builder', id)).body.error_description).toMatch(/^unknown/)
  expect((await hotwork.exchange(remediator, id, { audience: `${issuer}/aws` })).status).toBe(200)
})

test('the broker takes a bound token with its proof, once, and nothing else', async () => {
  const id = await hotwork.submitted(remediator, setParameter(staging))
  const { access_token } = (await hotwork.exchange(remediator, id)).body
  const path = '/aws/credentials'
  const proof = await hotwork.proof(remediator, 'POST', path, access_token)
  const send = (headers: Record<string, string>) => hotwork.send('POST', path, { headers })
  expect((await send({ authorization: `Bearer ${access_token}`, dpop: proof })).status).toBe(401)
  expect((await send({ authorization: `DPoP ${access_token}` })).status).toBe(401)
  expect(
    (await send({ authorization: `DPoP ${access_token}`, dpop: await hotwork.proof(remediator, 'POST', path) })).status,
  ).toBe(401)
  const stolen = await hotwork.proof('agent:builder', 'POST', path, access_token)
  const thief = await send({ authorization: `DPoP ${access_token}`, dpop: stolen })
  expect(thief).toMatchObject({ status: 401, body: { detail: 'key_mismatch' } })
  expect((await send({ authorization: `DPoP ${access_token}`, dpop: proof })).status).toBe(200)
  expect((await send({ authorization: `DPoP ${access_token}`, dpop: proof })).status).toBe(401)
})

test('the broker gives nothing for an action that is not AWS’s', async () => {
  const { token } = await claimFlag(hotwork)
  expect(decodeJwt(token).aud).toBe(hotwork.local.tools[0]?.audience)
  expect((await hotwork.awsCredentials('agent:builder', token)).status).toBe(401)
})

test('a decision is refused if it is stale, by an ineligible person, or late', async () => {
  const id = await hotwork.submitted(remediator, setParameter(prod))
  const wrong = `sha-256:${'A'.repeat(43)}`
  const refused = async (status: number, code: string, person: string, change = {}) =>
    expect(await hotwork.decide(person, id, change)).toMatchObject({ status, body: { type: problem(code) } })
  await refused(409, 'stale_digest', 'person:ana', { digest: wrong })
  await refused(409, 'stale_round', 'person:ana', { round: 2 })
  await refused(409, 'stage_not_open', 'person:ana', { stage: 'sre' })
  await refused(403, 'self_approval', 'person:dan')
  await refused(403, 'not_eligible', 'person:lena')
  expect(await hotwork.decide('person:ana', id, { comment: 'looks right' })).toMatchObject({
    status: 200,
    body: { stages: [{ decisions: [{ person: 'person:ana', verdict: 'approve', comment: 'looks right' }] }, {}] },
  })
  await refused(409, 'already_decided', 'person:ana')
  await hotwork.decide('person:eve', id, { verdict: 'deny' })
  await refused(409, 'already_settled', 'person:finn', { stage: 'sre' })
})

test('lists are by status, agent and owner, newest first, in pages', async () => {
  const id = await hotwork.submitted(remediator, setParameter(prod))
  const list = async (query: string) => (await hotwork.as('person:lena', 'GET', `/v1/requests${query}`)).body
  const ids = async (query: string) => (await list(query)).requests.map((each: { id: string }) => each.id)
  const ofAgent = '?agent=agent:remediator'
  for (const query of ['', '?status=pending', ofAgent, '?owner=person:dan', `${ofAgent}&status=pending`])
    expect((await ids(query))[0]).toBe(id)
  expect(await ids('?agent=agent:planner')).not.toContain(id)
  expect(await ids('?status=withdrawn')).not.toContain(id)
  expect((await hotwork.as('person:ana', 'GET', '/v1/requests?status=open')).status).toBe(400)
  const first = await list('')
  if (first.next !== undefined)
    expect((await list(`?after=${encodeURIComponent(first.next)}`)).requests[0]?.id).not.toBe(first.requests[0].id)
})

test('an unknown id is 404 at every door', async () => {
  const ana = await hotwork.token('person:ana')
  for (const id of [unknown, 'req_', 'x'.repeat(500)]) {
    expect((await hotwork.json('GET', `/v1/requests/${id}`, ana)).status).toBe(404)
    expect((await hotwork.json('GET', `/v1/requests/${id}/ledger`, ana)).status).toBe(404)
    expect((await hotwork.json('POST', `/v1/requests/${id}/revoke`, ana, { reason: 'x' })).status).toBe(404)
    expect((await hotwork.task(remediator, id)).status).toBe(404)
    expect((await hotwork.complete(remediator, id)).status).toBe(404)
  }
})

test('an attempt on another agent’s request is not in that request’s record', async () => {
  await hotwork.complete('agent:builder', unknown)
  const id = await hotwork.submitted(remediator, setParameter(prod))
  expect((await hotwork.complete('agent:builder', id)).status).toBe(404)
  expect(await hotwork.ledger(id)).toHaveLength(2)
})
