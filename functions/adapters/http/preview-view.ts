// Rules: test/channels/slack/cards/request-view.test.ts
import { changeSetOf } from '../../domain/cards/change-words.ts'
import { type Difference as DifferenceView, differencesOf } from '../../domain/cards/preview-words.ts'
import type { ChangeView, RequestView } from '../../domain/cards/request-view.ts'
import type { Change, ChangeSet, Difference, Preview as PreviewAnswer } from '../../domain/cards/wire/request.ts'
import type { Said } from '../../domain/cards/wire/word.ts'
import type { Preview } from '../../domain/record/preview.ts'
import { defined, rfc3339 } from '../../domain/values.ts'

/** Differences for a screen: characters that hide or reorder are spelled out. */
export const shownPreview = ({ preview }: Pick<RequestView, 'preview'>): { preview?: Said<typeof Difference>[] } =>
  preview?.outcome === 'matched' ? { preview: differencesOf(preview).map(differenceRow) } : {}

const differenceRow = ({ label, before, after, isSame, isMasked, note }: DifferenceView): Said<typeof Difference> => ({
  name: label,
  ...defined({ before, after }),
  same: isSame,
  masked: isMasked,
  ...noteMember(note),
})

/** The present values and those after the act (docs/api.md). */
export function previewMembers(preview: Preview): Said<typeof PreviewAnswer> {
  const observed_at = rfc3339(preview.observedAt)
  const { reach } = preview
  if (preview.outcome === 'failed') return { failed: preview.why, observed_at, ...defined({ reach }) }
  if (preview.outcome === 'none') return { observed_at, ...defined({ reach }) }
  const { before, after, state, masked, gap, run } = preview
  return { before, after, observed_at, state, ...defined({ masked, gap, reach, change: run?.change }) }
}

/** Only of the last reading: earlier ones have no tree. */
export function changeSetMembers(view: RequestView): { change?: Said<typeof ChangeSet> } {
  const set = changeSetOf(view)
  if (!set) return {}
  const { summary, tree, guarded } = set
  return { change: { ...summary, resources: tree.rows, guarded, ...defined({ more: tree.more }) } }
}

export const changeMembers = ({ at, from, to, approvers, wasApproved, steps }: ChangeView): Said<typeof Change> => ({
  at: rfc3339(at),
  from: previewMembers(from),
  to: previewMembers(to),
  approvers: approvers.map(({ id }) => id),
  was_approved: wasApproved,
  ...defined({ steps }),
})

export const noteMember = (note = '') => (note === '' ? {} : { note: note.replace(/^\s*←\s*/, '') })
