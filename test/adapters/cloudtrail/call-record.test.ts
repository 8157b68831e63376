import { randomUUID } from 'node:crypto'
import { GetParameterCommand, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm'
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts'
import { CloudTrailCallRecord } from '../../../functions/adapters/cloudtrail/call-record.ts'
import { MemoryLog } from '../../support/memory-log.ts'
import { useAws } from '../emulator.ts'
import { externalId, makeTargetRole } from '../iam/target-role.ts'

useAws()

const now = () => Math.floor(Date.now() / 1000)
const region = 'us-east-1'
const session = (role: string, name: string) => ({ name, role, region, from: now() - 60, until: now() + 60 })

/** A client that calls as a session of a role. */
async function become(role: string, name: string) {
  const { Credentials } = await new STSClient({}).send(
    new AssumeRoleCommand({ RoleArn: role, RoleSessionName: name, ExternalId: externalId }),
  )
  const credentials = {
    accessKeyId: Credentials?.AccessKeyId ?? '',
    secretAccessKey: Credentials?.SecretAccessKey ?? '',
    sessionToken: Credentials?.SessionToken ?? '',
  }
  return new SSMClient({ credentials })
}

test('what a session called is found by its name, the oldest first, with no argument of any call', async () => {
  const [role, name] = [await makeTargetRole('ssm:PutParameter', 'ssm:GetParameter'), `bgl_${randomUUID()}`]
  const ssm = await become(role, name)
  const Name = `/called/${randomUUID()}`
  await ssm.send(new PutParameterCommand({ Name, Value: 'a-secret-value', Type: 'String' }))
  await ssm.send(new GetParameterCommand({ Name }))
  const found = await new CloudTrailCallRecord(new MemoryLog()).ofSession(session(role, name))
  expect(found).toMatchObject({
    more: false,
    calls: [
      { service: 'ssm', name: 'PutParameter', account: '000000000000', region },
      { service: 'ssm', name: 'GetParameter', account: '000000000000', region },
    ],
  })
  expect(JSON.stringify(found)).not.toContain('a-secret-value')
})

test('a session of the same name of another role is somebody else', async () => {
  const [role, other] = [await makeTargetRole('ssm:PutParameter'), await makeTargetRole('ssm:PutParameter')]
  const name = `bgl_${randomUUID()}`
  const ssm = await become(other, name)
  await ssm.send(new PutParameterCommand({ Name: `/called/${randomUUID()}`, Value: 'x', Type: 'String' }))
  expect(await new CloudTrailCallRecord(new MemoryLog()).ofSession(session(role, name))).toEqual({
    calls: [],
    more: false,
  })
})

test('that no record answers is no record of no calls, and is said in the log', async () => {
  const log = new MemoryLog()
  const endpoint = process.env['AWS_ENDPOINT_URL']
  process.env['AWS_ENDPOINT_URL'] = 'http://127.0.0.1:9'
  try {
    const role = 'arn:aws:iam::000000000000:role/hotwork/Hotwork-target'
    expect(await new CloudTrailCallRecord(log).ofSession(session(role, 'bgl_x'))).toBeUndefined()
  } finally {
    process.env['AWS_ENDPOINT_URL'] = endpoint
  }
  expect(log.lines).toMatchObject([{ level: 'warn', message: 'calls_not_read' }])
})
