// Rules: test/adapters/jose/identity.test.ts
import { createLocalJWKSet, errors, type FlattenedJWSInput, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose'
import type { NumericDate } from '../../domain/values.ts'
import type { KeySet } from '../../operations/credentials/ports.ts'
import { KeyNotYetKnown } from '../../operations/faults.ts'
import type { Clock } from '../../operations/ports.ts'
import { clockToleranceSeconds } from './compact.ts'

/** `fixed`: the set can never get another key. */
export type FoundKeys = JSONWebKeySet & { refreshSeconds?: number; fixed?: true }

export type FetchKeys = () => Promise<FoundKeys>

const maxRefreshSeconds = 600
/** The shortest time between two fetches, failed ones included. */
const cooldownSeconds = 30
/** The time that a key set is believed after its last fetch. */
const maxStaleSeconds = 3600

/**
 * A cached key set. A token that names an unknown key causes a fetch, at most once in a cooldown, so that no caller can make
 * us fetch without end.
 */
export class CachedKeys {
  readonly #fetch: FetchKeys
  readonly #clock: Clock
  #known: { keyFor: JWTVerifyGetKey; at: NumericDate; refreshSeconds: number; fixed: boolean } | undefined
  #tried: NumericDate | undefined
  #fault: unknown
  #fetching: Promise<void> | undefined

  constructor(fetch: FetchKeys, clock: Clock) {
    this.#fetch = fetch
    this.#clock = clock
  }

  /** Our own published keys. The deployment names them all, so a token that names another key is foreign. */
  static ofOurs(keySet: KeySet, clock: Clock): CachedKeys {
    return new CachedKeys(async () => ({ ...((await keySet.jwks()) as unknown as JSONWebKeySet), fixed: true }), clock)
  }

  /**
   * @throws KeyNotYetKnown within the cooldown for a token that was made since the last fetch: its key may have been
   * published since. And the source's fault if no keys can be believed
   */
  readonly keyFor: JWTVerifyGetKey = async (header, token) => {
    const fetched = this.#age() >= (this.#known?.refreshSeconds ?? 0) && (await this.#refresh())
    try {
      return await this.#believed()(header, token)
    } catch (cause) {
      if (!(cause instanceof errors.JWKSNoMatchingKey)) throw cause
      if (fetched) throw cause
      if (await this.#refresh()) return this.#believed()(header, token)
      const { fixed = false, at = 0 } = this.#known ?? {}
      if (fixed || issuedAt(token) + clockToleranceSeconds <= at) throw cause
      throw new KeyNotYetKnown('no known key verifies the token', { retryAfterSeconds: this.#untilRefresh() })
    }
  }

  #age(): number {
    return this.#known ? this.#clock.now() - this.#known.at : Number.POSITIVE_INFINITY
  }

  #isBelieved(): boolean {
    return this.#age() < maxStaleSeconds
  }

  #believed(): JWTVerifyGetKey {
    if (this.#known && this.#isBelieved()) return this.#known.keyFor
    throw this.#fault
  }

  #untilRefresh(): number {
    return this.#tried === undefined ? 0 : Math.max(0, this.#tried + cooldownSeconds - this.#clock.now())
  }

  /** Concurrent callers share one fetch. @returns false during the cooldown */
  async #refresh(): Promise<boolean> {
    if (!this.#fetching) {
      const now = this.#clock.now()
      if (this.#untilRefresh() > 0) return false
      this.#tried = now
      this.#fetching = this.#fetchOnce(now).finally(() => {
        this.#fetching = undefined
      })
    }
    await this.#fetching
    return true
  }

  async #fetchOnce(at: NumericDate): Promise<void> {
    try {
      // Without a key to believe, every caller would be refused for a whole cooldown: fetches once more at once.
      const fetched = this.#isBelieved() ? this.#fetch() : this.#fetch().catch(() => this.#fetch())
      const { refreshSeconds = maxRefreshSeconds, fixed = false, ...keySet } = await fetched
      this.#known = {
        keyFor: createLocalJWKSet(keySet),
        at,
        refreshSeconds: Math.min(refreshSeconds, maxRefreshSeconds),
        fixed,
      }
    } catch (fault) {
      this.#fault = fault
    }
  }
}

/** A token without `iat` may have been made just now. */
function issuedAt({ payload }: FlattenedJWSInput): NumericDate {
  try {
    const { iat } = JSON.parse(Buffer.from(String(payload), 'base64url').toString()) as { iat?: unknown }
    return typeof iat === 'number' ? iat : Number.POSITIVE_INFINITY
  } catch {
    return Number.POSITIVE_INFINITY
  }
}
