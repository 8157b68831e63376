import { randomUUID } from 'node:crypto'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import { Deployment, prod, remediator, setParameter, staging } from '../support/deployment.ts'

jest.setTimeout(120_000)
const hotwork = new Deployment()
const { issuer } = hotwork.local
const requests = '/access/v1/requests'
const nobody = 'req_00000000000000000000000000'
const problem = (code: string) => `${issuer}/problems/${code}`
const arap = (code: string) => `urn:openid:authzen:access-request:error:${code}`

describe('what anyone may know', () => {
  test('names exactly the endpoints that exist, under the issuer to the byte', async () => {
    const authzen = await hotwork.send('GET', '/.well-known/authzen-configuration')
    expect(authzen.body).toMatchObject({
      policy_decision_point: issuer,
      access_evaluation_endpoint: `${issuer}/access/v1/evaluation`,
      access_request_endpoint: `${issuer}/access/v1/requests`,
      capabilities: ['urn:openid:authzen:capability:access-request'],
    })
    const oauth = await hotwork.send('GET', '/.well-known/oauth-authorization-server')
    expect(oauth.body).toMatchObject({
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
})

describe('every endpoint that needs a token', () => {
  test.each([
    ['POST', '/access/v1/evaluation', 'person:ana'],
    ['POST', requests, 'person:ana'],
    ['GET', `${requests}/${nobody}`, 'person:ana'],
    ['POST', `${requests}/${nobody}/cancel`, 'person:ana'],
    ['POST', `/v1/requests/${nobody}/complete`, 'person:ana'],
    ['GET', '/v1/requests', remediator],
    ['GET', `/v1/requests/${nobody}`, remediator],
    ['GET', `/v1/requests/${nobody}/ledger`, remediator],
    ['GET', '/v1/ledger', remediator],
    ['POST', `/v1/requests/${nobody}/decisions`, remediator],
    ['POST', `/v1/requests/${nobody}/revoke`, remediator],
  ])(
    '%s %s refuses none, a forged one, and one of another kind of caller, and echoes X-Request-ID',
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
})

describe('bodies', () => {
  const long = JSON.stringify({ subject: { type: 'agent', id: 'x'.repeat(70_000) } })
  const deep = `${'['.repeat(40)}${']'.repeat(40)}`
  test.each([
    ['nothing', '', 400],
    ['no JSON', '{', 400],
    ['two documents', '{}{}', 400],
    ['a member twice', '{"subject":{},"subject":{}}', 400],
    ['an integer beyond 2^53', '{"a":9007199254740993}', 400],
    ['a number beyond all', '{"a":1e400}', 400],
    ['minus zero', '{"a":-0}', 400],
    ['a lone surrogate', '{"a":"\\ud800"}', 400],
    ['__proto__', '{"__proto__":{}}', 400],
    ['nesting beyond 32', deep, 400],
    ['over 64 KiB', long, 413],
    ['a list', '[]', 400],
    ['a subject that is text', '{"subject":"agent:remediator"}', 400],
  ])('of %s are refused before anything else happens', async (_what, body, status) => {
    const answer = await hotwork.json('POST', '/access/v1/evaluation', await hotwork.token(remediator), body, {
      'content-type': 'application/json',
    })
    expect(answer.status).toBe(status)
    expect(answer.body.title).toEqual(expect.any(String))
  })

  test('without a JSON content type are refused', async () => {
    const body = JSON.stringify(setParameter(prod))
    const token = await hotwork.token(remediator)
    const answer = await hotwork.json('POST', '/access/v1/evaluation', token, body, { 'content-type': 'text/plain' })
    expect(answer.status).toBe(400)
  })

  test('of a person are refused with a member too many, naming it', async () => {
    const id = await hotwork.submitted(remediator, setParameter(prod))
    const answer = await hotwork.decide('person:ana', id, { status: 'approved' })
    expect(answer).toMatchObject({ status: 400, body: { detail: expect.stringContaining('status') } })
    expect((await hotwork.view(id)).status).toBe('pending')
  })
})

describe('an evaluation', () => {
  test('ignores members that it does not know, at every level', async () => {
    const { subject, action, ...body } = setParameter(staging)
    const odd = { ...body, extra: 1, subject: { ...subject, extra: { a: [] } }, action: { ...action, extra: true } }
    expect((await hotwork.evaluate(remediator, odd)).body.context.reason).toBe('approval_required')
  })

  test.each([
    ['an unknown action', { action: { name: 'iam:CreateUser' } }, 'unknown_action'],
    [
      'an argument too many',
      { action: { name: 'ssm:PutParameter', properties: { Name: staging, Value: '1', Tier: 'x' } } },
      'invalid_arguments',
    ],
    [
      'an argument of another case',
      { action: { name: 'ssm:PutParameter', properties: { name: staging, Value: '1' } } },
      'invalid_arguments',
    ],
    [
      'another resource than the arguments say',
      { resource: { type: 'ssm:parameter', id: 'arn:aws:ssm:us-east-1:000000000000:parameter/x' } },
      'invalid_arguments',
    ],
    ['a subject that nobody knows', { subject: { type: 'agent', id: 'agent:nobody' } }, 'policy_denied'],
    ['a subject of another type', { subject: { type: 'user', id: 'ana' } }, 'policy_denied'],
    [
      'a wildcard in a name',
      { action: { name: 'ssm:PutParameter', properties: { Name: '/staging/*', Value: '1' } } },
      'invalid_arguments',
    ],
  ])('of %s is an answer, not an error', async (_what, change, reason) => {
    const answer = await hotwork.evaluate(remediator, { ...setParameter(staging), ...change })
    expect(answer).toMatchObject({ status: 200, body: { decision: false, context: { reason } } })
    expect(answer.body.context).not.toHaveProperty('access_request')
  })

  test('of a tool about an agent is answered', async () => {
    const answer = await hotwork.evaluate('tool:flag-service', setParameter(staging))
    expect(answer.body.context.reason).toBe('approval_required')
  })

  test('with the approval says yes while the grant is live, and no to anything else', async () => {
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
})

describe('a submission', () => {
  test('shows its task, its digest and its stages', async () => {
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
  ])('%s is answered as it should be', async (_what, headers, status) => {
    const dpop =
      'dpop' in headers && headers.dpop !== '' ? await hotwork.proof(remediator, 'POST', '/token') : undefined
    const answer = await hotwork.submit(remediator, setParameter(prod), {
      headers: { ...headers, ...(dpop ? { dpop } : {}) },
    })
    expect(answer.status).toBe(status)
    if (status === 401) expect(answer.headers.get('www-authenticate')).toMatch(/^DPoP .*invalid_dpop_proof/)
  })

  test('with a proof that was used before is refused', async () => {
    const dpop = await hotwork.proof(remediator, 'POST', requests)
    expect((await hotwork.submit(remediator, setParameter(staging), { headers: { dpop } })).status).toBe(201)
    expect((await hotwork.submit(remediator, setParameter(staging), { headers: { dpop } })).status).toBe(401)
  })

  test.each([
    [
      'of an evaluation that nobody made',
      { denial: { evaluation_id: 'evl_00000000000000000000000000' } },
      400,
      arap('invalid_denial_binding'),
    ],
    ['without an evaluation', { denial: {} }, 400, arap('invalid_denial_binding')],
    [
      'of other arguments than were evaluated',
      { action: setParameter(prod, 'another').action },
      400,
      arap('invalid_denial_binding'),
    ],
    ['for an emergency', { requested_access: { emergency: true } }, 400, problem('invalid_request')],
    [
      'that ends before it begins',
      { requested_access: { requested_until: new Date().toISOString() } },
      400,
      problem('invalid_request'),
    ],
    ['of several items', { items: [] }, 400, problem('invalid_request')],
    ['with a callback', { callback: { endpoint: 'https://example.com' } }, 400, problem('invalid_request')],
    ['in the name of another actor', { client: { actor: { id: 'agent:builder' } } }, 400, problem('invalid_request')],
  ])('%s is refused, and nothing is made of it', async (_what, body, status, type) => {
    const answer = await hotwork.submit(remediator, setParameter(prod), { body })
    expect(answer).toMatchObject({ status, body: { type } })
  })

  test('that is identical to one that is pending is answered with that one', async () => {
    const body = setParameter(prod)
    expect(await hotwork.submitted(remediator, body)).toBe(await hotwork.submitted(remediator, body))
  })
})

describe('the token endpoint', () => {
  test.each([
    ['another grant type', { grant_type: 'client_credentials' }, 'unsupported_grant_type'],
    ['no grant type', { grant_type: undefined }, 'invalid_request'],
    ['no subject token', { subject_token: undefined }, 'invalid_request'],
    ['a forged subject token', { subject_token: 'a.b.c' }, 'invalid_request'],
    [
      'a token type that it does not take',
      { subject_token_type: 'urn:ietf:params:oauth:token-type:saml2' },
      'invalid_request',
    ],
    ['an actor token', { actor_token: 'a.b.c' }, 'invalid_request'],
    ['a scope', { scope: 'everything' }, 'invalid_scope'],
    [
      'details of no type that it knows',
      { authorization_details: '[{"type":"other"}]' },
      'invalid_authorization_details',
    ],
    [
      'details with a member too many',
      { authorization_details: `[{"type":"hotwork_action","request":"${nobody}","uses":9}]` },
      'invalid_authorization_details',
    ],
    ['details that are no JSON', { authorization_details: '[' }, 'invalid_authorization_details'],
    ['a request that is not the agent’s', {}, 'invalid_authorization_details'],
  ])('refuses %s in OAuth’s own words', async (_what, change, error) => {
    const answer = await hotwork.exchange(remediator, nobody, change)
    expect(answer).toMatchObject({ status: 400, body: { error } })
    expect(answer.headers.get('cache-control')).toBe('no-store')
  })

  test('says pending, denied, withdrawn or unknown first, so that an agent can branch on it', async () => {
    const id = await hotwork.submitted(remediator, setParameter(prod))
    const word = async (of: string) =>
      ((await hotwork.exchange(remediator, of)).body.error_description as string).split(':')[0]
    expect(await word(nobody)).toBe('unknown')
    expect(await word(id)).toBe('pending')
    await hotwork.decide('person:ana', id, { verdict: 'deny' })
    expect(await word(id)).toBe('denied')
  })

  test('gives the token to the key that asked and to no other, and to no audience but its own', async () => {
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
})

describe('the broker', () => {
  test('takes a bound token with its proof, once, and nothing else', async () => {
    const id = await hotwork.submitted(remediator, setParameter(staging))
    const { access_token } = (await hotwork.exchange(remediator, id)).body
    const path = '/aws/credentials'
    const proof = await hotwork.proof(remediator, 'POST', path, access_token)
    const send = (headers: Record<string, string>) => hotwork.send('POST', path, { headers })
    expect((await send({ authorization: `Bearer ${access_token}`, dpop: proof })).status).toBe(401)
    expect((await send({ authorization: `DPoP ${access_token}` })).status).toBe(401)
    expect(
      (await send({ authorization: `DPoP ${access_token}`, dpop: await hotwork.proof(remediator, 'POST', path) }))
        .status,
    ).toBe(401)
    const stolen = await hotwork.proof('agent:builder', 'POST', path, access_token)
    const thief = await send({ authorization: `DPoP ${access_token}`, dpop: stolen })
    expect(thief).toMatchObject({ status: 401, body: { detail: 'key_mismatch' } })
    expect((await send({ authorization: `DPoP ${access_token}`, dpop: proof })).status).toBe(200)
    expect((await send({ authorization: `DPoP ${access_token}`, dpop: proof })).status).toBe(401)
  })

  test('gives nothing for an action that is not AWS’s', async () => {
    const body = {
      ...setParameter(staging),
      subject: { type: 'agent', id: 'agent:builder' },
      action: { name: 'flags:set', properties: { environment: 'prod', flag: `flag-${Date.now()}`, value: true } },
      context: { purpose: 'release', parent_task: { id: 'REL-1' } },
    }
    const flag = { ...body, resource: { type: 'flags:flag', id: `prod/${body.action.properties.flag}` } }
    const id = await hotwork.submitted('agent:builder', flag)
    await hotwork.decide('person:ana', id)
    const { access_token } = (await hotwork.exchange('agent:builder', id)).body
    expect(decodeJwt(access_token).aud).toBe(hotwork.local.tools[0]?.audience)
    expect((await hotwork.awsCredentials('agent:builder', access_token)).status).toBe(401)
  })
})

describe('for people', () => {
  test('a decision on what was seen is refused when it is not what is asked', async () => {
    const id = await hotwork.submitted(remediator, setParameter(prod))
    const wrong = `sha-256:${'A'.repeat(43)}`
    for (const [change, status, code] of [
      [{ digest: wrong }, 409, 'stale_digest'],
      [{ round: 2 }, 409, 'stale_round'],
      [{ stage: 'sre' }, 409, 'stage_not_open'],
    ] as const)
      expect(await hotwork.decide('person:ana', id, change)).toMatchObject({ status, body: { type: problem(code) } })
    expect(await hotwork.decide('person:dan', id)).toMatchObject({
      status: 403,
      body: { type: problem('self_approval') },
    })
    expect(await hotwork.decide('person:lena', id)).toMatchObject({
      status: 403,
      body: { type: problem('not_eligible') },
    })
    expect(await hotwork.decide('person:ana', id, { comment: 'looks right' })).toMatchObject({
      status: 200,
      body: { stages: [{ decisions: [{ person: 'person:ana', verdict: 'approve', comment: 'looks right' }] }, {}] },
    })
    expect(await hotwork.decide('person:ana', id)).toMatchObject({
      status: 409,
      body: { type: problem('already_decided') },
    })
    await hotwork.decide('person:eve', id, { verdict: 'deny' })
    expect(await hotwork.decide('person:finn', id, { stage: 'sre' })).toMatchObject({
      status: 409,
      body: { type: problem('already_settled') },
    })
  })

  test('lists are by status, agent and owner, newest first, in pages', async () => {
    const id = await hotwork.submitted(remediator, setParameter(prod))
    const list = async (query: string) =>
      (await hotwork.json('GET', `/v1/requests${query}`, await hotwork.token('person:lena'))).body
    const ids = async (query: string) => (await list(query)).requests.map((each: { id: string }) => each.id)
    for (const query of [
      '',
      '?status=pending',
      '?agent=agent:remediator',
      '?owner=person:dan',
      '?agent=agent:remediator&status=pending',
    ])
      expect((await ids(query))[0]).toBe(id)
    expect(await ids('?agent=agent:planner')).not.toContain(id)
    expect(await ids('?status=withdrawn')).not.toContain(id)
    expect((await hotwork.json('GET', '/v1/requests?status=open', await hotwork.token('person:ana'))).status).toBe(400)
    const first = await list('')
    if (first.next !== undefined)
      expect((await list(`?after=${encodeURIComponent(first.next)}`)).requests[0]?.id).not.toBe(first.requests[0].id)
  })

  test('an unknown id is 404 at every door', async () => {
    const ana = await hotwork.token('person:ana')
    for (const id of [nobody, 'req_', 'x'.repeat(500)]) {
      expect((await hotwork.json('GET', `/v1/requests/${id}`, ana)).status).toBe(404)
      expect((await hotwork.json('GET', `/v1/requests/${id}/ledger`, ana)).status).toBe(404)
      expect((await hotwork.json('POST', `/v1/requests/${id}/revoke`, ana, { reason: 'x' })).status).toBe(404)
      expect((await hotwork.task(remediator, id)).status).toBe(404)
      expect((await hotwork.complete(remediator, id)).status).toBe(404)
    }
  })

  test('an attempt on a request of nobody’s is on the record of the one who tried', async () => {
    await hotwork.complete('agent:builder', nobody)
    const id = await hotwork.submitted(remediator, setParameter(prod))
    expect((await hotwork.complete('agent:builder', id)).status).toBe(404)
    expect(await hotwork.ledger(id)).toHaveLength(2)
  })
})
