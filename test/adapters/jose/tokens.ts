import { createHmac, generateKeyPairSync, type KeyObject, sign as signWith } from 'node:crypto'
import { calculateJwkThumbprint, type JWK } from 'jose'
import { agentKey, credentialId, submittedAt as now, remediator, requestId } from '../../support/ask.ts'

/** A key for making tokens by hand, with faults that no library makes. */
export type Key = { privateKey: KeyObject; publicKey: KeyObject; jwk: JWK; kid: string }

export async function makeKey(namedCurve = 'P-256'): Promise<Key> {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve })
  const jwk = publicKey.export({ format: 'jwk' }) as JWK
  return { privateKey, publicKey, jwk, kid: await calculateJwkThumbprint(jwk) }
}

export const part = (value: object | string): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')

/** A JWT of any header and any payload, signed with ES256 even if the header names another algorithm. */
export function signed(key: Key, header: object, payload: object | string): string {
  const input = `${part(header)}.${part(payload)}`
  const signature = signWith('sha256', Buffer.from(input), { key: key.privateKey, dsaEncoding: 'ieee-p1363' })
  return `${input}.${signature.toString('base64url')}`
}

/** The same with an HMAC, by any bytes as its secret. */
export function maced(secret: string | Buffer, header: object, payload: object): string {
  const input = `${part(header)}.${part(payload)}`
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`
}

/** The order of P-256's base point. */
const order = BigInt('0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551')

/** The token with the other valid signature: (r, n - s) for (r, s). */
export function twin(token: string): string {
  const [header, payload, signature] = token.split('.') as [string, string, string]
  const bytes = Buffer.from(signature, 'base64url')
  const s = BigInt(`0x${bytes.subarray(32).toString('hex')}`)
  const other = Buffer.from((order - s).toString(16).padStart(64, '0'), 'hex')
  return `${header}.${payload}.${Buffer.concat([bytes.subarray(0, 32), other]).toString('base64url')}`
}

export const issuer = 'https://hotwork.example'
export const audience = `${issuer}/aws`

/** The claims of an access token for the sample's agent, of the request and the credential with this number. */
export const accessClaims = (n = 1) => ({
  ...{ iss: issuer, sub: remediator, client_id: 'remediator', aud: audience, iat: now, nbf: now, exp: now + 900 },
  ...{ jti: credentialId(n), txn: requestId(n), cnf: { jkt: agentKey } },
  authorization_details: [{ type: 'hotwork_action', request: requestId(n), action: 'ssm:PutParameter' }],
})
