import { factsOfPermit } from '../../domain/ledger/facets.ts'
import { drawsLeft, StandingPermit } from '../../domain/permits/permit.ts'
import { type AskerId, defined, type StandingPermitId } from '../../domain/values.ts'
import type { PermitChange, PermitStore, StoredPermit } from '../../operations/permits/ports.ts'
import type { Page } from '../../operations/ports.ts'
import { permitKey } from './chain-ends.ts'
import { endsAt, headOf, headRow, type Item, timeKey, valueIn } from './items.ts'
import { LedgeredStore } from './ledger-store.ts'

/** Standing permits, as items of the requests table, so that a draw commits together with its request. */
export class DynamoPermitStore extends LedgeredStore implements PermitStore {
  async load(id: StandingPermitId): Promise<StoredPermit | undefined> {
    const item = await this.requests.get(permitKey(id), `read \`${id}\``)
    return item && storedOf(item)
  }

  async save(change: PermitChange): Promise<boolean> {
    const put = this.requests.putting(permitRow(change), endsAt(change.expected))
    const facts = factsOfPermit(change.permit)
    return (await this.commitAll([put], change, `save \`${change.id}\``, () => facts)).done
  }

  async ofAgent(agent: AskerId, limit: number): Promise<readonly StoredPermit[]> {
    const index = { index: 'open', by: 'openOf', value: openOf(agent) }
    return (await this.requests.listed(index, { limit }, 'find standing permits')).items.map(storedOf)
  }

  async list(page: { limit: number; after?: string }): Promise<Page<StandingPermit>> {
    const index = { index: 'by-time', by: 'kind', value: 'permit' }
    const { items, next } = await this.requests.listed(index, page, 'find standing permits')
    return defined({ items: items.map(permitOf), next })
  }
}

const openOf = (agent: AskerId): string => `permits of ${agent}`

/** A permit as an item. It is indexed as open while draws remain, even past its end. */
export const permitRow = ({ permit, head }: PermitChange) => ({
  ...permitKey(permit.id),
  ...headRow(head),
  permit: JSON.stringify(permit),
  kind: 'permit',
  submitted: timeKey(permit.at) + permit.id,
  openOf: permit.revoked === undefined && drawsLeft(permit) > 0 ? openOf(permit.agent) : undefined,
})

export const permitOf = (item: Item): StandingPermit => valueIn(item, 'permit', StandingPermit)
const storedOf = (item: Item): StoredPermit => ({ permit: permitOf(item), head: headOf(item) })
