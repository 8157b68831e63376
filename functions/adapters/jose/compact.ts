// Rules: test/adapters/jose/signed-claims.test.ts
import { KeyObject, type webcrypto } from 'node:crypto'
import type { JWTVerifyResult, ResolvedKey } from 'jose'

/** The tolerated difference between the token maker's clock and ours. It never lengthens a token's life. Seconds. */
export const clockToleranceSeconds = 30

/** Longer tokens and proofs are refused before they are parsed; valid ones are far shorter. */
const tokenLimit = 8192

declare const compact: unique symbol
/** A text that may be a compact JWS: three non-empty parts of base64url. */
export type Compact = string & { readonly [compact]: true }

export const isCompact = (token: string): token is Compact =>
  token.length <= tokenLimit && /^[\w-]+\.[\w-]+\.[\w-]+$/.test(token)

/** Longer headers are judged each time, and not cached; valid ones have under 300 characters. */
const longestHeader = 1024

/** Keys by the complete encoded header that jose accepted. Importing a key costs as much as a verification. */
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
