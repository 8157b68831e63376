import type { PersonalText } from '../../domain/ledger/texts.ts'
import { Digest, defined, type PersonId } from '../../domain/values.ts'
import type { TextEraser, TextReader } from '../../operations/ledger/ports.ts'
import { itemOf, textOf } from './items.ts'
import { inOneOrder, shardsOf } from './shards.ts'
import { TableStore } from './table.ts'

const deletesAtOnce = 10

/** The texts table, by commitment, which is random, and by an index over the owners. Only an erasure deletes. */
export class DynamoTextStore extends TableStore implements TextReader, TextEraser {
  async find(commitments: readonly Digest[]): Promise<ReadonlyMap<Digest, Pick<PersonalText, 'text' | 'salt'>>> {
    const keys = [...new Set(commitments)].map((commitment) => itemOf({ commitment }))
    const items = await this.table.getMany(keys, 'read texts')
    return new Map(
      items.map((item) => [
        Digest.parse(textOf(item, 'commitment')),
        { text: textOf(item, 'text'), salt: textOf(item, 'salt') },
      ]),
    )
  }

  async ofPerson(person: PersonId, { limit, after }: { limit: number; after?: string }) {
    const where = `#person = :person${after === undefined ? '' : ' AND #commitment > :after'}`
    const pages = await Promise.all(
      shardsOf(person, this.shards).map((each) =>
        this.table.query({ index: 'by-person', where, values: { person: each, after }, limit }, 'find texts'),
      ),
    )
    const { items, more } = inOneOrder(pages, 'commitment', false)
    const found = items.slice(0, limit).map((item) => Digest.parse(textOf(item, 'commitment')))
    return defined({ found, next: more || items.length > limit ? found.at(-1) : undefined })
  }

  async erase(commitments: readonly Digest[]): Promise<void> {
    for (let from = 0; from < commitments.length; from += deletesAtOnce)
      await Promise.all(
        commitments
          .slice(from, from + deletesAtOnce)
          .map((commitment) => this.table.delete({ commitment }, 'erase a text')),
      )
  }
}
