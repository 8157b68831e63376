import { BreakGlass } from '../answers.ts'
import type { Exit } from '../exit-codes.ts'
import { Refusal } from '../trouble.ts'
import { describe } from './describe.ts'
import { read } from './status.ts'
import { type Context, show } from './verb.ts'

export type ReviewTyped = { id: string; outcome: string; note: string }

/** Says of somebody else's opening whether it was justified. */
export async function review({ id: typed, outcome, note }: ReviewTyped, context: Context): Promise<Exit> {
  const { api, kept, surroundings } = context
  const id = kept.idOf(api.url, typed)
  const reviewed = await api
    .call(BreakGlass, { method: 'POST', path: `/v1/break-glass/${id}/review`, json: { outcome, note } })
    .catch(async (trouble: unknown) => {
      if (!(trouble instanceof Refusal) || trouble.told.code !== 'already_reviewed') throw trouble
      // Said before in these very words, by a call whose answer was lost.
      const opening = await read(id, context)
      if (opening.review?.outcome === outcome && opening.review.note === note.trim()) return opening
      throw trouble
    })
  return show(context, reviewed, () => describe(reviewed, surroundings))
}
