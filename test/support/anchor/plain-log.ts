import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { canonicalForm } from '../../../functions/domain/digest.ts'
import type { Entry } from '../../../functions/domain/ledger/ledger.ts'
import type { JsonObject } from '../../../functions/domain/values.ts'

/**
 * A log by the definitions of RFC 9162 section 2.1, which recurse over all leaves, and a notary's key. It shares no
 * code with the log that it judges.
 */
export class PlainLog {
  readonly leaves: { hash: string; id: string }[] = []
  readonly issuer: string
  readonly key: KeyObject
  readonly jwk: JsonObject & { kid: string }
  readonly #pair: Pair
  readonly #spki: Buffer

  constructor(issuer: string, pair: Pair = p256()) {
    this.issuer = issuer
    this.#pair = pair
    this.key = pair.privateKey
    this.#spki = pair.publicKey.export({ type: 'spki', format: 'der' })
    const { kty, crv, x, y } = pair.publicKey.export({ format: 'jwk' }) as { [name: string]: string }
    const kid = createHash('sha256').update(JSON.stringify({ crv, kty, x, y })).digest('base64url')
    this.jwk = {
      kty: `${kty}`,
      crv: `${crv}`,
      x: `${x}`,
      y: `${y}`,
      kid,
      alg: 'ES256',
      use: 'sig',
      hotwork_use: 'notary',
    }
  }

  add(entries: readonly Pick<Entry, 'hash' | 'id'>[]): void {
    this.leaves.push(...entries.map(({ hash, id }) => ({ hash, id })))
  }

  /** The same notary with another history. */
  forged(change: (leaves: PlainLog['leaves']) => void): PlainLog {
    const other = new PlainLog(this.issuer, this.#pair)
    other.add(this.leaves)
    change(other.leaves)
    return other
  }

  indexOf(id: string): number {
    return this.leaves.findIndex((leaf) => leaf.id === id)
  }

  /** The signed note of the tree with this many leaves. */
  checkpoint(size = this.leaves.length, origin = `${new URL(this.issuer).host}/hotwork`): string {
    return this.note(`${origin}\n${size}\n${treeHash(this.#bytes(size)).toString('base64')}\n`, origin)
  }

  /** Any text, signed as a note by this key. */
  note(text: string, name = `${new URL(this.issuer).host}/hotwork`): string {
    const keyId = createHash('sha256').update(this.#spki).digest().subarray(0, 4)
    const signature = sign('sha256', Buffer.from(text), this.key)
    return `${text}\n— ${name} ${Buffer.concat([keyId, signature]).toString('base64')}\n`
  }

  /** A receipt's members about the entry's place in the log. */
  proof(id: string, size = this.leaves.length) {
    const leaf_index = this.indexOf(id)
    const inclusion = path(leaf_index, this.#bytes(size)).map((hash) => hash.toString('base64url'))
    return { tree_size: size, leaf_index, inclusion, checkpoint: this.checkpoint(size) }
  }

  /** A JWS by the notary's key. */
  sign(claims: object, header: object = {}): string {
    const all = { alg: 'ES256', typ: 'hotwork-receipt+jwt', kid: this.jwk.kid, ...header }
    return this.signText(JSON.stringify(claims), JSON.stringify(all))
  }

  /** A JWS of texts that `JSON.stringify` does not write. */
  signText(claims: string, header: string): string {
    const encode = (part: string) => Buffer.from(part).toString('base64url')
    const input = `${encode(header)}.${encode(claims)}`
    const signature = sign('sha256', Buffer.from(input), { key: this.key, dsaEncoding: 'ieee-p1363' })
    return `${input}.${signature.toString('base64url')}`
  }

  #bytes(size: number): Buffer[] {
    return this.leaves.slice(0, size).map(({ hash, id }) => Buffer.from(canonicalForm({ hash, id })))
  }
}

type Pair = { privateKey: KeyObject; publicKey: KeyObject }
export const p256 = () => generateKeyPairSync('ec', { namedCurve: 'P-256' })

const sha256 = (...parts: Uint8Array[]) => createHash('sha256').update(Buffer.concat(parts)).digest()
const splitOf = (size: number): number => 2 ** Math.floor(Math.log2(size - 1))

/** MTH(D[n]). */
function treeHash(leaves: readonly Buffer[]): Buffer {
  const [first] = leaves
  if (first === undefined) return sha256()
  if (leaves.length === 1) return sha256(Buffer.of(0), first)
  const k = splitOf(leaves.length)
  return sha256(Buffer.of(1), treeHash(leaves.slice(0, k)), treeHash(leaves.slice(k)))
}

/** PATH(m, D[n]). */
function path(m: number, leaves: readonly Buffer[]): Buffer[] {
  if (leaves.length <= 1) return []
  const k = splitOf(leaves.length)
  return m < k
    ? [...path(m, leaves.slice(0, k)), treeHash(leaves.slice(k))]
    : [...path(m - k, leaves.slice(k)), treeHash(leaves.slice(0, k))]
}
