import { BreakGlass } from '../answers.ts'
import { type Exit, exitOfStatus, exits } from '../exit-codes.ts'
import { fact } from '../screen.ts'
import { Refusal } from '../trouble.ts'
import { describe } from './describe.ts'
import { forgetEnded } from './forget-ended.ts'
import { read } from './status.ts'
import { type Context, show } from './verb.ts'

/** Ends an opening before its time, one's own or, for whoever may revoke, another's; and deletes what was kept of it here. */
export async function end({ id: typed }: { id?: string | undefined }, context: Context): Promise<Exit> {
  const { api, kept, surroundings } = context
  await forgetEnded(typed, context)
  const id = kept.idOf(api.url, typed)
  const ended = await api
    .call(BreakGlass, { method: 'POST', path: `/v1/break-glass/${id}/end`, json: {} })
    .then((opening) => ({ opening, exit: exits.done as Exit }))
    .catch(async (trouble: unknown) => {
      // It is over, which is what was wanted: how it came to be so is the answer.
      if (!(trouble instanceof Refusal) || !['already_settled', 'invalid_task_state'].includes(trouble.told.code))
        throw trouble
      const opening = await read(id, context)
      return { opening, exit: exitOfStatus(opening.status) }
    })
  const deleted = kept.forget(id)
  const words = () => [
    ...describe(ended.opening, surroundings),
    ...(deleted ? [fact('key', 'deleted from this machine')] : []),
  ]
  return show(context, ended.opening, words, ended.exit)
}
