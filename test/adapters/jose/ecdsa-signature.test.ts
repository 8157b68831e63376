import { createHash, generateKeyPairSync, sign, verify } from 'node:crypto'
import fc from 'fast-check'
import { joseFromDer } from '../../../functions/adapters/kms/kms-signer.ts'

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })

/** An integer in DER: as short as possible, with a zero in front if its first bit is set. */
function derInteger(bytes: Uint8Array): number[] {
  const first = bytes.findIndex((byte) => byte !== 0)
  const digits = first < 0 ? [0] : [...bytes.subarray(first)]
  const signed = (digits[0] as number) > 127 ? [0, ...digits] : digits
  return [0x02, signed.length, ...signed]
}
const derOf = (r: Uint8Array, s: Uint8Array) => {
  const content = [...derInteger(r), ...derInteger(s)]
  return Uint8Array.from([0x30, content.length, ...content])
}

/** A coordinate of any length: most have 32 bytes, few are short, and those are where a slip shows. */
const coordinate = fc
  .uint8Array({ minLength: 1, maxLength: 32 })
  .map((digits) => Uint8Array.from([...new Uint8Array(32 - digits.length), ...digits]))

test('a DER signature of any R and S becomes both side by side in 32 bytes each', () => {
  fc.assert(
    fc.property(coordinate, coordinate, (r, s) => {
      expect(Buffer.from(joseFromDer(derOf(r, s)))).toEqual(Buffer.from([...r, ...s]))
    }),
    { numRuns: 10_000 },
  )
})

test('OpenSSL verifies 10,000 of its own DER signatures after conversion', () => {
  let short = 0
  for (let n = 0; n < 10_000; n++) {
    const message = createHash('sha256').update(`${n}`).digest()
    const der = sign('sha256', message, { key: privateKey, dsaEncoding: 'der' })
    if (der.length < 70) short += 1
    const signature = joseFromDer(der)
    if (!verify('sha256', message, { key: publicKey, dsaEncoding: 'ieee-p1363' }, signature))
      throw new Error(`not verified: ${der.toString('hex')}`)
  }
  // About one in 128 has a short coordinate: without any, this proves nothing.
  expect(short).toBeGreaterThan(0)
}, 60_000)

const one = Uint8Array.of(1)
test.each<[what: string, der: Uint8Array]>([
  ['is empty', new Uint8Array()],
  ['is cut', derOf(one, one).subarray(0, -1)],
  ['has something behind it', Uint8Array.from([...derOf(one, one), 0])],
  ['has a third integer', Uint8Array.from([0x30, 9, 2, 1, 1, 2, 1, 1, 2, 1, 1])],
  ['has a negative integer', Uint8Array.from([0x30, 6, 2, 1, 0x80, 2, 1, 1])],
  ['has an empty integer', Uint8Array.from([0x30, 5, 2, 0, 2, 1, 1])],
  ['is of a larger curve', derOf(new Uint8Array(48).fill(1), one)],
  ['is two octet strings', Uint8Array.from([0x30, 6, 4, 1, 1, 4, 1, 1])],
  ['is no sequence', Uint8Array.from([0x31, 6, 2, 1, 1, 2, 1, 1])],
])('a DER signature that %s is refused', (_what, der) => {
  expect(() => joseFromDer(der)).toThrow('not the DER of a P-256 signature')
})
