import { ConditionalCheckFailedException, PutItemCommand, type TransactWriteItem } from '@aws-sdk/client-dynamodb'
import { SlackAccount } from '../../domain/people/linking.ts'
import type { GroupSnapshot } from '../../domain/people/organisation.ts'
import { type Digest, type NumericDate, PersonId } from '../../domain/values.ts'
import { StoreUnavailable } from '../../operations/faults.ts'
import type { GroupSnapshots, LinkChange, PersonLinks } from '../../operations/people/ports.ts'
import { type Connection, orUnavailable, transact, unavailable, within } from './client.ts'
import { endsAt, headAttributes, type Item, number, numberOf, readOne, slackGroupsKey, text, textOf } from './items.ts'
import { chainKey, putEntry } from './ledger-store.ts'

/** The one snapshot of Slack user groups, beside the requests: each decision reads it with all else that counts. */
export class DynamoGroupSnapshots implements GroupSnapshots {
  readonly #connection: Connection
  readonly #requests: string

  constructor(connection: Connection, requests: string) {
    this.#connection = connection
    this.#requests = requests
  }

  async save(snapshot: GroupSnapshot): Promise<boolean> {
    const put = new PutItemCommand({
      TableName: this.#requests,
      Item: { ...slackGroupsKey, snapshot: text(JSON.stringify(snapshot)), at: number(snapshot.at) },
      // Sent again after a lost answer it is the same, and so is still kept.
      ConditionExpression: 'attribute_not_exists(pk) OR #at <= :at',
      ExpressionAttributeNames: { '#at': 'at' },
      ExpressionAttributeValues: { ':at': number(snapshot.at) },
    })
    try {
      await this.#connection.client.send(put, within(this.#connection))
      return true
    } catch (cause) {
      if (cause instanceof ConditionalCheckFailedException) return false
      throw unavailable('keep who is in the Slack groups', cause)
    }
  }
}

/** A used code is kept an hour, so that it is told from one that never was for as long as a person could ask. */
const keepSeconds = 3600

/**
 * Who is who in Slack, in the requests table: `LINK#team#user` says whose an account is, `LINKOF#person` the other way
 * round, and both change in one transaction with the end of the person's own chain. A link that has ended is written over
 * with nobody, since no role may delete.
 */
export class DynamoPersonLinks implements PersonLinks {
  readonly #connection: Connection
  readonly #requests: string
  readonly #ledger: string

  constructor(connection: Connection, tables: { requests: string; ledger: string }) {
    this.#connection = connection
    this.#requests = tables.requests
    this.#ledger = tables.ledger
  }

  async find(team: string, user: string): Promise<PersonId | undefined> {
    const item = await this.#get(linkKey({ team, user }), 'read whose a Slack account is')
    const person = item?.['person']?.S
    if (person === undefined) return undefined
    const parsed = PersonId.safeParse(person)
    if (!parsed.success) throw new StoreUnavailable('a link names nobody')
    return parsed.data
  }

  async ofPerson(person: PersonId): Promise<SlackAccount | undefined> {
    const item = await this.#get(personKey(person), `read the Slack account of \`${person}\``)
    return item?.['account'] ? accountOf(item) : undefined
  }

  async offer(code: Digest, account: SlackAccount, expiresAt: NumericDate): Promise<void> {
    const offered = { account: text(JSON.stringify(account)), expiresAt: number(expiresAt) }
    const Item = { ...codeKey(code), ...offered, ttl: number(expiresAt + keepSeconds) }
    await this.#connection.client
      .send(new PutItemCommand({ TableName: this.#requests, Item }), within(this.#connection))
      .catch(orUnavailable('offer a link'))
  }

  async offered(code: Digest) {
    const item = await this.#get(codeKey(code), 'read an offered link')
    return item?.['account'] ? { account: accountOf(item), expiresAt: numberOf(item, 'expiresAt') } : undefined
  }

  async save({ person, expected, entries, head, linked, unlinked, code }: LinkChange): Promise<boolean> {
    const table = { TableName: this.#requests }
    const isTheirs = {
      ConditionExpression: '#person = :person',
      ExpressionAttributeNames: { '#person': 'person' },
      ExpressionAttributeValues: { ':person': text(person) },
    }
    const isNobodys = {
      ConditionExpression: 'attribute_not_exists(#person)',
      ExpressionAttributeNames: { '#person': 'person' },
    }
    const items: TransactWriteItem[] = [
      ...(entries.length === 0
        ? []
        : [{ Put: { ...table, Item: { ...chainKey(person), ...headAttributes(head) }, ...endsAt(expected) } }]),
      ...entries.map((entry) => putEntry(this.#ledger, entry)),
      ...(unlinked ? [{ Put: { ...table, Item: linkKey(unlinked), ...isTheirs } }] : []),
      ...(linked ? [{ Put: { ...table, Item: { ...linkKey(linked), person: text(person) }, ...isNobodys } }] : []),
      ...(linked || unlinked
        ? [
            {
              Put: {
                ...table,
                Item: { ...personKey(person), ...(linked ? { account: text(JSON.stringify(linked)) } : {}) },
              },
            },
          ]
        : []),
      ...(code ? [{ Put: { ...table, Item: codeKey(code), ConditionExpression: 'attribute_exists(expiresAt)' } }] : []),
    ]
    const { done } = await transact(this.#connection, items, `link \`${person}\``)
    return done
  }

  #get(key: Item, trying: string): Promise<Item | undefined> {
    return readOne(this.#connection, this.#requests, key, trying)
  }
}

const linkKey = ({ team, user }: SlackAccount): Item => ({ pk: text(`LINK#${team}#${user}`), sk: text('LINK') })
const personKey = (person: PersonId): Item => ({ pk: text(`LINKOF#${person}`), sk: text('LINKOF') })
const codeKey = (code: Digest): Item => ({ pk: text(`LINKCODE#${code}`), sk: text('LINKCODE') })

function accountOf(item: Item): SlackAccount {
  const parsed = SlackAccount.safeParse(JSON.parse(textOf(item, 'account')))
  if (!parsed.success) throw new StoreUnavailable('an item names no Slack account')
  return parsed.data
}
