import { setTimeout as delay } from 'node:timers/promises'
import { addressOf, setFlag } from '../../../../examples/flag-agent/set-flag.ts'
import type { Hotwork } from '../../../../examples/remediator/hotwork.ts'
import type { Ask } from '../../../../examples/remediator/wire.ts'
import { askFor } from '../asking.ts'
import type { Halt } from '../person.ts'
import { denial, type Finding, finding, iamDenial, refusedByHotwork, spread } from '../report.ts'
import type { World } from '../world.ts'
import { type LiveSession, liveSession, untilDead } from './credentials.ts'
import { withFlagService } from './uses.ts'

/** One call stops an agent, whatever it holds; a second person puts the switch back, and nothing comes back with it. */
export const tellHalts = (world: World): Promise<void> =>
  withFlagService(world, async (service) => {
    const { report, person } = world
    const agent = await world.agent('agent:remediator')
    const held = await report.expect('the remediator holds credentials that work, and a token for a tool', async () => {
      const session = await liveSession(world, agent, '2700')
      await session.use()
      const flag = await tokenForFlag(world, agent, service)
      return finding(true, `${session.id} was used; ${flag.id} is for the flag service`, { session, flag })
    })
    const began = Date.now()
    const halt = await report.expect('Gus, of security, stops the agent with one call', async () => {
      const halt = await person('person:gus').halt('agent:remediator', 'INC-4822: it writes what nobody asked for')
      return finding(halt.by === 'person:gus' && halt.lifted === undefined, `${halt.id} at ${halt.at}`, halt)
    })
    await tellHalted(world, agent, held, began)
    await tellLifting(world, halt)
    await report.expect('nothing is revived: what it held before is refused as it was', () =>
      refusedEverything(agent, held),
    )
    await report.expect('what it asks anew works', async () => {
      await untilNewSessionsCount(halt)
      const { id, use } = await liveSession(world, agent, '2500')
      await use()
      const { hotwork } = await agent.complete(id, 'succeeded', 'back at work')
      return finding(hotwork.grant?.status === 'completed', `${id} was approved, used and completed`)
    })
  })

/**
 * Sessions from up to five seconds after a halt are denied with those from before it, so that none that was being made
 * slips through: waits until they are not.
 */
async function untilNewSessionsCount({ at }: Halt): Promise<void> {
  await delay(Math.max(0, Date.parse(at) + 6_000 - Date.now()))
}

interface Held {
  session: LiveSession
  flag: { id: string; set(): Promise<unknown> }
}

/** A grant to set a flag in staging, for which the remediator asks nobody either, with its token still unused. */
async function tokenForFlag({ example }: World, agent: Hotwork, service: string): Promise<Held['flag']> {
  const builders = example('staging-express-checkout-flag')
  const ask: Ask = {
    ...builders,
    subject: { type: 'agent', id: 'agent:remediator' },
    context: { purpose: 'remediation', parent_task: { id: 'INC-4822' } },
  }
  const { id } = (await askFor(agent, ask)).task
  const { access_token } = await agent.exchangeToken(id)
  const url = addressOf(service, ask.action)
  return { id, set: () => setFlag(agent, access_token, url, ask.action.properties['value']) }
}

/** From the answer on, Hotwork's own doors are shut; IAM follows. */
async function tellHalted(world: World, agent: Hotwork, { session, flag }: Held, began: number): Promise<void> {
  const { report, example } = world
  await report.expect('halted: its access token is refused at once', async () => {
    const refused = await refusedByHotwork(() => agent.awsCredentials(session.accessToken), { status: 401 })
    report.latency('kill switch to refusal by Hotwork', Date.now() - began)
    return refused
  })
  await report.expect('halted: IAM refuses the AWS session that was live', () =>
    untilDead(report, { latency: 'kill switch to refusal by IAM', since: began, how: 'denied' }, session.use),
  )
  await report.expect('halted: the gate refuses its token to the tool', () =>
    refusedByHotwork(() => flag.set(), { status: 403 }),
  )
  await report.expect('halted: it gets no other token', () =>
    refusedByHotwork(() => agent.exchangeToken(session.id), noGrant),
  )
  await report.expect('halted: it may ask for nothing', async () => {
    const { decision, context } = await agent.evaluate(example('staging-payment-timeout'))
    return finding(!decision && context.reason === 'agent_suspended', `decision: ${decision}, ${context.reason}`)
  })
}

const noGrant = { status: 400, code: 'invalid_authorization_details', says: /: revoked/ }

async function tellLifting({ report, person }: World, { id }: Halt): Promise<void> {
  await report.expect('Gus threw the switch, so he cannot put it back', () =>
    refusedByHotwork(() => person('person:gus').lift(id), { status: 403, code: 'self_lift' }),
  )
  await report.expect('Hana, of security too, can', async () => {
    const { lifted } = await person('person:hana').lift(id)
    return finding(lifted?.by === 'person:hana', `lifted by ${lifted?.by} at ${lifted?.at}`)
  })
}

/** Token endpoint, broker, gate and IAM, each asked again for what was there before the halt. */
async function refusedEverything(agent: Hotwork, { session, flag }: Held) {
  const byHotwork = [
    await refusedByHotwork(() => agent.exchangeToken(session.id), noGrant),
    await refusedByHotwork(() => agent.awsCredentials(session.accessToken), { status: 401 }),
    await refusedByHotwork(() => flag.set(), { status: 403 }),
  ]
  const byIam = (await iamDenial(session.use)) ?? 'IAM let it through'
  const held = byHotwork.every((refused) => refused.held) && denial.denied.test(byIam)
  return finding(held, [...byHotwork.map(({ found }) => found), byIam].join('; '))
}

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
