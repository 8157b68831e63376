import { randomUUID } from 'node:crypto'
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { PagerDutySecretReader } from '../../../functions/adapters/secretsmanager/secrets.ts'
import { submittedAt } from '../../support/ask.ts'
import { MemoryClock } from '../../support/memory-clock.ts'
import { useAws } from '../emulator.ts'

useAws()

const read = async (value: unknown) => {
  const [client, Name] = [new SecretsManagerClient({}), `test/${randomUUID()}`]
  await client.send(new CreateSecretCommand({ Name, SecretString: JSON.stringify(value) }))
  return new PagerDutySecretReader(Name, new MemoryClock(submittedAt)).read()
}

test('the token of PagerDuty is read as it was put', async () => {
  expect(await read({ token: 'u+AbC_123' })).toEqual({ token: 'u+AbC_123' })
})

test.each([
  ['missing', {}],
  ['empty', { token: '' }],
  ['more than one line, which would be another header', { token: 'canary\r\nhost: x' }],
])('one that is %s is a fault that shows nothing of it', async (_, value) => {
  const fault = await read(value).then(
    () => undefined,
    (thrown: Error) => thrown,
  )
  expect(fault).toMatchObject({ name: 'SecretUnavailable', message: expect.stringContaining('`token`') })
  expect(fault?.stack).not.toContain('canary')
})
