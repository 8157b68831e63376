import type { Halt } from '../../../functions/domain/halts/halt.ts'
import { LoginSession } from '../../../functions/domain/people/login.ts'
import type { Digest, PersonId } from '../../../functions/domain/values.ts'
import type { PendingLogin, SessionStore } from '../../../functions/operations/people/ports.ts'
import type { RequestStore } from '../../../functions/operations/record/ports.ts'

/** Sessions and logins in memory, as JSON, so that no object is shared with the caller. */
export class MemorySessionStore implements SessionStore {
  readonly #requests: RequestStore
  readonly #logins = new Map<string, string>()
  readonly #sessions = new Map<string, string>()

  /** @param requests has the halts, since they share a table */
  constructor(requests: RequestStore) {
    this.#requests = requests
  }

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

  async haltsOf(person: PersonId): Promise<readonly Halt[]> {
    return (await this.#requests.dependencies([], [{ kind: 'person', value: person }])).halts
  }

  async end(key: Digest): Promise<void> {
    this.#sessions.delete(key)
  }

  /** The whole store as text, for tests that search it for secrets. */
  get text(): string {
    return JSON.stringify([...this.#logins, ...this.#sessions])
  }
}
