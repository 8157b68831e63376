// Rules: test/client/exec/cluster-proxy.test.ts
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto'

/**
 * A new certificate for 127.0.0.1 that signs itself, and its key, in PEM. `kubectl` sends its token over TLS alone, and
 * Node makes keys but no certificates.
 */
export function makeCertificate(now = Date.now()): { key: string; cert: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  // RFC 5280 section 4.1. The first byte of the serial number keeps it positive.
  const signed = sequence(
    der(0xa0, der(0x02, bytes('02'))),
    der(0x02, bytes('01'), randomBytes(15)),
    ecdsaWithSha256,
    name,
    sequence(time(now - hour), time(now + 30 * 24 * hour)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(sequence(oid('551d11'), der(0x04, sequence(der(0x87, Buffer.from([127, 0, 0, 1]))))))),
  )
  const signature = der(0x03, bytes('00'), sign('sha256', signed, privateKey))
  const lines =
    sequence(signed, ecdsaWithSha256, signature)
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
    cert: `${['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----'].join('\n')}\n`,
  }
}

const hour = 3_600_000
const bytes = (hex: string): Buffer => Buffer.from(hex, 'hex')

/** DER (X.690): a tag, the length, and the content. */
function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts)
  const { length } = content
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from([tag, ...size]), content])
}
const sequence = (...parts: readonly Uint8Array[]): Buffer => der(0x30, ...parts)
const oid = (hex: string): Buffer => der(0x06, bytes(hex))
/** UTCTime. */
const time = (at: number): Buffer =>
  der(0x17, Buffer.from(`${new Date(at).toISOString().slice(2, 19).replace(/\D/g, '')}Z`))
const ecdsaWithSha256 = sequence(oid('2a8648ce3d040302'))
const name = sequence(der(0x31, sequence(oid('550403'), der(0x0c, Buffer.from('hotwork')))))
