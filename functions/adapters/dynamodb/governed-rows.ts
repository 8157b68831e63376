// Rules: test/adapters/dynamodb/governed-rows.test.ts
import type { TransactWriteItem } from '@aws-sdk/client-dynamodb'
import { GovernedRegistry, nothingGoverned } from '../../domain/agents/governed-registry.ts'
import { StoreUnavailable } from '../../operations/faults.ts'
import { itemOf, numberOf, packed, packedIn, versionIs } from './items.ts'
import type { Table } from './table.ts'

/**
 * `GOVERNED#`, the version of the registry of agents; and `GOVERNED#<version>`, its content, which is put once. A
 * reader with the newest content reads only the first.
 */
const headKey = { pk: 'GOVERNED#', sk: 'GOVERNED' }
const contentKey = (version: number) => ({ pk: `GOVERNED#${version}`, sk: 'GOVERNED' })

/** By BatchGetItem, the one right to read that every reader of the present policy has. */
export async function readGoverned(requests: Table, known = nothingGoverned): Promise<GovernedRegistry> {
  const [head] = await requests.getMany([itemOf(headKey)], 'read the version of the registry')
  const version = head === undefined ? 0 : numberOf(head, 'version')
  if (version === known.version) return known
  const [content] = await requests.getMany([itemOf(contentKey(version))], 'read the registry')
  if (content === undefined) throw new StoreUnavailable(`version ${version} of the registry is missing`)
  return packedIn(content, 'registry', GovernedRegistry)
}

/** The puts of the next registry, all or none: another writer may come first. */
export const puttingGoverned = (requests: Table, next: GovernedRegistry): TransactWriteItem[] => [
  requests.putting({ ...headKey, version: next.version }, versionIs(next.version - 1)),
  requests.putting({ ...contentKey(next.version), registry: packed(next) }),
]

export const sizeOfGoverned = (registry: GovernedRegistry): number => packed(registry).length
