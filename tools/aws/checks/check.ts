import type { Report } from '../../../local/demo/report.ts'
import { describeFault } from '../../../local/demo/report.ts'
import type { World } from '../../../local/demo/world.ts'
import type { AwsAccess } from '../../../local/emulator.ts'
import type { Asked } from '../report.ts'

export type Site = {
  world: World & { report: Report }
  aws: AwsAccess
  /** An output of the deployed stacks, by name. */
  output: (name: string) => string
  isAws: boolean
}

export type Found = { held: boolean; found: string }
/** A check that cannot be asked here, with the reason. */
export class NotAsked extends Error {}

export type Check = { id: string; ask(say: (line: string) => void): Promise<Asked> }

/**
 * One assumption of Hotwork, with the call that confirms it.
 *
 * @param where `aws` if no emulator judges it as AWS does: there the report says `not asked`, never `held`
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

/** The name of the refusal, or that AWS let the call through. */
export const refusedBy = (call: Promise<unknown>, refusal = /AccessDenied/): Promise<Found> =>
  call.then(
    () => ({ held: false, found: 'it was let through' }),
    ({ name, message }: Error) => ({ held: refusal.test(name), found: `${name}: ${message.slice(0, 200)}` }),
  )
