import { call } from '../calls.ts'
import { finding, iamDenial, refused, tokenRefused, untilDead } from '../findings.ts'
import { type SignalReceiver, startSignalReceiver } from '../signal-receiver.ts'
import { named, type World } from '../world.ts'
import { liveSession } from './credentials.ts'
import { tokenForFlag, untilNewSessionsCount } from './halts.ts'
import { withFlagService } from './uses.ts'

const disabled = 'https://schemas.openid.net/secevent/risc/event-type/account-disabled'

export const tellSignals = (world: World): Promise<void> =>
  withFlagService(world, async (service) => {
    const receiver = await startSignalReceiver(world.local, 'tool:flag-service')
    try {
      await tellBothWays(world, service, receiver)
    } finally {
      await receiver.close()
    }
  })

async function tellBothWays(world: World, service: string, receiver: SignalReceiver): Promise<void> {
  const { report, local, person } = world
  const agent = await world.agent('agent:remediator')
  const { owner } = named(local.agents, 'agent:remediator')
  const held = await report.expect('the remediator holds credentials that work, and a token for a tool', async () => {
    const session = await liveSession(world, agent, '2750')
    const flag = await tokenForFlag(world, agent, service)
    return finding(true, `${session.id} was used; ${flag.id} is for the flag service`, { session, flag })
  })
  const shown = await report.expect(
    'a program of the flag service registers a stream, and holds that token',
    async () => {
      const { stream_id, aud } = await receiver.register()
      const jti = await receiver.hold(held.flag.accessToken)
      return finding(receiver.holds(jti), `stream ${stream_id} for ${aud}; it holds ${jti}`, jti)
    },
  )
  const since = Date.now()
  await report.expect(`the identity provider says that the account of its owner, ${owner}, is disabled`, async () => {
    const { status, body } = await signal(world, named(local.people, owner).clientId)
    return finding(status === 202 && body === '', `the API answers ${status}`)
  })
  // Both halts are on record before the API answers.
  const halted = Date.now()
  report.latency('signal to answer of the API', halted - since)
  await report.expect('its access token is refused at once', () =>
    refused('401', () => agent.awsCredentials(held.session.accessToken)),
  )
  report.latency('signal to refusal by Hotwork', Date.now() - since)
  await report.expect('IAM refuses the AWS session that was live', () =>
    untilDead(report, { latency: 'signal to refusal by IAM', since }, held.session.use),
  )
  await report.expect(
    'Hotwork tells the tool by a Security Event Token: it verifies that, and drops the token',
    async () => {
      const { at, request, because } = await receiver.untilDropped(shown)
      report.latency('signal to drop by the tool', at - since)
      report.latency('halt to drop by the tool', at - halted)
      const is = request === held.flag.id && because === 'halted' && !receiver.holds(shown)
      return finding(is, `dropped ${at - halted} ms after the halt: ${request}, ${because}`)
    },
  )
  await report.expect('the gate refuses its token to the tool', () => refused('403', () => held.flag.set()))
  await report.expect('it gets no other token', () => tokenRefused(agent, held.session.id, 'revoked'))
  const halts = await report.expect('two halts are in force, of the person and of their agents', async () => {
    const found = (await person('person:gus').halts()).filter(({ by }) => by === 'transmitter:identity-provider')
    return finding(found.length === 2, found.map(({ id, by, reason }) => `${id} by ${by}: ${reason}`).join('; '), found)
  })
  await report.expect('Gus, of security, lifts both: one person is enough, since no person declared them', async () => {
    const lifted = await Promise.all(halts.map(({ id }) => person('person:gus').lift(id)))
    return finding(
      lifted.every((each) => each.lifted?.by === 'person:gus'),
      `lifted at ${lifted.map((each) => each.lifted?.at).join(' and ')}`,
    )
  })
  await report.expect('nothing is revived: IAM refuses that session as before', async () => {
    const said = await iamDenial(held.session.use)
    return finding(said !== undefined, said ?? 'IAM let it through')
  })
  for (const halt of halts) await untilNewSessionsCount(halt)
}

/** Has the local identity provider push a signal of one person, and gives what the API answered. */
function signal({ local }: World, subject: string): Promise<{ status: number; body: string }> {
  const event = { api: local.issuer, type: disabled, subject }
  const prepare = async () => ({ headers: { 'content-type': 'application/json' }, body: JSON.stringify(event) })
  return call({ method: 'POST', url: `${local.identityProviderUrl}/signals`, prepare })
}
