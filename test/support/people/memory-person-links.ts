import type { ChatAccount, LinkedAccounts } from '../../../functions/domain/people/linking.ts'
import type { Digest, NumericDate, PersonId } from '../../../functions/domain/values.ts'
import type { LinkChange, PersonLinks } from '../../../functions/operations/people/ports.ts'
import type { MemoryLedgerStore } from '../ledger/memory-ledger-store.ts'

/** Links of people to accounts in Slack, in memory. */
export class MemoryPersonLinks implements PersonLinks {
  readonly #ledger: MemoryLedgerStore
  readonly #people = new Map<string, PersonId>()
  readonly #accounts = new Map<PersonId, LinkedAccounts>()
  readonly #codes = new Map<Digest, { account: ChatAccount; expiresAt: NumericDate }>()

  constructor(ledger: MemoryLedgerStore) {
    this.#ledger = ledger
  }

  async find(team: string, user: string): Promise<PersonId | undefined> {
    return this.#people.get(`${team}#${user}`)
  }

  async ofPerson(person: PersonId): Promise<LinkedAccounts> {
    return this.#accounts.get(person) ?? []
  }

  async offer(code: Digest, account: ChatAccount, expiresAt: NumericDate): Promise<void> {
    this.#codes.set(code, { account, expiresAt })
  }

  async offered(code: Digest) {
    return this.#codes.get(code)
  }

  /** Saves one change after another, as transactions do. */
  save(change: LinkChange): Promise<boolean> {
    const saved = this.#last.then(() => this.#save(change))
    this.#last = saved.catch(() => undefined)
    return saved
  }
  #last: Promise<unknown> = Promise.resolve()

  async #save({
    person,
    expected,
    entries,
    head,
    texts,
    linked,
    unlinked,
    accounts,
    code,
  }: LinkChange): Promise<boolean> {
    const key = ({ team, user }: ChatAccount) => `${team}#${user}`
    if (code && !this.#codes.has(code)) return false
    if (linked && this.#people.has(key(linked))) return false
    if (unlinked.some((each) => this.#people.get(key(each)) !== person)) return false
    if (entries.length > 0 && !(await this.#ledger.append(person, expected, entries, head))) return false
    this.#ledger.texts.put(texts ?? [])
    if (code) this.#codes.delete(code)
    for (const each of unlinked) this.#people.delete(key(each))
    if (linked) this.#people.set(key(linked), person)
    this.#accounts.set(person, accounts)
    return true
  }
}
