import * as z from 'zod'
import { Subject } from '../../domain/agents/agent-file.ts'
import type { GovernedRegistry } from '../../domain/agents/governed-registry.ts'
import { SuspendedBecause } from '../../domain/people/organisation.ts'
import { JsonObject } from '../../domain/values.ts'
import type { Life, LifeChange, LifeStore, Registry, StoredLife } from '../../operations/agents/ports.ts'
import { chainKey } from './chain-ends.ts'
import { puttingGoverned } from './governed-rows.ts'
import { endsAt, headRow, itemOf, numberOf, textOf, valueIn, versionIs } from './items.ts'
import { LedgeredStore } from './ledger-store.ts'

const LifeRow = z.strictObject({
  registered: JsonObject.optional(),
  suspended: SuspendedBecause.optional(),
  told: z.array(z.string()),
})
const RegistryRow = z.strictObject({ bundle: z.string(), subjects: z.array(Subject) })

/** `LIFE#<subject>`, which changes with the end of the subject's chain; and `REGISTRY#`, the registry at the last look. */
export class DynamoAgentLives extends LedgeredStore implements LifeStore {
  async lives(subjects: readonly Living[]): Promise<ReadonlyMap<Living, StoredLife>> {
    if (subjects.length === 0) return new Map()
    const keys = new Map(subjects.map((subject) => [lifeKey(subject).pk, subject]))
    const items = await this.requests.getMany(
      subjects.map((subject) => itemOf(lifeKey(subject))),
      'read the lives of agents',
    )
    return new Map(
      items.map((item) => [
        keys.get(textOf(item, 'pk')) as Living,
        { life: valueIn(item, 'life', LifeRow) as Life, version: numberOf(item, 'version') },
      ]),
    )
  }

  async saveLife({ subject, life, version, appended }: LifeChange): Promise<boolean> {
    const row = { ...lifeKey(subject), life: JSON.stringify(life), version: version + 1 }
    const items = [
      this.requests.putting(row, versionIs(version)),
      ...(appended
        ? [this.requests.putting({ ...chainKey(subject), ...headRow(appended.head) }, endsAt(appended.expected))]
        : []),
    ]
    return (await this.commitAll(items, appended ?? { entries: [] }, `save the life of \`${subject}\``)).done
  }

  async registry(): Promise<Registry | undefined> {
    const item = await this.requests.get(registryKey, 'read the registry of the last deployment')
    return item && valueIn(item, 'registry', RegistryRow)
  }

  async saveRegistry(registry: Registry): Promise<void> {
    const row = { ...registryKey, registry: JSON.stringify(registry) }
    await this.requests.put(this.requests.putting(row), 'keep the registry of this deployment')
  }

  async saveGoverned(next: GovernedRegistry): Promise<boolean> {
    const items = puttingGoverned(this.requests, next)
    return (await this.commitAll(items, { entries: [] }, 'change the registry after a deployment')).done
  }
}

type Living = LifeChange['subject']
const lifeKey = (subject: Living) => ({ pk: `LIFE#${subject}`, sk: 'LIFE' })
const registryKey = { pk: 'REGISTRY#', sk: 'REGISTRY' }
