import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose'
import type { NumericDate } from '../../domain/values.ts'
import type { Clock } from '../../operations/ports.ts'

/** A key set, and how soon its source would have it asked for again, if it says. */
export type FoundKeys = JSONWebKeySet & { refreshSeconds?: number }

/** Gives a key set anew. @throws a fault when it cannot */
export type FetchKeys = () => Promise<FoundKeys>

/** After this long a key set is asked for again, at the latest. */
const maxRefreshSeconds = 600
/** A key set is not asked for again sooner, whatever tokens say and whether or not the last time worked. */
const cooldownSeconds = 30
/** A key set that cannot be had anew is believed for this long, and then nothing is. */
const maxStaleSeconds = 3600

/**
 * A key set, remembered. A token that names an unknown key has it fetched again, at most once in a cooldown, so that
 * nobody can make us ask without end; while its source is away the remembered keys hold until they are too old.
 */
export class CachedKeys {
  readonly #fetch: FetchKeys
  readonly #clock: Clock
  #known: { keyFor: JWTVerifyGetKey; at: NumericDate; refreshSeconds: number } | undefined
  #tried: NumericDate | undefined
  #fault: unknown
  #fetching: Promise<void> | undefined

  constructor(fetch: FetchKeys, clock: Clock) {
    this.#fetch = fetch
    this.#clock = clock
  }

  /** The key that verifies a token. @throws the source's fault when no keys can be believed */
  readonly keyFor: JWTVerifyGetKey = async (header, token) => {
    if (this.#age() >= (this.#known?.refreshSeconds ?? 0)) await this.#refresh()
    try {
      return await this.#believed()(header, token)
    } catch (cause) {
      if (!(cause instanceof errors.JWKSNoMatchingKey)) throw cause
      if (!(await this.#refresh())) throw cause
      return this.#believed()(header, token)
    }
  }

  /**
   * What is held, to be compared: as long as it is the very same, every key in it is. None where it is due to be fetched
   * again.
   */
  get held(): object | undefined {
    return this.#known && this.#age() < this.#known.refreshSeconds ? this.#known : undefined
  }

  #age(): number {
    return this.#known ? this.#clock.now() - this.#known.at : Number.POSITIVE_INFINITY
  }

  #believed(): JWTVerifyGetKey {
    if (this.#known && this.#age() < maxStaleSeconds) return this.#known.keyFor
    throw this.#fault
  }

  /** Fetches unless it was tried just now. Callers who come at once share one fetch. @returns whether it was tried */
  async #refresh(): Promise<boolean> {
    if (!this.#fetching) {
      const now = this.#clock.now()
      if (this.#tried !== undefined && now - this.#tried < cooldownSeconds) return false
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
      const { refreshSeconds = maxRefreshSeconds, ...keySet } = await this.#fetch()
      this.#known = {
        keyFor: createLocalJWKSet(keySet),
        at,
        refreshSeconds: Math.min(refreshSeconds, maxRefreshSeconds),
      }
    } catch (fault) {
      this.#fault = fault
    }
  }
}
