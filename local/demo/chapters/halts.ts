import { setTimeout as delay } from 'node:timers/promises'
import type { AgentApi } from '../../../client/agent/agent-api.ts'
import type { Ask } from '../../../functions/domain/cards/wire/task.ts'
import { askFor } from '../asking.ts'
import { completed, denial, evaluatedNo, finding, iamDenial, refused, tokenRefused, untilDead } from '../findings.ts'
import type { Halt } from '../person.ts'
import { spread } from '../report.ts'
import type { World } from '../world.ts'
import { type LiveSession, liveSession } from './credentials.ts'
import { addressOf, setFlag, withFlagService } from './uses.ts'

export const tellHalts = (world: World): Promise<void> =>
  withFlagService(world, async (service) => {
    const { report, person } = world
    const agent = await world.agent('agent:remediator')
    const held = await report.expect('the remediator holds credentials that work, and a token for a tool', async () => {
      const session = await liveSession(world, agent, '2700')
      const flag = await tokenForFlag(world, agent, service)
      return finding(true, `${session.id} was used; ${flag.id} is for the flag service`, { session, flag })
    })
    const began = Date.now()
    const halt = await report.expect('Gus, of security, halts the agent with one call', async () => {
      const halt = await person('person:gus').halt('agent:remediator', 'INC-4822: its changes are not what was asked')
      return finding(halt.by === 'person:gus' && halt.lifted === undefined, `${halt.id} at ${halt.at}`, halt)
    })
    await tellHalted(world, agent, held, began)
    await report.expect('Gus declared the halt, so he cannot lift it', () =>
      refused('403 self_lift', () => person('person:gus').lift(halt.id)),
    )
    await report.expect('Hana, of security too, can', async () => {
      const { lifted } = await person('person:hana').lift(halt.id)
      return finding(lifted?.by === 'person:hana', `lifted by ${lifted?.by} at ${lifted?.at}`)
    })
    await report.expect('nothing is revived: what it held before is refused as it was', () =>
      refusedEverything(agent, held),
    )
    await report.expect('what it asks anew works', async () => {
      await untilNewSessionsCount(halt)
      const { id } = await liveSession(world, agent, '2500')
      return completed(agent, id, 'succeeded', 'back at work')
    })
  })

/** A halt denies sessions from up to five seconds after it, so that none being made slips through. */
export const untilNewSessionsCount = ({ at }: Halt): Promise<void> =>
  delay(Math.max(0, Date.parse(at) + 6_000 - Date.now()))

type Held = { session: LiveSession; flag: { id: string; accessToken: string; set(): Promise<unknown> } }

/** To set a flag in staging, which needs no person either; its token is still unused. */
export async function tokenForFlag({ example }: World, agent: AgentApi, service: string): Promise<Held['flag']> {
  const ask: Ask = {
    ...example('staging-express-checkout-flag'),
    subject: { type: 'agent', id: 'agent:remediator' },
    context: { purpose: 'remediation', parent_task: { id: 'INC-4822' } },
  }
  const { id } = (await askFor(agent, ask)).task
  const { access_token: accessToken } = await agent.exchangeToken(id)
  const url = addressOf(service, ask.action)
  return { id, accessToken, set: () => setFlag(agent, accessToken, url, ask.action.properties['value']) }
}

async function tellHalted(world: World, agent: AgentApi, { session, flag }: Held, since: number): Promise<void> {
  const { report, example } = world
  await report.expect('halted: its access token is refused at once', () =>
    refused('401', () => agent.awsCredentials(session.accessToken)),
  )
  report.latency('halt to refusal by Hotwork', Date.now() - since)
  await report.expect('halted: IAM refuses the AWS session that was live', () =>
    untilDead(report, { latency: 'halt to refusal by IAM', since }, session.use),
  )
  await report.expect('halted: the gate refuses its token to the tool', () => refused('403', () => flag.set()))
  await report.expect('halted: it gets no other token', () => tokenRefused(agent, session.id, 'revoked'))
  await report.expect('halted: it may ask for nothing', () =>
    evaluatedNo(agent, example('staging-payment-timeout'), 'agent_suspended'),
  )
}

/** Token endpoint, broker, gate and IAM, each asked again. */
async function refusedEverything(agent: AgentApi, { session, flag }: Held) {
  const byHotwork = [
    await tokenRefused(agent, session.id, 'revoked'),
    await refused('401', () => agent.awsCredentials(session.accessToken)),
    await refused('403', () => flag.set()),
  ]
  const byIam = (await iamDenial(session.use)) ?? 'IAM let it through'
  const held = byHotwork.every(({ held }) => held) && denial.denied.test(byIam)
  return finding(held, [...byHotwork.map(({ found }) => found), byIam].join('; '))
}

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

/** @param end ends what the session is made under, and gives what lets the agent ask again */
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
