import { BreakGlass } from '../answers.ts'
import { Refusal } from '../trouble.ts'
import type { Context } from './verb.ts'

/**
 * Where no id was typed and this machine has several openings, those that have ended are forgotten first: what was ended on a
 * card or a page has told this machine nothing, and must not stand in the way of the one that is open.
 */
export async function forgetEnded(typed: string | undefined, { api, kept }: Context): Promise<void> {
  const ids = typed === undefined ? kept.idsOf(api.url) : []
  if (ids.length < 2) return
  for (const id of ids) {
    try {
      const { status } = await api.call(BreakGlass, { method: 'GET', path: `/v1/break-glass/${id}` })
      if (status !== 'approved') kept.forget(id)
    } catch (trouble) {
      // Somebody else's, on the same machine: it is theirs to end.
      if (!(trouble instanceof Refusal)) throw trouble
    }
  }
}
