import { CreateKeyCommand, DisableKeyCommand, KMSClient } from '@aws-sdk/client-kms'
import { KmsSecret } from '../../../functions/adapters/kms/kms-secret.ts'
import { KeyUnavailable } from '../../../functions/operations/faults.ts'
import { useAws } from '../emulator.ts'

useAws()

const makeKey = async () => {
  const command = new CreateKeyCommand({ KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' })
  return (await new KMSClient({}).send(command)).KeyMetadata?.KeyId as string
}

test('a secret is the same in every process, of one KMS key and one purpose alone, and long', async () => {
  const [one, other] = [await makeKey(), await makeKey()]
  const secret = await new KmsSecret(one, 'state').read()
  expect(secret).toMatch(/^[\w-]{43}$/)
  expect(await new KmsSecret(one, 'state').read()).toBe(secret)
  expect(await new KmsSecret(other, 'state').read()).not.toBe(secret)
  expect(await new KmsSecret(one, 'statement').read()).not.toBe(secret)
})

test('KMS is asked for it once in the life of a process; a no is not remembered', async () => {
  const [id, client] = [await makeKey(), new KMSClient({ maxAttempts: 1 })]
  const secret = new KmsSecret(id, 'state', client)
  const found = await secret.read()
  await client.send(new DisableKeyCommand({ KeyId: id }))
  expect(await secret.read()).toBe(found)
  await expect(new KmsSecret(id, 'state', client).read()).rejects.toThrow(KeyUnavailable)
})
