import type { Linking } from '../../../../functions/channels/core.ts'
import { type Carried, identify } from '../../../../functions/channels/slack/edge/click.ts'
import { startDeadline } from '../../../../functions/channels/slack/edge/client.ts'
import type { PersonId } from '../../../../functions/domain/values.ts'
import { chatOf } from '../../../support/chats.ts'
import { MemoryLog } from '../../../support/memory-log.ts'
import { sampleBundle } from '../../../support/world.ts'
import { teamId } from '../edge/clicks.ts'

/** Who somebody in Slack is, where the directory does not say it and a login does. */

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
const carried = (): Carried => ({
  delivery: { key: 'k', freshUntil: 0 },
  deadline: startDeadline(),
  clockHolds: true,
})
const who = (user: object, by: Linking | undefined = links) =>
  identify(user, carried(), {
    bundle,
    chat: chatOf(bundle),
    log: new MemoryLog(),
    ...(by ? { links: by } : {}),
  } as Parameters<typeof identify>[2])

test('whoever linked their account is that person', async () =>
  expect(await who({ id: 'U0NEW', team_id: teamId })).toMatchObject({ ok: true, person: { id: 'person:mia' } }))

test('whom the directory names is looked up nowhere else', async () => {
  expect(await who({ id: 'U0ANA', team_id: teamId })).toMatchObject({ ok: true, person: { id: 'person:ana' } })
  expect(asked).toEqual([])
})

test('whoever is nobody yet is shown, alone, a link that is theirs', async () => {
  const told = await who({ id: 'U0STRANGE', team_id: teamId })
  expect(!told.ok && told.sentence).toContain(address)
})

test('a link to somebody whose account the directory names counts for nothing', async () =>
  expect(await who({ id: 'U0ODD', team_id: teamId })).toMatchObject({ ok: false }))

test.each([
  ['a user of another workspace', { id: 'U0NEW', team_id: 'T0OTHER' }],
  ['a stranger of a shared channel', { id: 'U0NEW', team_id: teamId, is_stranger: true }],
  ['a guest', { id: 'U0NEW', team_id: teamId, is_restricted: true }],
  ['a guest of one channel', { id: 'U0NEW', team_id: teamId, is_ultra_restricted: true }],
  ['a user of whom Slack does not say where they are', { id: 'U0NEW' }],
])('%s is no person here, linked or not, and is shown no link', async (_what, user) => {
  const told = await who(user)
  expect(!told.ok && told.sentence).not.toContain(address)
  expect(asked).toEqual([])
})

test('where whose an account is cannot be read, nobody is taken for anybody, and they hear that it was not recorded', async () => {
  const told = await who(
    { id: 'U0NEW', team_id: teamId },
    { ...links, find: () => Promise.reject(new Error('silent')) },
  )
  expect(!told.ok && told.sentence).toMatch(/Nothing was recorded/)
})
