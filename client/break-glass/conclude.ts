import { Opening, Vouched } from '../../functions/domain/cards/wire/opening.ts'
import { type Exit, exitOfStatus, exits, Refusal } from '../outcome.ts'
import { fact, timeAndSpan } from '../screen.ts'
import { type Context, type IdTyped, idOf, read, show } from './context.ts'
import { describe } from './show.ts'
import { readWhat, type WhatTyped } from './start.ts'

export async function end(typed: IdTyped, context: Context): Promise<Exit> {
  const { api, kept, surroundings } = context
  const id = await idOf(typed, context)
  let exit: Exit = exits.done
  const ended = await api
    .call(Opening, { method: 'POST', path: `/v1/break-glass/${id}/end`, json: {} })
    .catch(async (trouble: unknown) => {
      if (!(trouble instanceof Refusal) || !['already_settled', 'invalid_task_state'].includes(trouble.told.code))
        throw trouble
      const opening = await read(id, context)
      exit = exitOfStatus(opening.status)
      return opening
    })
  const deleted = kept.forget(id)
  const words = () => [...describe(ended, surroundings), ...fact('key', deleted && 'deleted from this machine')]
  return show(context, ended, words, exit)
}

export async function review(
  { outcome, note, ...typed }: IdTyped & { outcome: string; note: string },
  context: Context,
): Promise<Exit> {
  const { api, surroundings } = context
  const id = await idOf(typed, context)
  const reviewed = await api
    .call(Opening, { method: 'POST', path: `/v1/break-glass/${id}/review`, json: { outcome, note } })
    .catch(async (trouble: unknown) => {
      if (!(trouble instanceof Refusal) || trouble.told.code !== 'already_reviewed') throw trouble
      // The same review: an earlier call made it, but its answer was lost.
      const opening = await read(id, context)
      if (opening.review?.outcome === outcome && opening.review.note === note.trim()) return opening
      throw trouble
    })
  return show(context, reviewed, () => describe(reviewed, surroundings))
}

export async function vouch({ person, ...what }: WhatTyped & { person: string }, context: Context): Promise<Exit> {
  const { api, surroundings } = context
  const json = { person, ...readWhat(what, surroundings.folder) }
  const vouched = await api.call(Vouched, { method: 'POST', path: '/v1/break-glass/vouchers', json })
  return show(context, vouched, () => [
    `VOUCHED for ${vouched.person}`,
    ...fact('until', `${timeAndSpan(vouched.until, surroundings)}: they open it before then`),
    ...fact('review', 'by a third person'),
  ])
}
