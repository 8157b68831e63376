// Rules: test/client/break-glass/start.test.ts
import { Opening } from '../../functions/domain/cards/wire/opening.ts'
import { type Context as Common, profileOf, show } from '../context.ts'
import { Refusal } from '../outcome.ts'
import { fact } from '../screen.ts'
import type { KeptOpenings } from './kept-openings.ts'

export type Context = Common & { kept: KeptOpenings }

export type IdTyped = { id?: string | undefined }

export { show }

export const read = (id: string, { api }: Context): Promise<Opening> =>
  api.call(Opening, { method: 'GET', path: `/v1/break-glass/${id}` })

/**
 * The id that was typed, or this machine's only opening. If it has several, those that have ended are forgotten first.
 */
export async function idOf({ id: typed }: IdTyped, context: Context): Promise<string> {
  const { kept } = context
  const ids = typed === undefined ? kept.idsOf() : []
  for (const id of ids.length > 1 ? ids : [])
    try {
      const { status } = await read(id, context)
      if (status !== 'approved') kept.forget(id)
    } catch (trouble) {
      // The opening is another person's on this machine, and stays.
      if (!(trouble instanceof Refusal)) throw trouble
    }
  return kept.idOf(typed)
}

export const command = 'npx --no-install hotwork break-glass'

/** The AWS profile. It is written once, without an id, and uses the opening that is live on this machine. */
export const awsProfile = ({ settings, surroundings }: Context): ReturnType<typeof profileOf> =>
  profileOf(['break-glass', 'credentials'], settings, surroundings)

export function useOf({ id, credential }: Opening, context: Context): string[] {
  switch (credential) {
    case 'sts':
      return fact('use', 'put this into ~/.aws/config, then: aws --profile hotwork ...', ...awsProfile(context).lines)
    case 'mediated':
      return fact('use', `Hotwork makes the one call: ${command} call ${id}`)
    case 'token':
      return fact('use', 'show the tool an access token of POST /token, by the key below')
    default:
      return credential satisfies never
  }
}
