// Rules: test/domain/cards/registry-words.test.ts
import { sentencesOf } from '../refusals.ts'
import type { RequestView } from './request-view.ts'
import type { Sentence } from './sentence.ts'
import { nameOf } from './who.ts'

/** The sentences of a change of the registry of agents, which Hotwork itself makes once it is approved. */

type View = Pick<RequestView, 'registry' | 'preview' | 'status' | 'ended'>

/** The person who must still accept a transfer. */
export const awaited = ({ registry, status }: Pick<View, 'registry' | 'status'>) =>
  status === 'pending' && registry?.acceptedAt === undefined ? registry?.accepts : undefined

export function acceptance({ registry, status }: Pick<View, 'registry' | 'status'>): Sentence {
  if (registry?.accepts === undefined) return []
  const who = { bold: nameOf(registry.accepts) }
  if (registry.acceptedAt !== undefined) return [who, ' accepted the agent at ', { time: registry.acceptedAt }, '. ']
  return status === 'pending' ? [who, ' has to accept the agent first, by a login of their own. '] : []
}

/** The state of an approved change, or how it was made. */
export function changeNow({ status, ended, registry }: View): Sentence | undefined {
  if (status === 'approved') return ['Hotwork is writing it into the registry.']
  if (status !== 'completed' || !ended) return undefined
  const at = { time: ended.at }
  return ended.outcome === 'failed'
    ? [
        { bold: 'Nothing was changed' },
        ', at ',
        at,
        registry?.code === undefined ? '.' : `. ${sentencesOf(registry.code)}`,
      ]
    : ['Hotwork wrote it into the registry at ', at, '.']
}

const ending = ['identities', 'owner', 'autonomy', 'status']

/** The effect of the change on the agent's grants. */
export function endsOf({ registry, preview }: View): Sentence {
  if (!registry || preview?.outcome !== 'matched' || Object.keys(preview.before).length === 0) return []
  const { after } = preview
  return ending.some((member) => Object.hasOwn(after, member))
    ? [
        { bold: 'It ends what the agent holds' },
        ': open requests, standing permits, plans that have not begun and live grants. ',
      ]
    : []
}

/** The reading of the entry, and the effect of another change that comes first. */
export const entryLine = ({ preview, status }: View): Sentence => [
  'The entry as it was at ',
  { time: preview?.observedAt ?? 0 },
  status === 'pending' || status === 'approved' ? '. If it changes before this is written, nothing is written.' : '.',
]
