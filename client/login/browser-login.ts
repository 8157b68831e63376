import * as client from 'openid-client'
import { exits } from '../exit-codes.ts'
import type { Surroundings } from '../surroundings.ts'
import { Refusal } from '../trouble.ts'
import type { Login, Wanted } from './login.ts'
import { discover, loginFault } from './provider.ts'
import { listenForRedirect } from './redirect-listener.ts'

/** Where, as what and for what people log in, as the API's metadata says it. */
export type LoginSettings = {
  issuer: string
  client_id: string
  scope: string
  resource?: string | undefined
  /** Which login breaking the glass takes as a rule. */
  break_glass?: { acr_values?: string | undefined; max_age?: number | undefined } | undefined
}

/** How long somebody may look at the login page: they may have to find their security key. Milliseconds. */
const patience = 300_000

/**
 * A login with the person's own browser (RFC 8252): authorization code with PKCE, to an address of loopback that is there
 * for this one answer. There is no client secret, and the token is in the memory of this process alone.
 */
export class BrowserLogin implements Login {
  readonly #settings: () => Promise<LoginSettings>
  readonly #surroundings: Surroundings

  constructor(settings: () => Promise<LoginSettings>, surroundings: Surroundings) {
    this.#settings = settings
    this.#surroundings = surroundings
  }

  async token(wants: Wanted | 'opening'): Promise<string> {
    const { issuer, client_id, scope, resource, break_glass } = await this.#settings()
    const { acr, maxAge } = wants === 'opening' ? { acr: break_glass?.acr_values, maxAge: break_glass?.max_age } : wants
    const again = wants !== 'opening' && (acr !== undefined || maxAge !== undefined)
    const provider = await discover(issuer, client_id, client.None())
    const listener = await listenForRedirect()
    try {
      const verifier = client.randomPKCECodeVerifier()
      const state = client.randomState()
      const nonce = scope.split(' ').includes('openid') ? client.randomNonce() : undefined
      const wanted = resource === undefined ? {} : { resource }
      const address = client.buildAuthorizationUrl(provider, {
        redirect_uri: listener.address,
        response_type: 'code',
        scope,
        state,
        code_challenge: await client.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
        ...wanted,
        ...(nonce === undefined ? {} : { nonce }),
        ...(acr === undefined ? {} : { acr_values: acr }),
        ...(maxAge === undefined ? {} : { max_age: String(maxAge) }),
      })
      const how = again ? 'log in once more, this needs a stronger login' : 'log in'
      this.#surroundings.err(`${how}, in the browser that opens, or at\n  ${address.href}\n`)
      this.#surroundings.openBrowser(address.href)
      const back = await listener.redirect(state, patience)
      if (!back)
        throw new Refusal(exits.denied, {
          code: 'login_failed',
          title: 'nobody logged in',
          detail: 'run the command again; on a machine without a browser set `HOTWORK_TOKEN`',
        })
      const tokens = await client.authorizationCodeGrant(
        provider,
        back,
        {
          pkceCodeVerifier: verifier,
          expectedState: state,
          ...(nonce === undefined ? {} : { expectedNonce: nonce, idTokenExpected: true }),
          ...(maxAge === undefined || nonce === undefined ? {} : { maxAge }),
        },
        wanted,
      )
      this.#surroundings.err('logged in\n')
      return tokens.access_token
    } catch (cause) {
      throw loginFault(issuer, cause)
    } finally {
      listener.close()
    }
  }
}
