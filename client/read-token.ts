import { createRemoteJWKSet, customFetch, errors, jwtVerify } from 'jose'
import { boundedFetch } from './bounded.ts'
import { Fault } from './outcome.ts'

/** Seconds that the clocks of a tool and of Hotwork may differ. */
const clocksDiffer = 30
/** Seconds since it was made for which a token is taken, no matter which end it names. */
const maxTokenAge = 300

/** Verifies, by Hotwork's published keys, that it is Hotwork that asks a tool what is there now. */
export class ReadTokens {
  readonly #issuer: string
  readonly #keys: ReturnType<typeof createRemoteJWKSet>

  constructor(issuer: string, patience: number) {
    this.#issuer = issuer
    const address = new URL(`${issuer}/.well-known/jwks.json`)
    const waits = { timeoutDuration: patience, cooldownDuration: 30_000 }
    this.#keys = createRemoteJWKSet(address, { ...waits, [customFetch]: boundedFetch })
  }

  /** @throws Fault where the keys cannot be had */
  async verify(token: string, audience: string): Promise<boolean> {
    try {
      const { protectedHeader } = await jwtVerify(token, this.#keys, {
        ...{ typ: 'hotwork-read+jwt', algorithms: ['ES256'], issuer: this.#issuer, audience },
        ...{ requiredClaims: ['iat', 'exp'], clockTolerance: clocksDiffer, maxTokenAge },
      })
      // The notary's key is published beside those of tokens, and makes none.
      const key = this.#keys.jwks()?.keys.find(({ kid }) => kid === protectedHeader.kid)
      return key !== undefined && !('hotwork_use' in key)
    } catch (cause) {
      if (isNo(cause)) return false
      throw new Fault({
        code: 'keys_unavailable',
        title: `the keys of ${this.#issuer} cannot be had`,
        detail: 'answer 503, and Hotwork asks again when it needs to know',
      })
    }
  }
}

/** What is wrong with the token itself, and not with getting the keys. */
const isNo = (cause: unknown): boolean =>
  cause instanceof errors.JOSEError && !(cause instanceof errors.JWKSTimeout) && cause.code !== 'ERR_JOSE_GENERIC'
