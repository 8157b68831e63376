import type { PersonalText } from '../../domain/ledger/texts.ts'
import { Digest, defined, type PersonId } from '../../domain/values.ts'
import type { TextEraser, TextReader } from '../../operations/ledger/ports.ts'
import { itemOf, textOf } from './items.ts'
import { TableStore } from './table.ts'

const deletesAtOnce = 10

/** The texts table: by commitment, which is random, and by an index over whose they are. Only erasing deletes. */
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
    const more = after === undefined ? '' : ' AND #commitment > :after'
    const where = `#person = :person${more}`
    const { items, last } = await this.table.query(
      { index: 'by-person', where, values: { person, after }, limit },
      'find texts',
    )
    const found = items.map((item) => Digest.parse(textOf(item, 'commitment')))
    return defined({ found, next: last && found.at(-1) })
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
