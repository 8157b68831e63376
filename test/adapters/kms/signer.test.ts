import { CreateKeyCommand, DisableKeyCommand, KMSClient } from '@aws-sdk/client-kms'
import { calculateJwkThumbprint, createLocalJWKSet, type JSONWebKeySet, type JWK, jwtVerify } from 'jose'
import { KmsKeySet } from '../../../functions/adapters/kms/kms-key-set.ts'
import { KmsSigner } from '../../../functions/adapters/kms/kms-signer.ts'
import type { KeySet, Signer } from '../../../functions/operations/credentials/ports.ts'
import { KeyUnavailable } from '../../../functions/operations/faults.ts'
import { MemorySigner } from '../../support/credentials/memory-signer.ts'
import { onBoth } from '../both.ts'
import { useAws } from '../emulator.ts'

type Key = { signer: Signer & KeySet; disable: () => Promise<void> | void }

const claims = { iss: 'https://hotwork.example', sub: 'agent:remediator', grüße: '👩‍🚒', list: [1, { deep: null }] }

async function makeKey(KeySpec: 'ECC_NIST_P256' | 'ECC_NIST_P384' | 'RSA_2048' = 'ECC_NIST_P256') {
  const client = new KMSClient({})
  const { KeyMetadata } = await client.send(new CreateKeyCommand({ KeySpec, KeyUsage: 'SIGN_VERIFY' }))
  const KeyId = KeyMetadata?.KeyId as string
  return { KeyId, disable: async () => void (await client.send(new DisableKeyCommand({ KeyId }))) }
}

onBoth<Key>(
  'the signer',
  {
    memory: () => {
      const signer = new MemorySigner()
      return { signer, disable: () => signer.disable() }
    },
    real: async () => {
      const { KeyId, disable } = await makeKey()
      const [signer, keySet] = [new KmsSigner(KeyId), new KmsKeySet([KeyId])]
      return { signer: { sign: (typ, claims) => signer.sign(typ, claims), jwks: () => keySet.jwks() }, disable }
    },
  },
  (make) => {
    const keysOf = async (signer: KeySet) => (await signer.jwks()) as unknown as JSONWebKeySet

    test('a signed token is verified by the published keys, with its claims', async () => {
      const { signer } = await make()
      const { payload, protectedHeader } = await jwtVerify(
        await signer.sign('at+jwt', claims),
        createLocalJWKSet(await keysOf(signer)),
        { typ: 'at+jwt', algorithms: ['ES256'] },
      )
      expect(payload).toEqual(claims)
      const [key] = (await keysOf(signer)).keys
      expect(protectedHeader).toEqual({ alg: 'ES256', typ: 'at+jwt', kid: key?.kid })
    })

    test('the signer publishes one public key, named by its own thumbprint', async () => {
      const { signer } = await make()
      const { keys } = await keysOf(signer)
      expect(keys.map((key) => Object.keys(key).sort())).toEqual([['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']])
      const key = keys[0] as JWK
      expect(key.kid).toBe(await calculateJwkThumbprint(key))
      expect(key).toMatchObject({ kty: 'EC', crv: 'P-256', alg: 'ES256', use: 'sig' })
    })

    test('a disabled key signs nothing, and its old signatures are still verified', async () => {
      const { signer, disable } = await make()
      const token = await signer.sign('at+jwt', claims)
      await disable()
      await expect(signer.sign('at+jwt', claims)).rejects.toThrow(KeyUnavailable)
      const verified = await jwtVerify(token, createLocalJWKSet(await keysOf(signer)), { algorithms: ['ES256'] })
      expect(verified.payload).toEqual(claims)
    })
  },
)

describe('the signer on KMS', () => {
  useAws()

  test('a missing key is a fault at each call', async () => {
    const none = '00000000-0000-0000-0000-000000000000'
    const signer = new KmsSigner(none)
    await expect(new KmsKeySet([none]).jwks()).rejects.toThrow(KeyUnavailable)
    await expect(signer.sign('at+jwt', claims)).rejects.toThrow(KeyUnavailable)
  })

  test('a key of RSA signs RS256, and is published under its own thumbprint', async () => {
    const { KeyId } = await makeKey('RSA_2048')
    const keys = (await new KmsKeySet([KeyId]).jwks()) as unknown as JSONWebKeySet
    const token = await new KmsSigner(KeyId).sign('hotwork-cluster+jwt', claims)
    const { payload, protectedHeader } = await jwtVerify(token, createLocalJWKSet(keys), { algorithms: ['RS256'] })
    const [key] = keys.keys
    expect([payload, protectedHeader.alg]).toEqual([claims, 'RS256'])
    expect(key?.kid).toBe(await calculateJwkThumbprint(key as JWK))
    expect(protectedHeader.kid).toBe(key?.kid)
  })

  test('a key on another curve is a fault that names the right one', async () => {
    const { KeyId } = await makeKey('ECC_NIST_P384')
    await expect(new KmsKeySet([KeyId]).jwks()).rejects.toThrow('ECC_NIST_P256')
  })
})
