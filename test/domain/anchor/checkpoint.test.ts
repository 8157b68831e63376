import { createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto'
import { base64, joinBytes, utf8 } from '../../../functions/domain/anchor/bytes.ts'
import {
  keyIdOf,
  openCheckpoint,
  originOf,
  readCheckpoint,
  textOfCheckpoint,
  type VerifyEcdsa,
  writeNote,
} from '../../../functions/domain/anchor/checkpoint.ts'
import { emptyRoot } from '../../../functions/domain/anchor/merkle.ts'

const keyPair = () => {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return { spki: new Uint8Array(publicKey.export({ type: 'spki', format: 'der' })), privateKey }
}
const verifyEcdsa: VerifyEcdsa = (spki, message, signature) =>
  verify('sha256', message, createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' }), signature)

const own = keyPair()
const origin = 'permits.example.com:8443/hotwork'
const key = { name: origin, spki: own.spki }
const checkpoint = { origin, size: 7, root: emptyRoot() }
const noteOf = (text: string, { name, spki } = key, { privateKey } = own) =>
  writeNote(text, { name, spki }, sign('sha256', utf8(text), privateKey))
const note = noteOf(textOfCheckpoint(checkpoint))
const open = (what: string, keys = [key]) => openCheckpoint(what, keys, verifyEcdsa)

it('the origin is host and port of the issuer, and the product', () => {
  expect(originOf('https://permits.example.com:8443')).toBe(origin)
  expect(originOf('https://abc.execute-api.eu-central-1.amazonaws.com/')).toBe(
    'abc.execute-api.eu-central-1.amazonaws.com/hotwork',
  )
})

it('a checkpoint is three lines and a signature line, and opens with the key that signed it', () => {
  const [first, second, third, blank, signature, end] = note.split('\n')
  expect([first, second, third, blank, end]).toEqual([origin, '7', base64(emptyRoot()), '', ''])
  expect(signature).toMatch(/^— permits\.example\.com:8443\/hotwork [A-Za-z0-9+/]+=*$/)
  expect(open(note)).toEqual({ checkpoint })
})

it('the key id is the first 4 bytes of the hash of the key, before the signature', () => {
  const signed = Buffer.from(note.split(' ').at(-1) as string, 'base64')
  expect(new Uint8Array(signed.subarray(0, 4))).toEqual(keyIdOf(own.spki))
})

it('a note with any character changed does not open', () => {
  for (let at = 0; at < note.length; at += 1) {
    const changed = `${note.slice(0, at)}${note[at] === 'A' ? 'B' : 'A'}${note.slice(at + 1)}`
    expect(open(changed)).not.toHaveProperty('checkpoint')
    expect(open(note.slice(0, at))).not.toHaveProperty('checkpoint')
  }
})

it('a checkpoint says why it does not open', () => {
  const other = keyPair()
  expect(open(noteOf(textOfCheckpoint({ ...checkpoint, origin: 'other.example.com/hotwork' })))).toEqual({
    not: 'of_this_origin',
  })
  expect(open(note, [{ name: origin, spki: other.spki }])).toEqual({ not: 'signed_by_this_key' })
  expect(open(noteOf(textOfCheckpoint(checkpoint), key, other))).toEqual({ not: 'signed' })
  expect(open(noteOf(`${origin}\nseven\n${base64(emptyRoot())}\n`))).toEqual({ not: 'a_checkpoint' })
  for (const text of ['', '\n', 'text', 'text\n\n', `${note}\u0007`, note.replaceAll('\n', '\r\n'), `\ud800${note}`]) {
    expect(open(text)).toEqual({ not: 'a_note' })
  }
})

it('signatures by other keys are ignored, and one by this key that does not hold is not', () => {
  const other = keyPair()
  const text = textOfCheckpoint(checkpoint)
  const line = (whole: string) => whole.slice(text.length + 1)
  const cosigned = noteOf(text, { name: 'witness.example.com', spki: other.spki }, other)
  expect(open(`${cosigned}${line(note)}`)).toEqual({ checkpoint })
  expect(open(`${note}${line(noteOf(text, key, other))}`)).toEqual({ not: 'signed' })
})

it('a note opens with its own key of two, as after a rotation', () => {
  expect(open(note, [{ name: origin, spki: keyPair().spki }, key])).toEqual({ checkpoint })
})

it('a size with a leading zero or beyond 2^53, and a root of another length, are not read', () => {
  const root = base64(emptyRoot())
  expect(readCheckpoint(`o\n0\n${root}\n`)).toEqual({ origin: 'o', size: 0, root: emptyRoot() })
  expect(readCheckpoint(`o\n1\n${root}\nextension\n`)).toMatchObject({ size: 1 })
  const long = base64(joinBytes(emptyRoot(), Uint8Array.of(1)))
  for (const text of [
    `o\n01\n${root}\n`,
    `o\n-1\n${root}\n`,
    `o\n1e3\n${root}\n`,
    `o\n9007199254740993\n${root}\n`,
    `o\n1\n${long}\n`,
    `o\n1\n${root}`,
    `\n1\n${root}\n`,
    `o\n1\n${root}\n\nx\n`,
  ]) {
    expect(readCheckpoint(text)).toBeUndefined()
  }
})
