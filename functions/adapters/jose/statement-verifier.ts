// Rules: test/adapters/jose/notary-key.test.ts
import { errors, type JWTPayload, jwtVerify } from 'jose'
import { type StatementClaims, type StatementKind, statements } from '../../domain/credentials/statements.ts'
import { ok, type Result, refuse } from '../../domain/values.ts'
import type { KeySet, Verified } from '../../operations/credentials/ports.ts'
import type { Clock } from '../../operations/ports.ts'
import { CachedKeys } from './cached-keys.ts'
import { isCompact } from './compact.ts'

export class StatementVerifier {
  readonly #issuer: string
  readonly #keys: CachedKeys
  readonly #clock: Clock

  constructor(issuer: string, keySet: KeySet, clock: Clock) {
    this.#issuer = issuer
    this.#keys = CachedKeys.ofOurs(keySet, clock)
    this.#clock = clock
  }

  /** @throws KeyUnavailable if Hotwork's own keys cannot be fetched */
  async verify<Kind extends StatementKind>(kind: Kind, token: string): Promise<Result<Verified<Kind>, 'invalid'>> {
    if (!isCompact(token)) return refuse('invalid')
    const { typ } = statements[kind]
    try {
      const { payload } = await jwtVerify(token, this.#keys.keyFor, {
        ...{ typ, algorithms: ['ES256'], issuer: this.#issuer, audience: this.#issuer },
        currentDate: new Date(this.#clock.now() * 1000),
      })
      return verified(kind, payload, false)
    } catch (cause) {
      // jose checks the time last, so the rest is valid.
      if (cause instanceof errors.JWTExpired) return verified(kind, cause.payload, true)
      if (cause instanceof errors.JOSEError) return refuse('invalid')
      throw cause
    }
  }
}

function verified<Kind extends StatementKind>(
  kind: Kind,
  { iss: _iss, aud: _aud, ...own }: JWTPayload,
  expired: boolean,
): Result<Verified<Kind>, 'invalid'> {
  const parsed = statements[kind].claims.safeParse(own)
  return parsed.success ? ok({ claims: parsed.data as StatementClaims<Kind>, expired }) : refuse('invalid')
}
