import * as z from 'zod'
import { Halt, type HaltTarget, haltKey } from '../../domain/halts/halt.ts'
import { StoreUnavailable } from '../../operations/faults.ts'
import type { StoredHalts } from '../../operations/halts/ports.ts'
import { type Item, number, numberOf, text, textOf } from './items.ts'

/** The halts of one target, those that were lifted too, as one item `HALT#kind#value` of the requests table. */
export const haltItemKey = (target: HaltTarget) => ({ pk: text(haltKey(target)), sk: text('HALT') })

/** The keys of some targets, each once, as a batch demands. */
export const uniqueKeys = (targets: readonly HaltTarget[]): readonly Item[] =>
  [...new Map(targets.map((target) => [haltKey(target), target])).values()].map(haltItemKey)

const Halts = z.array(Halt)

/** @throws StoreUnavailable when the item holds no halts that this code understands: stop rather than guess */
export function haltsOf(item: Item): Halt[] {
  const parsed = Halts.safeParse(JSON.parse(textOf(item, 'halts')))
  if (!parsed.success) throw new StoreUnavailable(`the item \`${textOf(item, 'pk')}\` holds no halts`)
  return parsed.data
}

/** @throws StoreUnavailable when it is none of ours */
export const storedHaltsOf = (item: Item): StoredHalts => ({ halts: haltsOf(item), version: numberOf(item, 'version') })

/** The halts of a target as its item. */
export const haltItem = (target: HaltTarget, { halts, version }: StoredHalts): Item => ({
  ...haltItemKey(target),
  halts: text(JSON.stringify(halts)),
  version: number(version),
})

/** The condition that a target's halts are still as they were read: 0 for none. */
export const versionIs = (version: number) =>
  version === 0
    ? { ConditionExpression: 'attribute_not_exists(pk)' }
    : {
        ConditionExpression: '#version = :version',
        ExpressionAttributeNames: { '#version': 'version' },
        ExpressionAttributeValues: { ':version': number(version) },
      }
