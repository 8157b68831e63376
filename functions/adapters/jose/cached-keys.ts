// Rules: test/adapters/jose/identity.test.ts
import { createLocalJWKSet, errors, type FlattenedJWSInput, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose'
import type { NumericDate } from '../../domain/values.ts'
import type { KeySet } from '../../operations/credentials/ports.ts'
import { KeyNotYetKnown } from '../../operations/faults.ts'
import type { Clock } from '../../operations/ports.ts'
import { clockToleranceSeconds } from './compact.ts'

/** `fixed`: the set never gets another key. */
export type FoundKeys = JSONWebKeySet & { refreshSeconds?: number; fixed?: true }

export type FetchKeys = () => Promise<FoundKeys>

const maxRefreshSeconds = 600
/** The shortest time between two fetches, failed ones included. */
const cooldownSeconds = 30
/** The time for which a key set is used after its last fetch. Seconds. */
const maxStaleSeconds = 3600

/**
 * A cached key set. A token with an unknown key id causes a fetch, at most once in a cooldown, so that callers cannot
 * cause endless fetches.
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

  /** Hotwork's own published keys. The deployment names all of them, so a token with another key id is foreign. */
  static ofOurs(keySet: KeySet, clock: Clock): CachedKeys {
    return new CachedKeys(async () => ({ ...((await keySet.jwks()) as unknown as JSONWebKeySet), fixed: true }), clock)
  }

  /**
   * @throws KeyNotYetKnown within the cooldown for a token that was made since the last fetch, since its key may have
   * been published since. Also the source's fault if there are no usable keys
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
      // Without usable keys every caller would be refused for the whole cooldown, so it fetches once more at once.
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

/** The time of issue. A token without `iat` may have been made just now. */
function issuedAt({ payload }: FlattenedJWSInput): NumericDate {
  try {
    const { iat } = JSON.parse(Buffer.from(String(payload), 'base64url').toString()) as { iat?: unknown }
    return typeof iat === 'number' ? iat : Number.POSITIVE_INFINITY
  } catch {
    return Number.POSITIVE_INFINITY
  }
}
