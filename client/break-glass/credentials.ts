import type * as z from 'zod'
import { AwsCredentials, Called, TokenAnswer } from '../../functions/domain/cards/wire/task.ts'
import { proverOf } from '../journal/keys.ts'
import { type Exit, exitOfStatus, exits, isOver, Refusal, Trouble, wrongUsage } from '../outcome.ts'
import { fact, lines } from '../screen.ts'
import { awsProfile, type Context, command, type IdTyped, idOf, read, show, useOf } from './context.ts'
import type { KeptOpening } from './kept-openings.ts'
import { describe } from './show.ts'

export async function credentials(typed: IdTyped & { setup: boolean }, context: Context): Promise<Exit> {
  const { kept: openings, surroundings } = context
  if (typed.setup) {
    surroundings.out(lines(...awsProfile(context).lines))
    return exits.done
  }
  const kept = openings.find(await idOf(typed, context))
  const made = await openings.credentialsOf(kept.id, () => fromAws(AwsCredentials, '/aws/credentials', kept, context))
  surroundings.out(`${JSON.stringify(made)}\n`)
  return exits.done
}

/** Makes the call once: asking again reports its outcome. */
export async function call(typed: IdTyped, context: Context): Promise<Exit> {
  const { kept: openings } = context
  const kept = openings.find(await idOf(typed, context))
  const called = await openings.journal.alone(kept.id, () => fromAws(Called, '/aws/calls', kept, context))
  return show(context, called, () => ['DONE, and AWS answered', ...JSON.stringify(called.output, null, 2).split('\n')])
}

async function fromAws<T>(shape: z.ZodType<T>, path: string, kept: KeptOpening, context: Context): Promise<T> {
  const { api, kept: openings } = context
  const prove = await proverOf(kept)
  try {
    const token = await accessToken(kept, context)
    return await api.call(shape, {
      method: 'POST',
      path,
      accessToken: token,
      proof: (method, url) => prove(method, url, token),
    })
  } catch (trouble) {
    if (!(trouble instanceof Refusal)) throw trouble
    if (isOver(trouble)) openings.forget(kept.id)
    if (trouble.told.code === 'mediated')
      throw wrongUsage('Hotwork does this action itself', `let Hotwork make it: \`${command} call ${kept.id}\``)
    if (trouble.told.code === 'not_mediated')
      throw wrongUsage('you make this call yourself', `\`${command} credentials --setup\` gives AWS credentials`)
    throw trouble
  }
}

/** Exchanges a login for an access token (RFC 8693). An opening without a key is bound to this one. */
async function accessToken(kept: KeptOpening, { api }: Context): Promise<string> {
  const issued = await api.call(TokenAnswer, {
    method: 'POST',
    path: '/token',
    form: async () => ({
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token: await api.token(),
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      authorization_details: JSON.stringify([{ type: 'hotwork_action', request: kept.id }]),
    }),
    proof: await proverOf(kept),
  })
  return issued.access_token
}

/**
 * Takes up an opening that began on a page, and binds it to this machine's key: only this machine gets its credentials.
 */
export async function claim(typed: IdTyped, context: Context): Promise<Exit> {
  const { kept: openings, surroundings } = context
  const id = await idOf(typed, context)
  const opening = await read(id, context)
  const open = opening.status === 'approved'
  if (open) await bindKey(id, opening.not_after, context)
  const words = () => [
    ...describe(opening, surroundings),
    ...(open ? useOf(opening, context) : []),
    ...fact('end', open && `${command} end ${id}`),
    ...fact('key', open && `${openings.fileOf(id)}, deleted at the end`),
  ]
  return show(context, opening, words, exitOfStatus(opening.status))
}

async function bindKey(id: string, notAfter: string, context: Context): Promise<void> {
  const { kept: openings } = context
  const { kept, again } = await openings.adopt(id, notAfter)
  try {
    await accessToken(kept, context)
  } catch (trouble) {
    // The API's code for a key other than the opening's. In other verbs it is a fault of this program.
    const boundElsewhere = trouble instanceof Trouble && trouble.told.title.startsWith('key_mismatch')
    // Deletes a new key that was refused. After a fault, or if this machine had a key before, the opening may be bound
    // to it: the key stays, and a repeat is safe.
    if ((trouble instanceof Refusal && !again) || boundElsewhere) openings.forget(id)
    if (boundElsewhere)
      throw new Refusal(exits.denied, {
        code: 'key_mismatch',
        title: `\`${id}\` has a key already, and it is not on this machine`,
        detail: 'get credentials on the machine that claimed it first, or end it and open another',
      })
    throw trouble
  }
}
