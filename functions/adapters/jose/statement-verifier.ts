import { errors, jwtVerify } from 'jose'
import { type StatementClaims, type StatementKind, statements } from '../../domain/statements.ts'
import { ok, type Result, refuse } from '../../domain/values.ts'
import type { Clock, KeySet } from '../../operations/ports.ts'
import { CachedKeys } from './cached-keys.ts'
import { isCompact } from './token-size.ts'

/** Verifies statements of ours, by our own published keys. */
export class StatementVerifier {
  readonly #issuer: string
  readonly #keys: CachedKeys
  readonly #clock: Clock

  constructor(issuer: string, keySet: KeySet, clock: Clock) {
    this.#issuer = issuer
    this.#keys = CachedKeys.ofOurs(keySet, clock)
    this.#clock = clock
  }

  /** @throws KeyUnavailable when our own keys cannot be had */
  async verify<Kind extends StatementKind>(
    kind: Kind,
    token: string,
  ): Promise<Result<StatementClaims<Kind>, 'invalid' | 'expired'>> {
    if (!isCompact(token)) return refuse('invalid')
    const { typ, claims } = statements[kind]
    try {
      const { payload } = await jwtVerify(token, this.#keys.keyFor, {
        ...{ typ, algorithms: ['ES256'], issuer: this.#issuer, audience: this.#issuer },
        currentDate: new Date(this.#clock.now() * 1000),
      })
      const { iss: _iss, aud: _aud, ...own } = payload
      const parsed = claims.safeParse(own)
      return parsed.success ? ok(parsed.data as StatementClaims<Kind>) : refuse('invalid')
    } catch (cause) {
      if (cause instanceof errors.JWTExpired) return refuse('expired')
      if (cause instanceof errors.JOSEError) return refuse('invalid')
      throw cause
    }
  }
}
