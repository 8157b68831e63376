import { randomUUID } from 'node:crypto'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import { type Answer, denialOf, deployed, prod, remediator, setParameter, staging } from '../support/deployment.ts'

/**
 * AuthZEN Authorization API 1.0: many evaluations in one message, and the structural part of the certification scenario,
 * whose eight decisions are another policy's. All invalid bodies are in test/http/representations.test.ts and json.test.ts.
 */

const hotwork = deployed()
const { issuer } = hotwork.local
const one = '/access/v1/evaluation'
const many = '/access/v1/evaluations'
type Body = { [member: string]: unknown }

const ask = async (body: unknown, path = many, headers: Record<string, string> = {}): Promise<Answer> =>
  hotwork.as(remediator, 'POST', path, body, headers)
const decisionsOf = ({ body }: Answer) => body.evaluations.map(({ decision }: { decision: boolean }) => decision)
const reasonsOf = ({ body }: Answer) =>
  body.evaluations.map(({ context }: { context: { reason?: string } }) => context.reason ?? 'yes')

/** An ask with a live approval: the answer is yes. */
let permitted: Body
/** An ask for an unknown action: the answer is no. */
const unknown: Body = { ...setParameter(staging), action: { name: 'no:Such' } }
const asked = setParameter(staging)
const { subject, action, resource, context } = asked

beforeAll(async () => {
  const body = setParameter(staging)
  const submitted = await hotwork.submit(remediator, body)
  permitted = { ...body, context: { ...body['context'], approval: submitted.body.result.approval } }
})

test.each<[semantic: string | undefined, decisions: boolean[]]>([
  [undefined, [true, false, true]],
  ['execute_all', [true, false, true]],
  ['deny_on_first_deny', [true, false]],
  ['permit_on_first_permit', [true]],
])('evaluations with the semantic %s end with the deciding one, in their order', async (semantic, decisions) => {
  const evaluations = [permitted, unknown, permitted]
  const options = semantic === undefined ? {} : { options: { evaluations_semantic: semantic } }
  const answer = await ask({ evaluations, ...options })
  expect(answer.status).toBe(200)
  expect(decisionsOf(answer)).toEqual(decisions)
  expect(answer.body).not.toHaveProperty('decision')
})

test.each<[semantic: string, items: () => Body[], decisions: boolean[]]>([
  ['permit_on_first_permit', () => [unknown, permitted, unknown], [false, true]],
  ['permit_on_first_permit', () => [unknown, unknown], [false, false]],
  ['deny_on_first_deny', () => [permitted, permitted], [true, true]],
  ['deny_on_first_deny', () => [{}, permitted], [false]],
  ['permit_on_first_permit', () => [{}, permitted, permitted], [false, true]],
])('evaluations with the semantic %s go on until one decides', async (evaluations_semantic, items, decisions) => {
  expect(decisionsOf(await ask({ evaluations: items(), options: { evaluations_semantic } }))).toEqual(decisions)
})

test('each answer is the same as that of the evaluation alone', async () => {
  const answer = await ask({ evaluations: [asked, unknown] })
  for (const [index, body] of [asked, unknown].entries()) {
    const {
      evaluation_id: _,
      evaluated_at: __,
      access_request: requestable,
      ...alone
    } = (await ask(body, one)).body.context
    expect(answer.body.evaluations[index]).toMatchObject({ decision: false, context: alone })
    expect('access_request' in answer.body.evaluations[index].context).toBe(requestable !== undefined)
  }
})

test('the members of the message are defaults of its items', async () => {
  const other = setParameter(staging)
  const answer = await ask({ ...asked, evaluations: [{}, { action: other['action'] }, { action: unknown['action'] }] })
  expect(reasonsOf(answer)).toEqual(['approval_required', 'approval_required', 'unknown_action'])
})

test.each<[what: string, item: Body, reason: string]>([
  ['arguments', { action: { name: 'ssm:PutParameter' } }, 'invalid_arguments'],
  ['a purpose', { context: { parent_task: { id: 'INC-1' } } }, 'invalid_arguments'],
  ['a parent task', { context: { purpose: 'remediation' } }, 'invalid_arguments'],
])('a member of an item replaces the whole default: one without %s has none', async (_what, item, reason) => {
  expect(reasonsOf(await ask({ ...asked, evaluations: [{}, item] }))).toEqual(['approval_required', reason])
})

test.each<[what: string, item: Body]>([
  ['lacks its resource', { subject, action, context }],
  ['has a subject without an id', { subject: { type: 'agent' }, action, resource, context }],
  ['has a name that is a number', { subject, action: { name: 7 }, resource, context }],
  ['has nothing', {}],
])('an item that %s is a no in a 200, and the others are answered', async (_what, item) => {
  const answer = await ask({ evaluations: [permitted, item, permitted] })
  expect([answer.status, decisionsOf(answer)]).toEqual([200, [true, false, true]])
  expect(answer.body.evaluations[1].context).toMatchObject({
    error: { status: 400, message: expect.stringMatching(/^`.+` (?:is missing|should be)/) },
  })
})

test('an evaluation among many can be submitted', async () => {
  const body = setParameter(prod)
  const { evaluations } = (await ask({ evaluations: [unknown, body] })).body
  const submission = { ...body, denial: denialOf(evaluations[1].context) }
  expect((await hotwork.submission(remediator, submission)).status).toBe(202)
})

test('fifty are answered, and one more is too many', async () => {
  const fifty = Array.from({ length: 50 }, () => unknown)
  expect((await ask({ evaluations: fifty })).body.evaluations).toHaveLength(50)
  expect(await ask({ evaluations: [...fifty, unknown] })).toMatchObject({
    status: 400,
    body: { detail: expect.stringContaining('`evaluations`') },
  })
})

test.each<[what: string, body: Body, status: number]>([
  ['without `evaluations`', { ...asked }, 200],
  ['with none in it', { ...asked, evaluations: [] }, 200],
  ['without `evaluations`, and incomplete', { subject, action }, 400],
  ['with none in it, and incomplete', { subject, action, evaluations: [] }, 400],
])('a message %s is a single evaluation', async (_what, body, status) => {
  const answer = await ask(body)
  expect(answer.status).toBe(status)
  expect(answer.body).not.toHaveProperty('evaluations')
  if (status === 200) expect(answer.body).toMatchObject({ decision: false, context: { reason: 'approval_required' } })
})

test.each<[what: string, body: Body]>([
  ['an unknown semantic', { evaluations: [asked], options: { evaluations_semantic: 'any' } }],
  ['evaluations that are no list', { evaluations: asked }],
  ['an evaluation that is no object', { evaluations: ['x'] }],
  ['options that are text', { evaluations: [asked], options: 'x' }],
])('a message with %s is 400', async (_what, body) => expect((await ask(body)).status).toBe(400))

test('unknown options are ignored', async () => {
  const answer = await ask({ evaluations: [unknown], options: { future: true }, future: [1] })
  expect([answer.status, decisionsOf(answer)]).toEqual([200, [false]])
})

describe.each([
  ['the evaluation', one],
  ['the evaluations', many],
])('the structure that certification asks for, at %s endpoint', (name, path) => {
  test.each<[what: string, body: Body]>([
    ['no subject', { action, resource }],
    ['an action without a name', { subject, action: {}, resource }],
    ['a resource that is a list', { subject, action, resource: [] }],
  ])(`${name} answers %s with 400`, async (_what, body) => expect((await ask(body, path)).status).toBe(400))

  test(`${name} answers a form with 400`, async () => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    expect((await ask(JSON.stringify(asked), path, headers)).status).toBe(400)
  })

  test.each<[what: string, body: Body]>([
    ['unknown properties', { ...asked, subject: { ...subject, properties: { department: 'Sales' } } }],
    ['unknown members', { ...asked, foo: 'bar', futureField: { nested: true } }],
    [
      'unknown people, records and verbs',
      {
        subject: { type: 'user', id: 'alice' },
        action: { name: 'read' },
        resource: { type: 'record', id: 'record-1' },
        context: { time: '2025-06-27T18:03-07:00' },
      },
    ],
    [
      'ids with any letters',
      { subject: { type: 'u\u0000 "', id: '😀\n../' }, action: { name: '*' }, resource: { type: 'ärger', id: '\\' } },
    ],
  ])(`${name} answers %s with a decision`, async (_what, body) => {
    const answer = await ask(body, path)
    expect(answer).toMatchObject({ status: 200, body: { decision: false, context: expect.any(Object) } })
    expect(answer.headers.get('content-type')).toMatch(/^application\/json/)
  })

  test.each<[what: string, status: number, body: unknown, signed: boolean]>([
    ['a decision', 200, asked, true],
    ['400', 400, {}, true],
    ['401', 401, asked, false],
  ])(`${name} returns the \`X-Request-ID\` with %s`, async (_what, status, body, signed) => {
    const id = randomUUID()
    const token = signed ? await hotwork.token(remediator) : undefined
    const answer = await hotwork.json('POST', path, token, body, { 'x-request-id': id })
    expect([answer.status, answer.headers.get('x-request-id')]).toEqual([status, id])
  })

  test(`${name} gives the same question the same answer`, async () => {
    const [first, again] = [await ask(unknown, path), await ask(unknown, path)]
    expect([first.body.decision, first.body.context.reason]).toEqual([again.body.decision, again.body.context.reason])
  })
})

const keys = createRemoteJWKSet(new URL(`${issuer}/.well-known/jwks.json`))
const verified = async (token: string, typ: string) =>
  (await jwtVerify(token, keys, { issuer, audience: issuer, typ, algorithms: ['ES256'] })).payload

test('a denial and an approval are signed by the published key', async () => {
  const body = setParameter(staging)
  const evaluated = await hotwork.evaluate(remediator, body)
  const { evaluation_id, access_request } = evaluated.body.context
  expect(await verified(access_request.binding_token, 'hotwork-denial+jwt')).toMatchObject({
    ...{ jti: evaluation_id, sub: remediator },
    ...{ denial_expires_at: access_request.expires_at, binding_context_members: ['purpose', 'parent_task'] },
  })
  // The statement is enough without the id.
  const { evaluation_id: _, ...denial } = denialOf(evaluated.body.context)
  const submitted = await hotwork.submit(remediator, body, { body: { denial } })
  const { approval } = submitted.body.result
  expect(await verified(approval.state, 'hotwork-approval+jwt')).toMatchObject({ jti: approval.id, sub: remediator })
  const again = (state: string) =>
    hotwork.evaluate(remediator, { ...body, context: { ...body['context'], approval: { ...approval, state } } })
  expect((await again(approval.state)).body.decision).toBe(true)
  expect((await again(access_request.binding_token)).body.context.reason).toBe('approval_unverifiable')
  const { task } = submitted.body
  expect((await hotwork.task(remediator, task.id)).body.result.approval.state).toEqual(expect.any(String))
})

test('a denial binds its own ask alone', async () => {
  const other = await hotwork.evaluate(remediator, setParameter(staging))
  const { binding_token } = other.body.context.access_request
  const body = setParameter(staging)
  const denial = { ...denialOf((await hotwork.evaluate(remediator, body)).body.context), binding_token }
  expect(await hotwork.submit(remediator, body, { body: { denial } })).toMatchObject({
    status: 400,
    body: { type: 'urn:openid:authzen:access-request:error:invalid_denial_binding' },
  })
})

test('the configuration names the issuer to the byte, and only endpoints that answer', async () => {
  const { body, headers } = await hotwork.send('GET', '/.well-known/authzen-configuration')
  expect(headers.get('content-type')).toMatch(/^application\/json/)
  expect(body.policy_decision_point).toBe(issuer)
  const endpoints = Object.entries<string>(body).filter(([name]) => name.endsWith('_endpoint'))
  expect(endpoints.map(([name]) => name).sort()).toEqual([
    'access_evaluation_endpoint',
    'access_evaluations_endpoint',
    'access_request_endpoint',
    'search_action_endpoint',
  ])
  for (const [, url] of endpoints) expect((await fetch(url, { method: 'POST' })).status).toBe(401)
})
