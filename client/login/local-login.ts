import * as client from 'openid-client'
import type { Login, Wanted } from './login.ts'
import { discover, loginFault } from './provider.ts'

type PrivateJwk = { readonly [member: string]: string }

/** A person of the local stack, whose key is in `local.json`: the unattended stand-in for a browser. */
export class LocalLogin implements Login {
  readonly #provider: string
  readonly #person: { clientId: string; privateJwk: PrivateJwk }
  readonly #resource: string

  constructor(provider: string, person: { clientId: string; privateJwk: PrivateJwk }, resource: string) {
    this.#provider = provider
    this.#person = person
    this.#resource = resource
  }

  async token(wanted: Wanted | 'opening'): Promise<string> {
    const { acr } = wanted === 'opening' ? {} : wanted
    const { clientId, privateJwk } = this.#person
    const { kid = '', ...jwk } = privateJwk
    const key = await crypto.subtle.importKey('jwk', jwk, { name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign'])
    const provider = await discover(this.#provider, clientId, client.PrivateKeyJwt({ key, kid }))
    try {
      const asked = { resource: this.#resource, ...(acr === undefined ? {} : { acr_values: acr }) }
      return (await client.clientCredentialsGrant(provider, asked)).access_token
    } catch (cause) {
      throw loginFault(this.#provider, cause)
    }
  }
}
