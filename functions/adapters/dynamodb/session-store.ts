import { ConditionalCheckFailedException, PutItemCommand } from '@aws-sdk/client-dynamodb'
import type { Halt } from '../../domain/halts/halt.ts'
import { LoginSession } from '../../domain/people/login.ts'
import type { Digest, NumericDate, PersonId } from '../../domain/values.ts'
import { StoreUnavailable } from '../../operations/faults.ts'
import type { PendingLogin, SessionStore } from '../../operations/people/ports.ts'
import { type Connection, orUnavailable, unavailable, within } from './client.ts'
import { haltItemKey, haltsOf } from './halt-store.ts'
import { type Item, number, readOne, text } from './items.ts'

/** An hour past its end, so that a clock that is a little off still finds that there was one. */
const keepSeconds = 3600

/**
 * Page sessions (`SESSION#`), and under `LOGIN#` the logins that lead to decisions and the marks of ended logins. All are
 * rows of the requests table, keyed by the hash of what the browser holds. No role may delete there, so what has ended is
 * written over.
 */
export class DynamoSessionStore implements SessionStore {
  readonly #connection: Connection
  readonly #table: string

  constructor(connection: Connection, table: string) {
    this.#connection = connection
    this.#table = table
  }

  async once(key: Digest, expiresAt: NumericDate): Promise<boolean> {
    return this.#conditionally(
      { ...loginKey(key), ttl: ttlOf(expiresAt) },
      'attribute_not_exists(pk)',
      'mark a login as ended',
    )
  }

  async begin(key: Digest, login: PendingLogin): Promise<void> {
    await this.#put(
      { ...loginKey(key), login: text(JSON.stringify(login)), ttl: ttlOf(login.expiresAt) },
      'begin a login',
    )
  }

  async take(key: Digest): Promise<PendingLogin | undefined> {
    const item = await this.#get(loginKey(key), 'read a login')
    const login = item?.['login']?.S
    if (login === undefined) return undefined
    const pending = JSON.parse(login) as PendingLogin
    const taken = { ...loginKey(key), ttl: ttlOf(pending.expiresAt) }
    return (await this.#conditionally(taken, 'attribute_exists(login)', 'take a login')) ? pending : undefined
  }

  async open(key: Digest, session: LoginSession): Promise<void> {
    const value = text(JSON.stringify(session))
    await this.#put({ ...sessionKey(key), session: value, ttl: ttlOf(session.expiresAt) }, 'open a session')
  }

  async find(key: Digest): Promise<LoginSession | undefined> {
    const item = await this.#get(sessionKey(key), 'read a session')
    const value = item?.['session']?.S
    if (value === undefined) return undefined
    const parsed = LoginSession.safeParse(JSON.parse(value))
    if (!parsed.success) throw new StoreUnavailable('an item holds no session that is understood')
    return parsed.data
  }

  async haltsOf(person: PersonId): Promise<readonly Halt[]> {
    const item = await this.#get(haltItemKey({ kind: 'person', value: person }), 'read the halts of a person')
    return item ? haltsOf(item) : []
  }

  async end(key: Digest, expiresAt: NumericDate): Promise<void> {
    await this.#put({ ...sessionKey(key), ttl: ttlOf(expiresAt) }, 'end a session')
  }

  async #conditionally(item: Item, condition: string, trying: string): Promise<boolean> {
    const put = new PutItemCommand({ TableName: this.#table, Item: item, ConditionExpression: condition })
    try {
      await this.#connection.client.send(put, within(this.#connection))
      return true
    } catch (cause) {
      // Also where the answer to an own first attempt was lost: then the person logs in again.
      if (cause instanceof ConditionalCheckFailedException) return false
      throw unavailable(trying, cause)
    }
  }

  async #put(item: Item, trying: string): Promise<void> {
    await this.#connection.client
      .send(new PutItemCommand({ TableName: this.#table, Item: item }), within(this.#connection))
      .catch(orUnavailable(trying))
  }

  #get(key: Item, trying: string): Promise<Item | undefined> {
    return readOne(this.#connection, this.#table, key, trying)
  }
}

const loginKey = (key: Digest): Item => ({ pk: text(`LOGIN#${key}`), sk: text('LOGIN') })
const sessionKey = (key: Digest): Item => ({ pk: text(`SESSION#${key}`), sk: text('SESSION') })
const ttlOf = (expiresAt: NumericDate) => number(expiresAt + keepSeconds)
