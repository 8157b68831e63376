import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb'
import { GetFunctionConfigurationCommand, InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda'
import { verify } from '../../../functions/domain/ledger/ledger.ts'
import { administrator, connection, functionNamed } from '../support/aws.ts'
import { leaks, logs } from '../support/canaries.ts'
import { type Answer, deployed, prod, remediator, setParameter, staging } from '../support/deployment.ts'

const hotwork = deployed()
const { local } = hotwork
const admin = { ...connection(local), credentials: administrator(local) }
const canary = `canary-${process.pid}-${Date.now()}`

const call = async (token: string, headers: Record<string, string> = {}, body?: string): Promise<Answer> =>
  hotwork.send('POST', '/aws/calls', {
    headers: {
      authorization: `DPoP ${token}`,
      dpop: await hotwork.proof(remediator, 'POST', '/aws/calls', token),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body }),
  })

const configure = (properties: { [member: string]: unknown }) => ({
  ...setParameter(staging),
  action: {
    name: 'lambda:UpdateFunctionConfiguration',
    properties: { FunctionName: 'staging-checkout-worker', ...properties },
  },
  resource: { type: 'lambda:function', id: 'arn:aws:lambda:us-east-1:000000000000:function:staging-checkout-worker' },
})

/** A task that needs no approval, with its access token. */
async function claimed(body: object): Promise<{ id: string; token: string }> {
  const id = await hotwork.submitted(remediator, body)
  return { id, token: (await hotwork.exchange(remediator, id)).body.access_token }
}

test('Hotwork makes the one stored call and the agent gets its answer, no credential, and no second call', async () => {
  const memory = 128 + 64 * (1 + (process.pid % 16))
  const { id, token } = await claimed(configure({ MemorySize: memory, Environment: { Variables: { MODE: canary } } }))
  expect(await hotwork.awsCredentials(remediator, token)).toMatchObject({
    status: 400,
    body: { type: `${local.issuer}/problems/mediated` },
  })
  const made = await call(token)
  expect(made).toMatchObject({ status: 200, body: { output: { MemorySize: memory } } })
  expect(made.headers.get('cache-control')).toBe('no-store')
  expect(JSON.stringify(made.body)).not.toContain(canary)
  const found = await new LambdaClient(admin).send(
    new GetFunctionConfigurationCommand({ FunctionName: 'staging-checkout-worker' }),
  )
  expect(found).toMatchObject({ MemorySize: memory, Environment: { Variables: { MODE: canary } } })

  expect(await call(token)).toMatchObject({ status: 403, body: { type: `${local.issuer}/problems/uses_exhausted` } })
  const entries = await hotwork.ledger(id)
  const uses = entries.filter(({ type }) => type === 'UseBegun' || type === 'UseEnded')
  expect(uses.map(({ type, actor }) => [type, actor.id])).toEqual([
    ['UseBegun', remediator],
    ['UseEnded', remediator],
  ])
  expect(verify(id, entries).broken).toBeUndefined()
  expect(leaks({ canary }, logs())).toEqual([])
})

test('one item of a production table is changed when an owner and an SRE agree', async () => {
  const value = `v${Date.now()}`
  const id = await hotwork.submitted(remediator, {
    ...setParameter(prod),
    action: {
      name: 'dynamodb:UpdateItem',
      properties: {
        TableName: 'checkout-flags',
        Key: { flag: { S: 'mediated' } },
        UpdateExpression: 'SET note = :n',
        ExpressionAttributeValues: { ':n': { S: value } },
      },
    },
    resource: { type: 'dynamodb:table', id: 'arn:aws:dynamodb:us-east-1:000000000000:table/checkout-flags' },
  })
  await hotwork.decide('person:ana', id)
  expect((await hotwork.exchange(remediator, id)).status).toBe(400)
  await hotwork.decide('person:eve', id)
  const token = (await hotwork.exchange(remediator, id)).body.access_token
  expect((await hotwork.view(id)).status).toBe('approved')
  expect(await call(token)).toMatchObject({ status: 200, body: { output: {} } })
  const Key = { flag: { S: 'mediated' } }
  const { Item } = await new DynamoDBClient(admin).send(new GetItemCommand({ TableName: 'checkout-flags', Key }))
  expect(Item?.['note']).toEqual({ S: value })
})

test('a call that AWS refuses is 502 with the name of the refusal, and recorded', async () => {
  const gone = 'staging-nothing-here'
  const body = configure({ Timeout: 9 })
  body.action.properties['FunctionName'] = gone
  body.resource = { ...body.resource, id: `arn:aws:lambda:us-east-1:000000000000:function:${gone}` }
  const { id, token } = await claimed(body)
  expect(await call(token)).toMatchObject({
    status: 502,
    body: {
      type: `${local.issuer}/problems/call_failed`,
      detail: expect.stringContaining('ResourceNotFoundException'),
    },
  })
  const ended = (await hotwork.ledger(id)).find(({ type }) => type === 'UseEnded')
  expect(ended.facts).toMatchObject({ outcome: 'failed', note: 'ResourceNotFoundException' })
})

test('an action that the agent does itself is 400 here', async () => {
  const { token } = await claimed(setParameter(staging))
  expect(await call(token)).toMatchObject({ status: 400, body: { type: `${local.issuer}/problems/not_mediated` } })
})

test.each<[what: string, status: number, code: string, ask: (token: string) => Promise<Answer>]>([
  ['without a proof', 401, 'invalid_dpop_proof', (token) => call(token, { dpop: '' })],
  ['as Bearer', 401, 'invalid_token', (token) => call(token, { authorization: `Bearer ${token}` })],
  [
    'with the proof for another address',
    401,
    'invalid_dpop_proof',
    async (token) => call(token, { dpop: await hotwork.proof(remediator, 'POST', '/aws/credentials', token) }),
  ],
  [
    'with the proof of another key',
    401,
    'invalid_dpop_proof',
    async (token) => call(token, { dpop: await hotwork.proof(remediator, 'POST', '/aws/calls', token, 'thief') }),
  ],
  ['with something to say', 400, 'invalid_request', (token) => call(token, {}, '{"Timeout":900}')],
])('a call %s is %d', async (_what, status, code, ask) => {
  const { id, token } = await claimed(configure({ Timeout: 11 }))
  expect(await ask(token)).toMatchObject({ status, body: { type: `${local.issuer}/problems/${code}` } })
  expect((await hotwork.ledger(id)).some(({ type }) => type === 'UseBegun')).toBe(false)
})

test('a revoked grant makes no call', async () => {
  const { id, token } = await claimed(configure({ Timeout: 12 }))
  await hotwork.as('person:gus', 'POST', `/v1/requests/${id}/revoke`, { reason: 'enough' })
  expect((await call(token)).status).toBe(401)
  expect((await hotwork.ledger(id)).some(({ type }) => type === 'UseBegun')).toBe(false)
})

test('a call that the sweep hands on is looked up by its Lambda, and keeps its end', async () => {
  const { id, token } = await claimed(configure({ Timeout: 13 }))
  expect((await call(token)).status).toBe(200)
  const entries = await hotwork.ledger(id)
  const lambda = new LambdaClient(admin)
  const FunctionName = await functionNamed(local, 'CallAws')
  const Payload = Buffer.from(JSON.stringify({ requestId: id }))
  expect(await lambda.send(new InvokeCommand({ FunctionName, Payload }))).not.toHaveProperty('FunctionError')
  expect(await hotwork.ledger(id)).toEqual(entries)
})
