import type { Hotwork } from '../../../../examples/remediator/hotwork.ts'
import { finding, refusedByHotwork } from '../findings.ts'
import { type Finding, spread } from '../report.ts'
import type { World } from '../world.ts'
import { untilDead } from './credential.ts'
import { untilNewSessionsCount } from './kill-switch.ts'
import { type LiveSession, liveSession } from './live-session.ts'

/** So often is each measured: enough to tell a middle from an end, few enough for a demo. */
const [revocations, halts] = [5, 3]

/** How long after a revocation, and a kill switch, was asked for Hotwork and IAM say no. */
export async function tellLag(world: World): Promise<void> {
  const { report, person } = world
  const agent = await world.agent('agent:remediator')
  const [gus, hana] = [person('person:gus'), person('person:hana')]
  await report.expect(`${revocations} grants, each revoked while its AWS session works`, async () => {
    const lags: Lag[] = []
    for (let run = 0; run < revocations; run++) {
      const session = await usedSession(world, agent, run)
      const since = Date.now()
      await gus.revoke(session.id, 'to see how long it takes')
      lags.push(await untilRefused(world, agent, session, { what: 'revocation', since }))
    }
    return summary(lags)
  })
  await report.expect(`${halts} kill switches, each thrown while a session of the agent works`, async () => {
    const lags: Lag[] = []
    for (let run = 0; run < halts; run++) {
      const session = await usedSession(world, agent, run)
      const since = Date.now()
      const halt = await gus.halt('agent:remediator', 'to see how long it takes')
      lags.push(await untilRefused(world, agent, session, { what: 'kill switch', since }))
      await hana.lift(halt.id)
      await untilNewSessionsCount(halt)
    }
    return summary(lags)
  })
}

/** Milliseconds from the call that ended it. */
interface Lag {
  hotwork: number
  iam: number
  held: boolean
}

async function usedSession(world: World, agent: Hotwork, run: number): Promise<LiveSession> {
  const session = await liveSession(world, agent, String(2400 + run))
  await session.use()
  return session
}

async function untilRefused(
  { report }: World,
  agent: Hotwork,
  { accessToken, use }: LiveSession,
  { what, since }: { what: string; since: number },
): Promise<Lag> {
  const byHotwork = await refusedByHotwork(() => agent.awsCredentials(accessToken), { status: 401 })
  const hotwork = Date.now() - since
  report.latency(`${what} to refusal by Hotwork`, hotwork)
  const byIam = await untilDead(report, { latency: `${what} to refusal by IAM`, since, how: 'denied' }, use)
  return { hotwork, iam: byIam.value, held: byHotwork.held && byIam.held }
}

function summary(lags: readonly Lag[]): Finding<undefined> {
  const [hotwork, iam] = [spread(lags.map((lag) => lag.hotwork)), spread(lags.map((lag) => lag.iam))]
  return finding(
    lags.every(({ held }) => held),
    `refused by Hotwork ${hotwork.median} after, at most ${hotwork.most}; by IAM ${iam.median} after, at most ${iam.most}`,
  )
}
