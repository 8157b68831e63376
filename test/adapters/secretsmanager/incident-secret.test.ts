import { randomUUID } from 'node:crypto'
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { IncidentSecretReader } from '../../../functions/adapters/secretsmanager/secrets.ts'
import { submittedAt } from '../../support/ask.ts'
import { MemoryClock } from '../../support/memory-clock.ts'
import { useAws } from '../emulator.ts'

/** What whatever keeps incidents shares with us: without it nothing that it says is believed. */

useAws()

const read = async (value: unknown) => {
  const [client, Name] = [new SecretsManagerClient({}), `test/${randomUUID()}`]
  await client.send(new CreateSecretCommand({ Name, SecretString: JSON.stringify(value) }))
  return new IncidentSecretReader(Name, new MemoryClock(submittedAt))
}
const [one, two] = [`whsec_${'c2Vj'.repeat(11)}`, 'Y2FuYXJ5'.repeat(5)]

test('what a delivery may be signed with is the secret, and while it is rotated the one before', async () => {
  expect(await (await read({ webhookSecret: one })).webhookSecrets()).toEqual([one])
  const rotated = await read({ webhookSecret: one, previousWebhookSecret: two, checkAuthorization: 'Token token=x' })
  expect(await rotated.webhookSecrets()).toEqual([one, two])
  expect((await rotated.read()).checkAuthorization).toBe('Token token=x')
})

test('the one that it is made with, letters and digits of 48 bytes, can be read and is nobody’s', async () => {
  expect(await (await read({ webhookSecret: 'aB3'.repeat(21).concat('x') })).webhookSecrets()).toHaveLength(1)
})

test.each([
  ['missing', {}],
  ['empty', { webhookSecret: '' }],
  ['too short to be one', { webhookSecret: 'Y2FuYXJ5' }],
  ['not base 64', { webhookSecret: 'canary!'.repeat(8) }],
])('one that is %s is a fault that shows nothing of it', async (_what, value) => {
  const fault = await (await read(value)).webhookSecrets().then(
    () => undefined,
    (thrown: Error) => thrown,
  )
  expect(fault).toMatchObject({ name: 'SecretUnavailable', message: expect.stringContaining('`webhookSecret`') })
  expect(fault?.stack).not.toMatch(/canary|Y2FuYXJ5/)
})

test('one that is not there is a fault that may pass', async () => {
  const none = new IncidentSecretReader(`test/${randomUUID()}`, new MemoryClock(submittedAt))
  await expect(none.webhookSecrets()).rejects.toMatchObject({ name: 'SecretUnavailable' })
})
