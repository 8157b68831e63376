import type { SignedLogin } from '../../../functions/domain/record/events.ts'
import { ok, type Result, refuse } from '../../../functions/domain/values.ts'
import type {
  IdTokens,
  LoginAsk,
  LoginChecks,
  LoginProvider,
  ProvenLogin,
} from '../../../functions/operations/people/ports.ts'

type Person = { subject: string; acr?: string; at?: number; issuer?: string; claims?: { [name: string]: string } }

/**
 * An identity provider in memory. It handles codes, verifiers, states and nonces by OpenID Connect, and signs nothing,
 * since it reads its own tokens.
 */
export class MemoryLoginProvider implements LoginProvider, IdTokens {
  readonly #asked = new Map<string, LoginAsk>()
  readonly #codes = new Map<string, { of: LoginAsk; person: Person }>()

  async address(login: LoginAsk): Promise<string> {
    this.#asked.set(login.state, login)
    return `https://id.example.org/auth?state=${login.state}`
  }

  /** The ask in the address that the browser was sent to. */
  asked(address: string): LoginAsk {
    return this.#asked.get(new URL(address).searchParams.get('state') ?? '') as LoginAsk
  }

  /** A person logs in. @returns the address that their browser is sent to */
  logIn(address: string, person: Person): URL {
    const of = this.asked(address)
    const code = `code-${this.#codes.size + 1}`
    this.#codes.set(code, { of, person })
    const back = new URL(of.redirect)
    back.searchParams.set('code', code)
    back.searchParams.set('state', of.state)
    return back
  }

  async redeem(answer: URL, checks: LoginChecks): Promise<Result<string, 'login_failed'>> {
    const code = answer.searchParams.get('code') ?? ''
    const found = this.#codes.get(code)
    this.#codes.delete(code)
    const right = found?.of.verifier === checks.verifier && found.of.state === checks.state
    return found && right ? ok(JSON.stringify({ ...found.person, nonce: found.of.nonce })) : refuse('login_failed')
  }

  async verify(idToken: string, nonce: string): Promise<Result<ProvenLogin, 'login_failed'>> {
    const said = JSON.parse(idToken) as Person & { nonce: string }
    if (said.nonce !== nonce) return refuse('login_failed')
    const { subject, acr, at, issuer = 'people', claims = {} } = said
    const evidence: SignedLogin = { idToken, key: {} }
    return ok({
      identity: { issuer, subject, claims },
      ...(acr === undefined ? {} : { acr }),
      ...(at === undefined ? {} : { at }),
      evidence,
    })
  }
}
