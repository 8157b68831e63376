import { randomUUID } from 'node:crypto'
import { CloudTrailSessionRecord, sealedUseOf } from '../../../../functions/targets/aws/cloudtrail/session-record.ts'
import { useAws } from '../../../adapters/emulator.ts'
import { credentialId, requestId } from '../../../support/ask.ts'
import { become, makeTargetRole } from '../iam/target-role.ts'

useAws()

const now = () => Math.floor(Date.now() / 1000)
const record = new CloudTrailSessionRecord(
  () => undefined,
  () => ['us-east-1'],
)

test('the record has each session of a role, with its name, tags, begin and end', async () => {
  const [role, other] = [await makeTargetRole(), await makeTargetRole()]
  const tags = { 'hotwork:request': requestId(1), 'hotwork:credential': credentialId(1) }
  const before = now()
  await become(role, requestId(1), { tags, DurationSeconds: 900 })
  await become(role, requestId(2))
  await become(other, requestId(3))
  const { found, more } = await record.sessions(role, before)
  expect(more).toBe(false)
  expect(found.map(({ name, tags: said, at, endsAt }) => [name, said, endsAt - at]).toSorted()).toEqual([
    [requestId(1), tags, 900],
    // A session without tags is known by its name.
    [requestId(2), { 'hotwork:request': requestId(2) }, 3600],
  ])
  for (const { at } of found) expect(at).toBeGreaterThanOrEqual(before)
  expect((await record.sessions(role, now() + 60)).found).toEqual([])
})

test('the record has no refused session', async () => {
  const role = await makeTargetRole()
  await expect(become(role, `refused-${randomUUID()}`, { ExternalId: 'another' })).rejects.toThrow()
  expect((await record.sessions(role, now() - 60)).found).toEqual([])
})

test("a use of a sealed role has the form of EventBridge's event", async () => {
  const role = await makeTargetRole()
  await become(role, 'gus')
  const [use, ...more] = (await record.sealedUses(role, now() - 60)).found
  expect(more).toEqual([])
  expect(sealedUseOf(use?.event)).toMatchObject({ eventId: use?.eventId, role, at: use?.at, seconds: 3600 })
  // STS's answer holds the session's token, which must not lie in a queue.
  expect(JSON.stringify(use?.event)).not.toMatch(/responseElements|sessionToken/i)
})

test('a silent record is a fault, not an empty record', async () => {
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
