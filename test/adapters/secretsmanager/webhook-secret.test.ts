import { randomUUID } from 'node:crypto'
import { CreateSecretCommand, PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { WebhookSecretReader } from '../../../functions/adapters/secretsmanager/secrets.ts'
import { submittedAt } from '../../support/ask.ts'
import { MemoryClock } from '../../support/memory-clock.ts'
import { useAws } from '../emulator.ts'

/** What each webhook is signed with, as the operator puts it. */

useAws()

async function put(value: unknown) {
  const [client, Name] = [new SecretsManagerClient({}), `test/${randomUUID()}`]
  const text = (of: unknown) => (typeof of === 'string' ? of : JSON.stringify(of))
  await client.send(new CreateSecretCommand({ Name, SecretString: text(value) }))
  const clock = new MemoryClock(submittedAt)
  const replace = (by: unknown) =>
    client.send(new PutSecretValueCommand({ SecretId: Name, SecretString: JSON.stringify(by) }))
  return { reader: new WebhookSecretReader(Name, clock), clock, replace }
}
const [one, two, three] = ['c2Vj', 'Y2Fu', 'dGhy'].map((part) => `whsec_${part.repeat(11)}`)

test('an agent or a tool signs with its own secret, or with the two of a replacement, the first first', async () => {
  const { reader } = await put({ 'tool:one': one, 'agent:two': [two, one] })
  expect(await reader.secretsOf('tool:one')).toEqual([one])
  expect(await reader.secretsOf('agent:two')).toEqual([two, one])
  expect(await reader.secretsOf('agent:other')).toEqual([])
})

test('what it is made with is the secret of none', async () => {
  const { reader } = await put({ unused: 'aB3'.repeat(21).concat('x') })
  expect(await reader.secretsOf('tool:one')).toEqual([])
})

test.each([
  ['too short', 'whsec_Y2FuYXJ5'],
  ['not base 64', 'canary!'.repeat(8)],
  ['one of three', [one, two, three]],
  ['no text', 7],
])('a secret that is %s is none, and the other webhooks go on', async (_, wrong) => {
  const { reader } = await put({ 'tool:one': wrong, 'tool:two': two })
  expect(await reader.secretsOf('tool:one')).toEqual([])
  expect(await reader.secretsOf('tool:two')).toEqual([two])
})

test.each([
  ['no JSON', `{ "tool:one": "${one}`],
  ['a list', [one]],
])('a whole that is %s is a fault that shows nothing of it', async (_, value) => {
  const { reader } = await put(value)
  const fault = await reader.secretsOf('tool:one').then(
    () => undefined,
    (thrown: Error) => thrown,
  )
  expect(fault).toMatchObject({ name: 'SecretUnavailable', message: expect.stringContaining('`whsec_...`') })
  expect(fault?.stack).not.toContain('c2Vj')
})

test('one that is replaced is read after five minutes', async () => {
  const { reader, clock, replace } = await put({ 'tool:one': one })
  expect(await reader.secretsOf('tool:one')).toEqual([one])
  await replace({ 'tool:one': [two, one] })
  clock.advance(299)
  expect(await reader.secretsOf('tool:one')).toEqual([one])
  clock.advance(1)
  expect(await reader.secretsOf('tool:one')).toEqual([two, one])
})

test('one that is not there is a fault that may pass', async () => {
  const none = new WebhookSecretReader(`test/${randomUUID()}`, new MemoryClock(submittedAt))
  await expect(none.secretsOf('tool:one')).rejects.toMatchObject({ name: 'SecretUnavailable' })
})
