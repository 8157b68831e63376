import { setTimeout as delay } from 'node:timers/promises'
import { type LiveSession, liveSession } from '../../../local/demo/chapters/credentials.ts'
import { finding, refused, untilDead } from '../../../local/demo/findings.ts'
import type { Halt } from '../../../local/demo/person.ts'
import { spread } from '../../../local/demo/report.ts'
import type { World } from '../../../local/demo/world.ts'

export async function tellLag(world: World): Promise<void> {
  const [gus, hana] = [world.person('person:gus'), world.person('person:hana')]
  const why = 'to see how long it takes'
  world.report.note(
    'Hotwork’s own no is there with the answer. IAM’s comes through a stream, a queue and IAM itself, which here is the emulator’s: AWS adds a pace of its own, and promises none.',
  )
  await measureLag(world, 'revocation', 5, async ({ id }) => void (await gus.revoke(id, why)))
  await measureLag(world, 'halt', 3, async () => {
    const halt = await gus.halt('agent:remediator', why)
    return async () => {
      await hana.lift(halt.id)
      await untilNewSessionsCount(halt)
    }
  })
}

type Undo = (() => Promise<void>) | void

/** @param end ends the session's grant, and returns a function that lets the agent ask again */
async function measureLag(world: World, what: string, times: number, end: (live: LiveSession) => Promise<Undo>) {
  const { report } = world
  const agent = await world.agent('agent:remediator')
  await report.expect(`${times} times a ${what}, each while an AWS session of the agent works`, async () => {
    const [byHotwork, byIam]: [number[], number[]] = [[], []]
    for (let run = 0; run < times; run++) {
      const session = await liveSession(world, agent, String(2400 + run))
      const since = Date.now()
      const undo = await end(session)
      const atOnce = await refused('401', () => agent.awsCredentials(session.accessToken))
      byHotwork.push(Date.now() - since)
      report.latency(`${what} to refusal by Hotwork`, Date.now() - since)
      const soon = await untilDead(report, { latency: `${what} to refusal by IAM`, since }, session.use)
      if (!atOnce.held || !soon.held) return finding(false, `${atOnce.found}; ${soon.found}`)
      byIam.push(soon.value)
      await undo?.()
    }
    const of = ([median, , most]: string[]) => `${median} after, at most ${most}`
    return finding(true, `Hotwork refuses ${of(spread(byHotwork))}; IAM ${of(spread(byIam))}`)
  })
}

/** A halt also denies sessions made up to five seconds after it, so that none in the making slips through. */
const untilNewSessionsCount = ({ at }: Halt): Promise<void> => delay(Math.max(0, Date.parse(at) + 6_000 - Date.now()))
