// Rules: test/adapters/jose/signed-claims.test.ts
import { KeyObject, type webcrypto } from 'node:crypto'
import type { JWTVerifyResult, ResolvedKey } from 'jose'

/** The tolerated difference between the clock of the token's maker and ours. It never lengthens a token's life. Seconds. */
export const clockToleranceSeconds = 30

/** Valid tokens and proofs are far shorter. Longer ones are refused before anything of them is parsed. */
const tokenLimit = 8192

declare const compact: unique symbol
/** A text that can be a compact JWS: three parts, none empty, of base64url alone. */
export type Compact = string & { readonly [compact]: true }

export const isCompact = (token: string): token is Compact =>
  token.length <= tokenLimit && /^[\w-]+\.[\w-]+\.[\w-]+$/.test(token)

/** A header has under 300 letters. A longer one is judged each time, and not cached. */
const longestHeader = 1024

/** Keys by the whole encoded header that jose accepted, to the letter: importing a key costs as much as verifying with it. */
export class JudgedHeaders<T> {
  readonly #most: number
  readonly #known = new Map<string, T & { key: KeyObject }>()

  constructor(most: number) {
    this.#most = most
  }

  get(token: Compact): (T & { key: KeyObject }) | undefined {
    return this.#known.get(headerOf(token))
  }

  add(token: Compact, { key }: JWTVerifyResult & ResolvedKey, more: T): void {
    if (this.#known.size >= this.#most) this.#known.clear()
    const header = headerOf(token)
    if (header.length <= longestHeader)
      this.#known.set(header, { ...more, key: KeyObject.from(key as webcrypto.CryptoKey) })
  }
}

const headerOf = (token: Compact): string => token.slice(0, token.indexOf('.'))
