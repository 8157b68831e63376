// Rules: test/local/pages/browser.test.ts
import * as client from 'openid-client'
import type { OidcIssuer } from '../../domain/people/identity-issuer.ts'
import { defined, ok, type Result, refuse } from '../../domain/values.ts'
import { IssuerUnavailable } from '../../operations/faults.ts'
import type { LoginAsk, LoginChecks, LoginProvider } from '../../operations/people/ports.ts'
import type { Clock } from '../../operations/ports.ts'

/** The age after which the provider's addresses are fetched again. */
const discoverySeconds = 3600
/** The timeout of one call to the provider. A person waits for it at an empty page. */
const patienceSeconds = 3

/**
 * An OpenID provider where people log in. Hotwork is a public client there (RFC 6749 section 2.1), without a secret to keep
 * or rotate: the code is valid only with the verifier, which is derived from the secret of one browser.
 */
export class OpenIdLoginProvider implements LoginProvider {
  readonly #issuer: Pick<OidcIssuer, 'issuer' | 'algorithms'>
  readonly #clientId: string
  readonly #clock: Clock
  #known: { configuration: Promise<client.Configuration>; at: number } | undefined

  constructor(issuer: Pick<OidcIssuer, 'issuer' | 'algorithms'>, clientId: string, clock: Clock) {
    this.#issuer = issuer
    this.#clientId = clientId
    this.#clock = clock
  }

  async address({ redirect, state, nonce, verifier, acr, maxAge }: LoginAsk): Promise<string> {
    const configuration = await this.#configuration()
    const url = client.buildAuthorizationUrl(configuration, {
      redirect_uri: redirect,
      scope: 'openid',
      response_type: 'code',
      state,
      nonce,
      code_challenge: await client.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      ...defined({ acr_values: acr, max_age: maxAge === undefined ? undefined : String(maxAge) }),
    })
    return url.href
  }

  async redeem(answer: URL, checks: LoginChecks): Promise<Result<string, 'login_failed'>> {
    const configuration = await this.#configuration()
    try {
      const tokens = await client.authorizationCodeGrant(configuration, answer, {
        pkceCodeVerifier: checks.verifier,
        expectedState: checks.state,
        expectedNonce: checks.nonce,
        idTokenExpected: true,
        ...defined({ maxAge: checks.maxAge }),
      })
      return tokens.id_token === undefined ? refuse('login_failed') : ok(tokens.id_token)
    } catch (cause) {
      if (cause instanceof client.AuthorizationResponseError || cause instanceof client.ResponseBodyError)
        return refuse('login_failed', wordOf(cause.error))
      if (cause instanceof client.ClientError && !isSilence(cause)) return refuse('login_failed', cause.code)
      throw new IssuerUnavailable('the identity provider did not exchange a code', { cause: nameOf(cause) })
    }
  }

  async #configuration(): Promise<client.Configuration> {
    const now = this.#clock.now()
    if (!this.#known || now - this.#known.at >= discoverySeconds)
      this.#known = { configuration: this.#discover(), at: now }
    return this.#known.configuration.catch((cause: unknown) => {
      this.#known = undefined
      throw new IssuerUnavailable('the discovery document of the identity provider could not be read', {
        cause: nameOf(cause),
      })
    })
  }

  #discover(): Promise<client.Configuration> {
    const { issuer, algorithms } = this.#issuer
    const [only, ...others] = algorithms
    const metadata = only && others.length === 0 ? { id_token_signed_response_alg: only } : {}
    // The bundle accepts plain http for loopback issuers only (domain/people/identity-issuer.ts).
    const execute = issuer.startsWith('http:') ? [client.allowInsecureRequests] : []
    return client.discovery(new URL(issuer), this.#clientId, metadata, client.None(), {
      execute,
      timeout: patienceSeconds,
    })
  }
}

/** The characters of an error code by RFC 6749 section 5.2. Other text is left out. */
const wordOf = (error: string): string => (/^[\x20-\x21\x23-\x5b\x5d-\x7e]{1,64}$/.test(error) ? error : 'unknown')

const isSilence = ({ code }: client.ClientError): boolean =>
  code === 'OAUTH_TIMEOUT' || code === 'OAUTH_ABORT' || code === 'OAUTH_RESPONSE_IS_NOT_CONFORM'

/** The cause by its name only: a fault of this library may carry the whole response, and so a token. */
const nameOf = (cause: unknown): Error => new Error(cause instanceof Error ? cause.name : typeof cause)
