import { LoginSession } from '../../functions/domain/login-session.ts'
import type { Digest } from '../../functions/domain/values.ts'
import type { PendingLogin, SessionStore } from '../../functions/operations/login-ports.ts'

/** Sessions and logins in memory, as JSON, so that nothing is shared with whoever put it. */
export class MemorySessionStore implements SessionStore {
  readonly #logins = new Map<string, string>()
  readonly #sessions = new Map<string, string>()

  async once(key: Digest): Promise<boolean> {
    if (this.#logins.has(key)) return false
    this.#logins.set(key, 'null')
    return true
  }

  async begin(key: Digest, login: PendingLogin): Promise<void> {
    this.#logins.set(key, JSON.stringify(login))
  }

  async take(key: Digest): Promise<PendingLogin | undefined> {
    const login = this.#logins.get(key)
    this.#logins.delete(key)
    return login === undefined ? undefined : (JSON.parse(login) ?? undefined)
  }

  async open(key: Digest, session: LoginSession): Promise<void> {
    this.#sessions.set(key, JSON.stringify(session))
  }

  async find(key: Digest): Promise<LoginSession | undefined> {
    const session = this.#sessions.get(key)
    return session === undefined ? undefined : LoginSession.parse(JSON.parse(session))
  }

  async end(key: Digest): Promise<void> {
    this.#sessions.delete(key)
  }

  /** All that it holds, as text: to look for what must not be there. */
  get text(): string {
    return JSON.stringify([...this.#logins, ...this.#sessions])
  }
}
