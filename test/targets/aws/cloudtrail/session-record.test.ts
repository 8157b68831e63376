import { randomUUID } from 'node:crypto'
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts'
import { CloudTrailSessionRecord, sealedUseOf } from '../../../../functions/targets/aws/cloudtrail/session-record.ts'
import { useAws } from '../../../adapters/emulator.ts'
import { credentialId, requestId } from '../../../support/ask.ts'
import { externalId, makeTargetRole } from '../iam/target-role.ts'

useAws()

const now = () => Math.floor(Date.now() / 1000)
const record = new CloudTrailSessionRecord(
  () => undefined,
  () => ['us-east-1'],
)

async function become(role: string, name: string, more: Partial<AssumeRoleCommand['input']> = {}) {
  const input = { RoleArn: role, RoleSessionName: name, ExternalId: externalId, ...more }
  return new STSClient({}).send(new AssumeRoleCommand(input))
}

test('has each session of a role, by its name and tags, from when until when', async () => {
  const [role, other] = [await makeTargetRole(), await makeTargetRole()]
  const tags = { 'hotwork:request': requestId(1), 'hotwork:credential': credentialId(1) }
  const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }))
  const before = now()
  await become(role, requestId(1), { Tags, DurationSeconds: 900 })
  await become(role, requestId(2))
  await become(other, requestId(3))
  const { found, more } = await record.sessions(role, before)
  expect(more).toBe(false)
  const told = found.map(({ name, tags: said, at, endsAt }) => [name, said, endsAt - at])
  expect(told.toSorted()).toEqual([
    [requestId(1), tags, 900],
    // Where no tags are told, its name is what it is known by.
    [requestId(2), { 'hotwork:request': requestId(2) }, 3600],
  ])
  for (const { at } of found) expect(at).toBeGreaterThanOrEqual(before)
  expect((await record.sessions(role, now() + 60)).found).toEqual([])
})

test('has no session that was refused', async () => {
  const role = await makeTargetRole()
  await expect(become(role, `refused-${randomUUID()}`, { ExternalId: 'another' })).rejects.toThrow()
  expect((await record.sessions(role, now() - 60)).found).toEqual([])
})

test('tells a use of a sealed role as EventBridge would have', async () => {
  const role = await makeTargetRole()
  await become(role, 'gus')
  const [use, ...more] = (await record.sealedUses(role, now() - 60)).found
  expect(more).toEqual([])
  expect(sealedUseOf(use?.event)).toMatchObject({ eventId: use?.eventId, role, at: use?.at, seconds: 3600 })
  // What STS answered holds the session's token, which is to lie in no queue.
  expect(JSON.stringify(use?.event)).not.toMatch(/responseElements|sessionToken/i)
})

test('that nobody answers is no record of no session', async () => {
  const endpoint = process.env['AWS_ENDPOINT_URL']
  process.env['AWS_ENDPOINT_URL'] = 'http://127.0.0.1:9'
  try {
    const silent = new CloudTrailSessionRecord(
      () => undefined,
      () => ['us-east-1'],
    )
    await expect(silent.sessions('arn:aws:iam::000000000000:role/hotwork/x', 0)).rejects.toThrow()
  } finally {
    process.env['AWS_ENDPOINT_URL'] = endpoint
  }
})
