// Rules: test/http/change-set-page.test.ts
import { inert } from '../inert.ts'
import type { ChangeSummary } from '../policy/change-summary.ts'
import type { ChangeAction, ChangeRow, ChangeTree } from '../record/change-tree.ts'
import type { ResourcePreview } from '../record/preview.ts'
import type { RequestView } from './request-view.ts'
import type { Sentence } from './sentence.ts'

/** A change set in the words of every channel. Names of others are inert here. */

export type ChangeSetView = { summary: ChangeSummary; tree: ChangeTree; guarded: boolean }

export function changeSetOf({ preview, changesGuarded }: Changing): ChangeSetView | undefined {
  const run = preview?.outcome === 'matched' ? preview.run : undefined
  return run?.change && { summary: run.change, tree: run.tree ?? { rows: [] }, guarded: changesGuarded === true }
}
type Changing = { preview?: ResourcePreview } & Pick<RequestView, 'changesGuarded'>

export const actionWords: { readonly [action in ChangeAction]: string } = {
  remove: 'removed',
  replace: 'replaced',
  change: 'changed',
  import: 'imported',
  add: 'added',
  keep: 'stays',
}

export const isLoss = ({ action, leaves }: Pick<ChangeRow, 'action' | 'leaves'>): boolean =>
  (action === 'remove' || action === 'replace') && leaves !== 'resource'

export function changeCounts({ summary }: Pick<ChangeSetView, 'summary'>): Sentence {
  const { removed, replaced, changed, added, stateful_removed: lost, unpinned } = summary
  const counts = Object.entries({ removed, replaced, changed, added }).flatMap(([word, count]) =>
    count === 0 ? [] : [`${count} ${word}`],
  )
  const data = `${lost === 1 ? 'One of them holds' : `${lost} of them hold`} data, which is lost.`
  return [
    { bold: counts.length === 0 ? 'No resource changes' : counts.join(', ') },
    '.',
    ...(lost === 0 ? [] : [' ', { bold: data }]),
    ...(unpinned === 0 ? [] : [` ${unpinned} of its parts are not pinned.`]),
  ]
}

/** Hotwork has no right to read the policies of an account. */
export const wallWords = ({ guarded }: Pick<ChangeSetView, 'guarded'>): Sentence =>
  guarded
    ? ['This deployment says that only Hotwork may execute change sets here.']
    : [
        { bold: 'This wall is a courtesy' },
        ': others with the right may execute this change set without Hotwork. Close it with ',
        { value: 'hotwork changes guardrail aws' },
        ', and say so in the deployment file.',
      ]

export type ChangeLine = {
  word: string
  id: string
  type: string
  notes: readonly string[]
  isLoss: boolean
  depth: number
}

export function lineOf(row: ChangeRow): ChangeLine {
  const { action, id, type, depth = 0, data, maybe, leaves, scope = [] } = row
  const notes = [
    ...(data && action !== 'keep' ? ['holds data'] : []),
    ...(leaves === 'resource'
      ? [`the ${action === 'replace' ? 'old ' : ''}resource itself stays, outside the stack`]
      : []),
    ...(leaves === 'snapshot' ? ['a snapshot stays'] : []),
    ...(scope.length === 0 ? [] : [scope.map(inert).join(', ')]),
  ]
  return {
    word: `${maybe ? 'may be ' : ''}${actionWords[action]}`,
    id: inert(id),
    type: inert(type),
    notes,
    isLoss: isLoss(row),
    depth,
  }
}

export const changesIn = (rows: readonly ChangeRow[]): readonly ChangeRow[] =>
  rows.filter(({ action }) => action !== 'keep')

/** The first changes as lines, and whether a loss is missing from them. */
export function changeTexts({ tree, summary }: ChangeSetView, most: number): { lines: string[]; cut: boolean } {
  const changes = changesIn(tree.rows)
  const all = summary.added + summary.changed + summary.replaced + summary.removed
  const shown = changes.length > most || all > changes.length ? changes.slice(0, most - 1) : changes
  const texts = shown.map(lineOf).map(({ word, id, type, notes, depth, isLoss: loses }) => {
    const sign = loses && notes.includes('holds data') ? '!! ' : loses ? '! ' : ''
    return `${'  '.repeat(depth)}${sign}${word} ${id} (${type})${notes.length === 0 ? '' : `: ${notes.join('; ')}`}`
  })
  const more = all - shown.length
  return {
    lines: more > 0 ? [...texts, `and ${more} more, on its page`] : texts,
    cut: changes.slice(shown.length).some(isLoss),
  }
}
