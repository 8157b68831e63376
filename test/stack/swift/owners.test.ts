import { randomUUID } from 'node:crypto'
import { teams } from '../../support/swift-policies.ts'
import { builder } from '../support/claimed-flag.ts'
import { deployed, setFlag } from '../support/deployment.ts'

/** Ten teams with a channel each: the card of a request is with the team that owns its flag (test/support/swift-policies.ts). */

const hotwork = deployed('swift')
const { desk, local } = hotwork
const { channels } = local.slack
/** One request of each team in CI. `HOTWORK_TEAM_ASKS=10` has a hundred in all. */
const rounds = Number(process.env['HOTWORK_TEAM_ASKS'] ?? 1)

const ask = async (team: string) => ({
  team,
  id: await hotwork.submitted(builder, setFlag({ environment: 'staging', flag: `${team}-${randomUUID()}` })),
})
const places = async (id: string) => (await desk.cardsThatSay(id)).map(({ channel }) => channel)

test('each of ten teams has the cards of what it owns in its own channel, and no others', async () => {
  for (let round = 0; round < rounds; round++) {
    // More at once would start more Lambdas of the emulator.
    const asked = [...(await Promise.all(teams.slice(0, 5).map(ask))), ...(await Promise.all(teams.slice(5).map(ask)))]
    for (const { team, id } of asked) {
      await desk.untilCard(id)
      expect([team, await places(id)]).toEqual([team, [channels[team]]])
    }
  }
}, 600_000)

test.each(['is_archived', 'not_in_channel'] as const)(
  'a channel that answers `%s` has its card in the fallback channel, where people decide it',
  async (error) => {
    await desk.close('team-9', error)
    try {
      const { id } = await ask('team-9')
      const card = await desk.untilCard(id, ({ buttons }) => buttons.includes('approve'))
      expect(card.channel).toBe(channels['hotwork-approvals'])
      await desk.close('team-9')
      await desk.click(card, 'approve', 'U0ANA')
      await desk.untilCard(id, ({ says }) => says.includes('Approved'))
      expect(await places(id)).toEqual([channels['hotwork-approvals']])
    } finally {
      await desk.close('team-9')
    }
  },
)
