import { randomUUID } from 'node:crypto'
import { LambdaClient, PutFunctionConcurrencyCommand } from '@aws-sdk/client-lambda'
import { GetParameterCommand, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm'
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { CloudTrailCallRecord } from '../../../../functions/targets/aws/cloudtrail/call-record.ts'
import { useAws } from '../../../adapters/emulator.ts'
import { credentialId, requestId } from '../../../support/ask.ts'
import { MemoryLog } from '../../../support/memory-log.ts'
import { become, makeTargetRole } from '../iam/target-role.ts'
import { assumeEvent, byName, callEvent, startCloudTrail } from './cloudtrail-endpoint.ts'

const now = () => Math.floor(Date.now() / 1000)
const region = 'us-east-1'
const session = (role: string, name: string) => {
  const span = { from: now() - 60, until: now() + 60 }
  return { name, role, regions: [region], ...span, issued: span }
}
const read = (role: string, name: string) => new CloudTrailCallRecord(new MemoryLog()).ofSession(session(role, name))

describe('the record of an account', () => {
  useAws()

  test("calls of a session are found by its name, the oldest first, with CloudTrail's parameters", async () => {
    const [role, name] = [await makeTargetRole('ssm:PutParameter', 'ssm:GetParameter'), `bgl_${randomUUID()}`]
    const ssm = new SSMClient({ credentials: await become(role, name) })
    const Name = `/called/${randomUUID()}`
    await ssm.send(new PutParameterCommand({ Name, Value: 'a-secret-value', Type: 'String' }))
    await ssm.send(new GetParameterCommand({ Name }))
    const found = await read(role, name)
    expect(found).toMatchObject({
      more: false,
      calls: [
        { service: 'ssm', name: 'PutParameter', account: '000000000000', region, parameters: { name: Name } },
        { service: 'ssm', name: 'GetParameter', account: '000000000000', region },
      ],
    })
    expect(JSON.stringify(found)).not.toContain('a-secret-value')
  })

  test('calls that IAM or a service refuses are found with their error', async () => {
    const [role, name] = [await makeTargetRole('ssm:GetParameter'), `req_${randomUUID()}`]
    const ssm = new SSMClient({ credentials: await become(role, name), maxAttempts: 1 })
    const Name = `/called/${randomUUID()}`
    await expect(ssm.send(new PutParameterCommand({ Name, Value: 'x', Type: 'String' }))).rejects.toThrow()
    await expect(ssm.send(new GetParameterCommand({ Name }))).rejects.toThrow()
    expect((await read(role, name))?.calls).toMatchObject([
      { name: 'PutParameter', error: 'AccessDeniedException' },
      { name: 'GetParameter', error: 'ParameterNotFound' },
    ])
  })

  test("a call of a function has the API's version in its name, and the function as a parameter", async () => {
    const [role, name] = [await makeTargetRole('lambda:PutFunctionConcurrency'), `req_${randomUUID()}`]
    const lambda = new LambdaClient({ credentials: await become(role, name), maxAttempts: 1 })
    const input = { FunctionName: 'none-such', ReservedConcurrentExecutions: 3 }
    await expect(lambda.send(new PutFunctionConcurrencyCommand(input))).rejects.toThrow()
    expect((await read(role, name))?.calls).toMatchObject([
      {
        name: 'PutFunctionConcurrency20171031',
        parameters: { functionName: 'none-such', reservedConcurrentExecutions: 3 },
        error: 'ResourceNotFoundException',
      },
    ])
  })

  test('a call without a required right is found too', async () => {
    const [role, name] = [await makeTargetRole(), `req_${randomUUID()}`]
    await new STSClient({ credentials: await become(role, name) }).send(new GetCallerIdentityCommand({}))
    expect((await read(role, name))?.calls).toMatchObject([{ service: 'sts', name: 'GetCallerIdentity' }])
  })

  test("each call has the credential of its session's tags", async () => {
    const [role, name] = [await makeTargetRole('ssm:PutParameter'), requestId(7)]
    for (const n of [11, 12]) {
      const tags = { 'hotwork:request': name, 'hotwork:credential': credentialId(n) }
      const ssm = new SSMClient({ credentials: await become(role, name, { tags }) })
      await ssm.send(new PutParameterCommand({ Name: `/called/${randomUUID()}`, Value: 'x', Type: 'String' }))
    }
    const found = await read(role, name)
    expect(found?.calls.map(({ credential }) => credential)).toEqual([credentialId(11), credentialId(12)])
    expect(JSON.stringify(found)).not.toMatch(/ASIA/)
  })

  test("sessions of the same name of another role or another request's tags are left out", async () => {
    const [role, other] = [await makeTargetRole('ssm:PutParameter'), await makeTargetRole('ssm:PutParameter')]
    const name = requestId(8)
    const tags = { 'hotwork:request': requestId(9), 'hotwork:credential': credentialId(11) }
    for (const each of [await become(other, name), await become(role, name, { tags })]) {
      const input = { Name: `/called/${randomUUID()}`, Value: 'x', Type: 'String' } as const
      await new SSMClient({ credentials: each }).send(new PutParameterCommand(input))
    }
    expect(await read(role, name)).toEqual({ calls: [], more: false })
  })
})

describe('on an endpoint of the test,', () => {
  const role = 'arn:aws:iam::000000000000:role/hotwork/Hotwork-target'
  const name = requestId(1)
  const log = new MemoryLog()
  let close = async () => {}
  afterEach(() => close())
  const start = async (answer: Parameters<typeof startCloudTrail>[0]) => {
    const endpoint = await startCloudTrail(answer)
    close = endpoint.close
    const own = { accessKeyId: 'own', secretAccessKey: 'own' }
    Object.assign(process.env, { AWS_ENDPOINT_URL: endpoint.url, AWS_REGION: region })
    return { ...endpoint, record: new CloudTrailCallRecord(log, () => async () => own) }
  }
  const event = (id: string, changes: Partial<Parameters<typeof callEvent>[0]> = {}) =>
    callEvent({ id, at: now(), role, session: name, ...changes })

  test('a record is read page by page, and says if it has more than people wait for', async () => {
    const { record, asked } = await start((ask) =>
      byName(ask)
        ? { Events: [event(`e${ask.NextToken ?? 0}`)], NextToken: String(Number(ask.NextToken ?? 0) + 1) }
        : {},
    )
    const found = await record.ofSession(session(role, name))
    expect([found?.more, found?.calls.length]).toEqual([true, asked.filter(byName).length])
    expect(asked.filter(byName).length).toBeLessThan(10)
  })

  test('a throttled record is retried, and is unread if it stays throttled', async () => {
    const { record } = await start((ask, count) =>
      count < 3 ? { status: 400 } : byName(ask) ? { Events: [event('e1')] } : {},
    )
    expect(await record.ofSession(session(role, name))).toMatchObject({ more: false, calls: [{ id: 'e1' }] })
    await close()
    const silent = await start(() => ({ status: 400 }))
    expect(await silent.record.ofSession(session(role, name))).toBeUndefined()
    expect(log.lines.at(-1)).toMatchObject({ level: 'warn', message: 'calls_not_read' })
  })

  test("calls of another account, or of that role's name elsewhere, are left out", async () => {
    const [account, elsewhere] = ['111122223333', role.replace('000000000000', '111122223333')]
    const events = [
      event('ours'),
      event('theirs', { role: elsewhere, account }),
      event('other', { session: 'another' }),
    ]
    const { record } = await start((ask) => (byName(ask) ? { Events: events } : {}))
    expect((await record.ofSession(session(role, name)))?.calls.map(({ id }) => id)).toEqual(['ours'])
  })

  test("a call is kept without its session's origin, which may be late", async () => {
    const tags = { 'hotwork:request': name, 'hotwork:credential': credentialId(11) }
    const { record } = await start((ask) =>
      byName(ask)
        ? { Events: [event('e2', { key: 'ASIA2' }), event('e1', { key: 'ASIA1' })] }
        : { Events: [assumeEvent('a1', now(), 'ASIA1', tags)] },
    )
    expect((await record.ofSession(session(role, name)))?.calls).toMatchObject([
      { id: 'e1', credential: credentialId(11) },
      { id: 'e2' },
    ])
  })

  test('a record over several Regions may have more in a silent one', async () => {
    const { record } = await start((ask, count) =>
      byName(ask) ? (count === 1 ? { Events: [event('e1')] } : { status: 400 }) : {},
    )
    const found = await record.ofSession({ ...session(role, name), regions: ['us-east-1', 'eu-west-1'] })
    expect(found).toMatchObject({ more: true, calls: [{ id: 'e1' }] })
  })

  test('an unreachable record is unread', async () => {
    await start(() => ({}))
    await close()
    close = async () => {}
    expect(await new CloudTrailCallRecord(log).ofSession(session(role, name))).toBeUndefined()
  })
})
