import { type Exit, exitOfStatus, exits } from '../exit-codes.ts'
import { fact } from '../screen.ts'
import { Fault, Refusal } from '../trouble.ts'
import { command, useOf } from './aws-profile.ts'
import { accessToken } from './credentials.ts'
import { describe } from './describe.ts'
import { read } from './status.ts'
import { type Context, show } from './verb.ts'

/**
 * Takes up what was opened on a page, where there is no key: this machine's key is the opening's from then on, and no other
 * machine gets credentials of it. It takes a login as strong as the opening did.
 */
export async function claim({ id: typed }: { id: string }, context: Context): Promise<Exit> {
  const { api, kept: openings, surroundings } = context
  const id = openings.idOf(api.url, typed)
  const opening = await read(id, context)
  if (opening.status === 'approved') await bind(id, opening.not_after, context)
  const words = () => [
    ...describe(opening, surroundings),
    ...(opening.status === 'approved'
      ? [
          ...useOf(opening, context),
          fact('end', `${command} end ${id}`),
          fact('key', `${openings.pathOf(id)}, deleted at the end`),
        ]
      : []),
  ]
  return show(context, opening, words, opening.status === 'approved' ? exits.done : exitOfStatus(opening.status))
}

async function bind(id: string, notAfter: string, context: Context): Promise<void> {
  const { api, kept: openings } = context
  const { kept, again } = await openings.adopt(api.url, id, notAfter)
  try {
    await accessToken(kept, context)
  } catch (trouble) {
    // Of a new key that was refused nothing is kept. After a fault it may be the opening's, and one of before may be too: then
    // nobody else has it, and asking again is the same.
    if ((trouble instanceof Refusal && !again) || isOthers(trouble)) openings.forget(id)
    if (isOthers(trouble))
      throw new Refusal(exits.denied, {
        code: 'key_mismatch',
        title: `\`${id}\` has a key already, and it is not on this machine`,
        detail: 'get credentials on the machine that claimed it first, or end it and open another',
      })
    throw trouble
  }
}

/** The API's word for a key that is not the opening's: a fault of this program everywhere else. */
const isOthers = (trouble: unknown): boolean =>
  (trouble instanceof Refusal || trouble instanceof Fault) && trouble.told.title.startsWith('key_mismatch')
