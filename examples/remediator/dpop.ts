import { createHash, randomUUID } from 'node:crypto'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'

/** Proves possession of one key (RFC 9449). */
export interface Prover {
  /**
   * A proof for one call, good for one minute and one use.
   * @param accessToken The access token that goes with it, if one does: the proof is then for that token alone.
   */
  prove(method: string, url: string, accessToken?: string): Promise<string>
}

/**
 * Makes a key that never leaves this process. The grant will be bound to it: whoever has the credential but not the key
 * has nothing. An agent that must survive a restart between asking and claiming keeps its key somewhere safe instead.
 */
export async function createProver(): Promise<Prover> {
  const { privateKey, publicKey } = await generateKeyPair('ES256')
  const jwk = await exportJWK(publicKey)
  return {
    prove(method, url, accessToken) {
      const ath = accessToken === undefined ? {} : { ath: createHash('sha256').update(accessToken).digest('base64url') }
      return new SignJWT({ htm: method, htu: url, jti: randomUUID(), ...ath })
        .setProtectedHeader({ typ: 'dpop+jwt', alg: 'ES256', jwk })
        .setIssuedAt()
        .sign(privateKey)
    },
  }
}
