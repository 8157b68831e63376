import type { Halt } from '../../domain/halts/halt.ts'
import { LoginSession } from '../../domain/people/login.ts'
import type { Digest, NumericDate, PersonId } from '../../domain/values.ts'
import type { PendingLogin, SessionStore } from '../../operations/people/ports.ts'
import { haltRowKey, haltsOf } from './halt-store.ts'
import { condition, isNew, valueIn } from './items.ts'
import { TableStore } from './table.ts'

/** An hour after its end, so that a slightly wrong clock still finds it. Seconds. */
const keepSeconds = 3600

/**
 * `SESSION#`: page sessions; `LOGIN#`: logins that lead to decisions, and marks of ended logins. All are keyed by the hash of
 * the browser's secret. No role may delete in the requests table, so an ended row is overwritten.
 */
export class DynamoSessionStore extends TableStore implements SessionStore {
  once(key: Digest, expiresAt: NumericDate): Promise<boolean> {
    return this.table.put(this.table.putting(loginRow(key, expiresAt), isNew), 'mark a login as ended')
  }

  async begin(key: Digest, login: PendingLogin): Promise<void> {
    const row = { ...loginRow(key, login.expiresAt), login: JSON.stringify(login) }
    await this.table.put(this.table.putting(row), 'begin a login')
  }

  async take(key: Digest): Promise<PendingLogin | undefined> {
    const login = (await this.table.get(loginKey(key), 'read a login'))?.['login']?.S
    if (login === undefined) return undefined
    const pending = JSON.parse(login) as PendingLogin
    const taken = this.table.putting(loginRow(key, pending.expiresAt), condition('attribute_exists(login)'))
    // Also false after a lost answer to the first attempt: the person then logs in again.
    return (await this.table.put(taken, 'take a login')) ? pending : undefined
  }

  async open(key: Digest, session: LoginSession): Promise<void> {
    const row = { ...sessionRow(key, session.expiresAt), session: JSON.stringify(session) }
    await this.table.put(this.table.putting(row), 'open a session')
  }

  async find(key: Digest): Promise<LoginSession | undefined> {
    const item = await this.table.get(sessionKey(key), 'read a session')
    return item?.['session'] && valueIn(item, 'session', LoginSession)
  }

  async haltsOf(person: PersonId): Promise<readonly Halt[]> {
    const item = await this.table.get(haltRowKey({ kind: 'person', value: person }), 'read the halts of a person')
    return item ? haltsOf(item) : []
  }

  async end(key: Digest, expiresAt: NumericDate): Promise<void> {
    await this.table.put(this.table.putting(sessionRow(key, expiresAt)), 'end a session')
  }
}

const loginKey = (key: Digest) => ({ pk: `LOGIN#${key}`, sk: 'LOGIN' })
const loginRow = (key: Digest, expiresAt: NumericDate) => ({ ...loginKey(key), ttl: expiresAt + keepSeconds })
const sessionKey = (key: Digest) => ({ pk: `SESSION#${key}`, sk: 'SESSION' })
const sessionRow = (key: Digest, expiresAt: NumericDate) => ({ ...sessionKey(key), ttl: expiresAt + keepSeconds })
