import * as z from 'zod'
import { ChatAccount, type LinkedAccounts } from '../../domain/people/linking.ts'
import { type Digest, type NumericDate, PersonId } from '../../domain/values.ts'
import type { LinkChange, PersonLinks } from '../../operations/people/ports.ts'
import { chainKey } from './chain-ends.ts'
import { condition, endsAt, headRow, type Item, numberOf, understood, valueIn } from './items.ts'
import { LedgeredStore } from './ledger-store.ts'

/** A used code is kept an hour, so that it can be told from an unknown one. Seconds. */
const keepSeconds = 3600

/**
 * `LINK#team#user` names the person, `LINKOF#person` the account, or a list of one in each chat; both change in one
 * transaction with the end of the person's own chain. An ended link is overwritten without a person, since no role may
 * delete.
 */
export class DynamoPersonLinks extends LedgeredStore implements PersonLinks {
  async find(team: string, user: string): Promise<PersonId | undefined> {
    const item = await this.requests.get(linkKey({ team, user }), 'read the person of a chat account')
    const person = item?.['person']?.S
    return person === undefined ? undefined : understood(person, 'person', PersonId)
  }

  async ofPerson(person: PersonId): Promise<LinkedAccounts> {
    const item = await this.requests.get(personKey(person), `read the chat accounts of \`${person}\``)
    return item?.['account'] ? valueIn(item, 'account', Accounts) : []
  }

  async offer(code: Digest, account: ChatAccount, expiresAt: NumericDate): Promise<void> {
    const row = { ...codeKey(code), account: JSON.stringify(account), expiresAt, ttl: expiresAt + keepSeconds }
    await this.requests.put(this.requests.putting(row), 'offer a link')
  }

  async offered(code: Digest) {
    const item = await this.requests.get(codeKey(code), 'read an offered link')
    return item?.['account'] && { account: accountOf(item), expiresAt: numberOf(item, 'expiresAt') }
  }

  async save({
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
    const put = this.requests.putting.bind(this.requests)
    const isTheirs = condition('#person = :person', { person })
    const isFree = condition('attribute_not_exists(#person)')
    const [only, ...others] = accounts
    const account = only && JSON.stringify(others.length === 0 ? only : accounts)
    const items = [
      ...(entries.length > 0 ? [put({ ...chainKey(person), ...headRow(head) }, endsAt(expected))] : []),
      ...unlinked.map((each) => put(linkKey(each), isTheirs)),
      ...(linked ? [put({ ...linkKey(linked), person }, isFree)] : []),
      ...(entries.length > 0 ? [put({ ...personKey(person), account })] : []),
      ...(code ? [put(codeKey(code), condition('attribute_exists(expiresAt)'))] : []),
    ]
    return (await this.commitAll(items, { entries, texts }, `link \`${person}\``)).done
  }
}

const linkKey = ({ team, user }: ChatAccount) => ({ pk: `LINK#${team}#${user}`, sk: 'LINK' })
const personKey = (person: PersonId) => ({ pk: `LINKOF#${person}`, sk: 'LINKOF' })
const codeKey = (code: Digest) => ({ pk: `LINKCODE#${code}`, sk: 'LINKCODE' })

const accountOf = (item: Item): ChatAccount => valueIn(item, 'account', ChatAccount)
const Accounts = z.union([ChatAccount.transform((only) => [only]), z.array(ChatAccount)])
