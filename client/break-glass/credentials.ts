import type * as z from 'zod'
import { AccessToken, AwsCredentials } from '../answers.ts'
import { type Exit, exits } from '../exit-codes.ts'
import { proverOf } from '../kept-openings.ts'
import { oneAtATime } from '../one-at-a-time.ts'
import { lines } from '../screen.ts'
import { Refusal, wrongUsage } from '../trouble.ts'
import { awsProfile, command } from './aws-profile.ts'
import { forgetEnded } from './forget-ended.ts'
import type { Context } from './verb.ts'

/** With less left, they are made anew: whatever is done with them takes a while too. Milliseconds. */
const worthUsing = 60_000

/**
 * AWS credentials of an opening, as `credential_process` prints them: the same for all who ask on this machine until they
 * are nearly over, since new ones end those before. They never last past the opening.
 */
export async function credentials(
  { id, setup }: { id?: string | undefined; setup: boolean },
  context: Context,
): Promise<Exit> {
  const { kept: openings, settings, surroundings } = context
  if (setup) {
    surroundings.out(lines(...awsProfile(context).lines))
    return exits.done
  }
  await forgetEnded(id, context)
  const kept = openings.find(settings.apiUrl, id)
  const made = await oneAtATime(openings.lockOf(kept.id), surroundings, async () => {
    const before = openings.credentials(kept.id)
    if (before && Date.parse(before.Expiration) - surroundings.now().getTime() > worthUsing) return before
    const fresh = await atDoor(AwsCredentials, '/aws/credentials', kept, context).catch((trouble: unknown) => {
      throw trouble instanceof Refusal && trouble.told.code === 'mediated' ? callInstead(kept.id) : trouble
    })
    openings.keepCredentials(kept.id, fresh)
    return fresh
  })
  surroundings.out(`${JSON.stringify(made)}\n`)
  return exits.done
}

const callInstead = (id: string): Refusal =>
  wrongUsage('this is an action that Hotwork does itself', `have it done: \`${command} call ${id}\``)

type Kept = ReturnType<Context['kept']['find']>

/** What Hotwork gives for the access token of an opening at one of its doors to AWS. */
export async function atDoor<T>(shape: z.ZodType<T>, path: string, kept: Kept, context: Context): Promise<T> {
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
    // It has ended, and never opens again.
    if (trouble instanceof Refusal && ([exits.expired, exits.revoked] as number[]).includes(trouble.exit))
      openings.forget(kept.id)
    throw trouble
  }
}

/**
 * The access token of an opening, with the person's token and this machine's key (RFC 8693): the opening is bound to that,
 * where it has none yet.
 */
export async function accessToken(kept: Kept, { api }: Pick<Context, 'api'>): Promise<string> {
  const issued = await api.call(AccessToken, {
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
