import type { Report } from '../../../local/demo/report.ts'
import { describeFault } from '../../../local/demo/report.ts'
import type { World } from '../../../local/demo/world.ts'
import type { AwsAccess } from '../../../local/emulator.ts'
import type { Asked } from '../report.ts'

export type Site = {
  world: World & { report: Report }
  aws: AwsAccess
  /** Of the deployed stacks, by name. */
  output: (name: string) => string
  isAws: boolean
}

export type Found = { held: boolean; found: string }
/** There is no answer to be had here, and why. */
export class NotAsked extends Error {}

export type Check = { id: string; ask(say: (line: string) => void): Promise<Asked> }

/**
 * One thing that Hotwork rests on and that AWS answers.
 *
 * @param where `aws` for what no emulator judges as AWS does: there it is said as not asked, never as held
 */
export const check = (
  { isAws }: Pick<Site, 'isAws'>,
  { id, expects, where }: { id: string; expects: string; where: 'aws' | 'anywhere' },
  look: () => Promise<Found>,
): Check => ({
  id,
  async ask(say) {
    const began = performance.now()
    const { verdict, found } = await verdictOf(where === 'aws' && !isAws ? notHere : look)
    say(`${verdict.padEnd(14)} ${id}: ${found}`)
    return { id, expects, verdict, found, seconds: Math.round((performance.now() - began) / 1000) }
  },
})

const notHere = async (): Promise<Found> => {
  throw new NotAsked('an emulator does not judge it')
}

async function verdictOf(look: () => Promise<Found>): Promise<Pick<Asked, 'verdict' | 'found'>> {
  try {
    const { held, found } = await look()
    return { verdict: held ? 'held' : 'failed', found }
  } catch (fault) {
    if (fault instanceof NotAsked) return { verdict: 'not asked here', found: fault.message }
    return { verdict: 'failed', found: describeFault(fault) }
  }
}

/** The name of the refusal, or that it was let through. */
export const refusedBy = (call: Promise<unknown>, refusal = /AccessDenied/): Promise<Found> =>
  call.then(
    () => ({ held: false, found: 'it was let through' }),
    ({ name, message }: Error) => ({ held: refusal.test(name), found: `${name}: ${message.slice(0, 200)}` }),
  )
