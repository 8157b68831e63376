import type { Linking } from '../../../../functions/channels/core.ts'
import { type Carried, identify } from '../../../../functions/channels/slack/edge/click.ts'
import { startDeadline } from '../../../../functions/channels/slack/edge/client.ts'
import type { PersonId } from '../../../../functions/domain/values.ts'
import { chatOf } from '../../../support/chats.ts'
import { MemoryLog } from '../../../support/memory-log.ts'
import { sampleBundle } from '../../../support/world.ts'
import { teamId } from '../edge/clicks.ts'

/** The person behind a Slack account that only a login has linked. */

const bundle = sampleBundle()
const address = 'https://hotwork.example/link?code=once'
const known: { [account: string]: string } = { [`${teamId}#U0NEW`]: 'person:mia', [`${teamId}#U0ODD`]: 'person:ana' }
let asked: string[]
beforeEach(() => {
  asked = []
})
const links: Linking = {
  async find({ team, user }) {
    asked.push(`find ${user}`)
    return known[`${team}#${user}`] as PersonId | undefined
  },
  async offer({ user }) {
    asked.push(`offer ${user}`)
    return address
  },
}
const carried = (): Carried => ({ delivery: { key: 'k', freshUntil: 0 }, deadline: startDeadline(), clockHolds: true })
const who = (user: object, by: Linking | undefined = links) =>
  identify(user, carried(), {
    bundle,
    chat: chatOf(bundle),
    log: new MemoryLog(),
    ...(by ? { links: by } : {}),
  } as Parameters<typeof identify>[2])

test("a linked account is its person's", async () =>
  expect(await who({ id: 'U0NEW', team_id: teamId })).toMatchObject({ ok: true, person: { id: 'person:mia' } }))

test('an account in the directory needs no look-up', async () => {
  expect(await who({ id: 'U0ANA', team_id: teamId })).toMatchObject({ ok: true, person: { id: 'person:ana' } })
  expect(asked).toEqual([])
})

test('an unknown account is shown a link of its own, privately', async () => {
  const told = await who({ id: 'U0STRANGE', team_id: teamId })
  expect(!told.ok && told.sentence).toContain(address)
})

test('a link to a person with an account in the directory counts for nothing', async () =>
  expect(await who({ id: 'U0ODD', team_id: teamId })).toMatchObject({ ok: false }))

test.each([
  ['a user of another workspace', { id: 'U0NEW', team_id: 'T0OTHER' }],
  ['a stranger of a shared channel', { id: 'U0NEW', team_id: teamId, is_stranger: true }],
  ['a guest', { id: 'U0NEW', team_id: teamId, is_restricted: true }],
  ['a guest of one channel', { id: 'U0NEW', team_id: teamId, is_ultra_restricted: true }],
  ['a user without a workspace', { id: 'U0NEW' }],
])('%s is no person here, linked or not, and is shown no link', async (_what, user) => {
  const told = await who(user)
  expect(!told.ok && told.sentence).not.toContain(address)
  expect(asked).toEqual([])
})

test("an account whose link cannot be read is no person's, and is told that nothing was recorded", async () => {
  const told = await who(
    { id: 'U0NEW', team_id: teamId },
    { ...links, find: () => Promise.reject(new Error('silent')) },
  )
  expect(!told.ok && told.sentence).toMatch(/Nothing was recorded/)
})
