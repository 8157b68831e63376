import { stringify } from 'csv-stringify/sync'
import { spelledOut } from '../screen.ts'
import { type Line, splitId } from './entry.ts'

/** The columns. New ones are added at the end only. */
export const columns = [
  'id',
  'record',
  'number',
  'type',
  'at',
  'actor_type',
  'actor',
  'through',
  'task',
  'task_url',
  'resource_type',
  'resource',
  'digest',
  'policies',
  'bundle',
  'facts',
  'previous',
  'hash',
  'v',
  'registry',
] as const

export const csvHeader = (): string => stringify([[...columns]])

/** One line for each entry. No cell reads as a formula in a spreadsheet, and no character ends a line or hides. */
export function csvOf({ entry }: Line): string {
  const { id, type, at, actor, parent_task, resource, digest, policies, bundle, facts, previous, hash, v, registry } =
    entry
  const { record, number } = splitId(id)
  const cells: { [column in (typeof columns)[number]]: string } = {
    ...{ id, record, number: String(number), type, at },
    ...{ actor_type: actor.type, actor: actor.id, through: (actor.chain ?? []).join(' ') },
    ...{ task: parent_task?.id ?? '', task_url: parent_task?.url ?? '' },
    ...{ resource_type: resource?.type ?? '', resource: resource?.id ?? '' },
    ...{ digest: digest ?? '', policies: policies.join(' '), bundle },
    ...{ facts: JSON.stringify(facts), previous: previous ?? '', hash, v: String(v), registry: String(registry ?? '') },
  }
  return stringify([columns.map((column) => spelledOut(cells[column]))], { escape_formulas: true })
}
