import { createHash, createPublicKey, generateKeyPairSync, sign } from 'node:crypto'
import type { JsonObject } from '../../../functions/domain/values.ts'
import { Notary, type NotaryPorts } from '../../../functions/operations/anchor/notarize.ts'
import type { Signer } from '../../../functions/operations/credentials/ports.ts'
import type { World } from '../world.ts'
import { MemoryLogBucket, MemoryLogIndex, verifyEcdsa } from './memory-anchor.ts'

/** A notary of a world in memory, with a key for notes and receipts, and a log that it writes on demand. */
export class MemoryNotary {
  readonly bucket: MemoryLogBucket
  readonly index = new MemoryLogIndex()
  readonly #issuer: string
  readonly #key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
  readonly #spki = new Uint8Array(createPublicKey(this.#key).export({ type: 'spki', format: 'der' }))
  readonly key = {
    keys: async (): Promise<[Uint8Array, ...Uint8Array[]]> => [this.#spki],
    key: async () => this.#spki,
    sign: async (message: Uint8Array) => new Uint8Array(sign('sha256', message, this.#key)),
  }
  readonly #notary: Notary

  constructor(world: World, issuer: string) {
    this.#issuer = issuer
    this.bucket = new MemoryLogBucket(() => world.clock.now())
    const { clock, log } = world
    const ledger: NotaryPorts['ledger'] = {
      page: async (...asked) => {
        const { entries, ...next } = await world.ledger.page(...asked)
        return { placed: entries.map((entry) => ({ id: entry.id, entry: entry as unknown as JsonObject })), ...next }
      },
    }
    this.#notary = new Notary({ ...this.reading, ledger, clock, log })
  }

  /** The ports for signing a receipt. */
  get reading() {
    const { bucket, index, key } = this
    return { issuer: this.#issuer, bucket, index, key, verify: verifyEcdsa, receiptSigner: this.#signer }
  }

  async jwks() {
    const { hotwork_use: _, ...key } = this.jwk
    return { keys: [key] }
  }

  /** The public key, in the form of the JWKS. */
  get jwk() {
    const { kty, crv, x, y } = createPublicKey(this.#key).export({ format: 'jwk' })
    const kid = createHash('sha256').update(JSON.stringify({ crv, kty, x, y })).digest('base64url')
    return { kty: `${kty}`, crv: `${crv}`, x: `${x}`, y: `${y}`, kid, alg: 'ES256', use: 'sig', hotwork_use: 'notary' }
  }

  /** Takes all entries of these chains into the log. */
  async follow(...chains: readonly string[]): Promise<void> {
    await this.#notary.notarize([], chains)
  }

  readonly #signer: Signer = {
    sign: async (typ, claims) => {
      const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url')
      const input = `${encode({ alg: 'ES256', typ, kid: this.jwk.kid })}.${encode(claims)}`
      const signature = sign('sha256', Buffer.from(input), { key: this.#key, dsaEncoding: 'ieee-p1363' })
      return `${input}.${signature.toString('base64url')}`
    },
  }
}
