import { Called } from '../answers.ts'
import type { Exit } from '../exit-codes.ts'
import { oneAtATime } from '../one-at-a-time.ts'
import { Refusal, wrongUsage } from '../trouble.ts'
import { command } from './aws-profile.ts'
import { atDoor } from './credentials.ts'
import { forgetEnded } from './forget-ended.ts'
import { type Context, show } from './verb.ts'

/**
 * Has Hotwork make the one call that was opened, where the action is one that it does itself, and prints AWS's answer. It is
 * made once: asking again tells what has become of it.
 */
export async function call({ id }: { id?: string | undefined }, context: Context): Promise<Exit> {
  const { kept: openings, settings, surroundings } = context
  await forgetEnded(id, context)
  const kept = openings.find(settings.apiUrl, id)
  const called = await oneAtATime(openings.lockOf(kept.id), surroundings, () =>
    atDoor(Called, '/aws/calls', kept, context).catch((trouble: unknown) => {
      throw trouble instanceof Refusal && trouble.told.code === 'not_mediated' ? credentialsInstead() : trouble
    }),
  )
  return show(context, called, () => ['DONE, and AWS answered', ...JSON.stringify(called.output, null, 2).split('\n')])
}

const credentialsInstead = (): Refusal =>
  wrongUsage(
    'this is something that you do yourself, with AWS credentials',
    `\`${command} credentials --setup\` says how`,
  )
