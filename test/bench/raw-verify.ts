import { generateKeyPairSync, randomBytes, sign, verify } from 'node:crypto'
import type { Case } from './harness.ts'

/**
 * The measure of all others: one ES256 verification by OpenSSL, over as many bytes as an access token has. No gate that
 * checks a signature can be faster. DER and a ready key, the fast form of Node 24.
 */
export function rawVerify(): Case {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const data = randomBytes(900)
  const signature = sign('sha256', data, privateKey)
  return {
    name: 'raw ES256 verify',
    run() {
      if (!verify('sha256', data, publicKey, signature)) throw new Error('the signature should hold')
    },
  }
}
