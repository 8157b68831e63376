// Rules: test/local/examples/flag-state.test.ts
import { createRemoteJWKSet, customFetch, errors, jwtVerify } from 'jose'
import { boundedFetch } from './bounded.ts'
import { Fault } from './outcome.ts'

/** The tolerated difference between the clocks of a tool and of Hotwork. Seconds. */
const clocksDiffer = 30
/** The longest accepted age of a token, even if its own end is later. Seconds. */
const maxTokenAge = 300

/** Verifies by Hotwork's published keys that a read of a resource's state comes from Hotwork. */
export class ReadTokens {
  readonly #issuer: string
  readonly #keys: ReturnType<typeof createRemoteJWKSet>

  constructor(issuer: string, patience: number) {
    this.#issuer = issuer
    const address = new URL(`${issuer}/.well-known/jwks.json`)
    const waits = { timeoutDuration: patience, cooldownDuration: 30_000 }
    this.#keys = createRemoteJWKSet(address, { ...waits, [customFetch]: boundedFetch })
  }

  /** @throws Fault if the keys are unavailable */
  async verify(token: string, audience: string): Promise<boolean> {
    try {
      const { protectedHeader } = await jwtVerify(token, this.#keys, {
        ...{ typ: 'hotwork-read+jwt', algorithms: ['ES256'], issuer: this.#issuer, audience },
        ...{ requiredClaims: ['iat', 'exp'], clockTolerance: clocksDiffer, maxTokenAge },
      })
      // The notary's key is published beside those that sign tokens, but must not sign a token.
      const key = this.#keys.jwks()?.keys.find(({ kid }) => kid === protectedHeader.kid)
      return key !== undefined && !('hotwork_use' in key)
    } catch (cause) {
      if (isNo(cause)) return false
      throw new Fault({
        code: 'keys_unavailable',
        title: `the keys of ${this.#issuer} are unavailable`,
        detail: 'answer 503, and Hotwork asks again when it needs to know',
      })
    }
  }
}

/** True if the token is invalid; false if the keys are unavailable. */
const isNo = (cause: unknown): boolean =>
  cause instanceof errors.JOSEError && !(cause instanceof errors.JWKSTimeout) && cause.code !== 'ERR_JOSE_GENERIC'
