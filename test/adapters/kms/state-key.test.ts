import { CreateKeyCommand, DisableKeyCommand, KMSClient } from '@aws-sdk/client-kms'
import { KmsStateKey } from '../../../functions/adapters/kms/kms-state-key.ts'
import { KeyUnavailable } from '../../../functions/operations/faults.ts'
import { useAws } from '../emulator.ts'

useAws()

const makeKey = async () => {
  const command = new CreateKeyCommand({ KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' })
  return (await new KMSClient({}).send(command)).KeyMetadata?.KeyId as string
}

test('the key of states is long, equal in every process, and different for each KMS key', async () => {
  const [one, other] = [await makeKey(), await makeKey()]
  const key = await new KmsStateKey(one).read()
  expect(key).toMatch(/^[\w-]{43}$/)
  expect(await new KmsStateKey(one).read()).toBe(key)
  expect(await new KmsStateKey(other).read()).not.toBe(key)
})

test('the key of states is fetched once in the life of a process, and a failure is not cached', async () => {
  const [id, client] = [await makeKey(), new KMSClient({ maxAttempts: 1 })]
  const stateKey = new KmsStateKey(id, client)
  const key = await stateKey.read()
  await client.send(new DisableKeyCommand({ KeyId: id }))
  expect(await stateKey.read()).toBe(key)
  await expect(new KmsStateKey(id, client).read()).rejects.toThrow(KeyUnavailable)
})
