import { createSlackEdges } from '../../../../functions/channels/slack/edge/bolt-edge.ts'
import type { RawRequest } from '../../../../functions/channels/slack/edge/guard.ts'
import type { ApprovalRequest } from '../../../../functions/domain/record/request.ts'
import type { JsonObject } from '../../../../functions/domain/values.ts'
import { inTwoChats } from '../../../support/chats.ts'
import { prodParameter, sampleBundle, World } from '../../../support/world.ts'
import { clickOf, formOf, secret, signed, teamId } from './clicks.ts'
import { Door } from './door.ts'

/** Two workspaces, each with an app of its own: a signature of one is invalid in the other. */

const workSecret = 'a-secret-of-the-other-workspace'
/** Eve and Ben have an account in each; Ana's id in the first workspace is Gus's in the other. */
const bundle = inTwoChats(sampleBundle(), {
  channels: { 'work-approvals': 'C0WORK' },
  accounts: { 'person:ben': 'U0BENWORK', 'person:eve': 'U0EVEWORK', 'person:gus': 'U0ANA' },
})

let world: World
let slack: Door
let work: Door
let request: ApprovalRequest
beforeEach(async () => {
  world = new World(bundle)
  slack = new Door(world)
  work = new Door(world, 'work')
  work.secrets = async () => [workSecret]
  request = await world.submitted(prodParameter)
})

const inWork = {
  team: { id: 'T0WORK', domain: 'work' },
  api_app_id: 'A0WORK',
  channel: { id: 'C0WORK', name: 'work-approvals' },
}
const userIn = (team_id: string, id: string) => ({ user: { id, username: 'x', name: 'x', team_id } })

const send = (raw: RawRequest) =>
  createSlackEdges([slack.options(), work.options()])({
    ...raw,
    arrivedAt: world.clock.now(),
    requestId: 'one-delivery',
  })
/** A click on the request's card with the workspace in its body; signed by either workspace. */
function click(user: string, changes: JsonObject = {}, by = secret, verdict: 'approve' | 'deny' = 'approve') {
  const { body = '' } = slack.clickOn(request, user, verdict, changes)
  return send(signed(body, world.clock.now(), { by }))
}
const clickInWork = (user: string, changes: JsonObject = {}, by = workSecret) =>
  click(user, { ...inWork, ...userIn('T0WORK', user), ...changes }, by)
const state = () => world.state(request.ask.id)
const decisions = async () => (await state()).stages.flatMap((stage) => stage.decisions.map(({ person }) => person))
const told = () => [...slack.told, ...work.told].map(({ text }) => text)

test('a person decides from either workspace, by the account that they have there', async () => {
  expect(await click('U0BEN')).toMatchObject({ statusCode: 200 })
  expect(await clickInWork('U0EVEWORK')).toMatchObject({ statusCode: 200 })
  expect(await state()).toMatchObject({ status: 'approved' })
})

test('a person decides once, even with clicks from two accounts', async () => {
  await click('U0BEN')
  await clickInWork('U0BENWORK')
  expect(await decisions()).toEqual(['person:ben'])
  expect(told()).toHaveLength(1)
})

test('one user id in two workspaces is two people', async () => {
  await clickInWork('U0ANA')
  expect(await decisions()).toEqual([])
  expect(world.log.lines).not.toContainEqual(
    expect.objectContaining({ message: expect.stringContaining('not linked') }),
  )
  await click('U0ANA')
  expect(await decisions()).toEqual(['person:ana'])
})

test('an account of one workspace is unknown in the other', async () => {
  await clickInWork('U0BEN')
  await click('U0BENWORK')
  expect(await decisions()).toEqual([])
  expect(told()).toHaveLength(2)
})

test('a body of the first workspace that the second signed is refused', async () => {
  expect(await click('U0BEN', {}, workSecret)).toMatchObject({ statusCode: 401 })
  expect(await decisions()).toEqual([])
})
test('a body of the second workspace that the first signed is refused', async () => {
  expect(await clickInWork('U0BENWORK', {}, secret)).toMatchObject({ statusCode: 401 })
})
test('a body of an unknown workspace is refused: as unsigned, or with the reason if one of ours has signed it', async () => {
  const elsewhere = { team: { id: 'T0ELSEWHERE', domain: 'x' } }
  expect(await click('U0BEN', elsewhere, 'another secret')).toMatchObject({ statusCode: 401 })
  expect(await click('U0BEN', elsewhere, secret)).toMatchObject({ statusCode: 400 })
  expect(await click('U0BEN', elsewhere, workSecret)).toMatchObject({ statusCode: 400 })
  expect(await decisions()).toEqual([])
})
test('the workspace in a body with the app of the other is refused', async () => {
  expect(await click('U0BEN', { api_app_id: 'A0WORK' })).toMatchObject({ statusCode: 400 })
  expect(await clickInWork('U0BENWORK', { api_app_id: 'A0HOTWORK' })).toMatchObject({ statusCode: 400 })
})
test('an organisation that claims to hold the workspace is not the workspace', async () => {
  const grid = { enterprise: { id: 'T0HOTWORK' }, is_enterprise_install: true }
  expect(await clickInWork('U0BENWORK', grid)).toMatchObject({ statusCode: 401 })
  const claimed = { enterprise: { id: 'E0ORG' }, is_enterprise_install: true }
  expect(await clickInWork('U0BENWORK', claimed)).toMatchObject({ statusCode: 400 })
  expect(await decisions()).toEqual([])
})
test.each([
  ['a duplicate member', (body: string) => `${body}&${body}`],
  ['a body that is not UTF-8', () => '\ud800'],
  ['no body', () => ''],
])('a body without a workspace, because of %s, decides nothing', async (_what, spoil) => {
  const { body = '' } = slack.clickOn(request, 'U0BEN', 'approve')
  expect((await send(signed(spoil(body), world.clock.now()))).statusCode).not.toBe(200)
  expect((await send(signed(spoil(body), world.clock.now(), { by: 'another secret' }))).statusCode).not.toBe(200)
  expect(await decisions()).toEqual([])
})
test('the handshake of an address is answered to either app, and to no stranger', async () => {
  const body = JSON.stringify({ type: 'url_verification', challenge: 'c', token: 't' })
  const headers = { 'content-type': 'application/json' }
  const answered = async (by: string) => (await send(signed(body, world.clock.now(), { by, headers }))).statusCode
  expect(await Promise.all([secret, workSecret, 'another secret'].map(answered))).toEqual([200, 200, 401])
})
test('a workspace whose secret cannot be read leaves the other working', async () => {
  work.isTimed = true
  work.secrets = async () => {
    throw new Error('gone')
  }
  expect(await click('U0BEN')).toMatchObject({ statusCode: 200 })
  expect(await clickInWork('U0EVEWORK')).toMatchObject({ statusCode: 503 })
  expect(await decisions()).toEqual(['person:ben'])
}, 20_000)

test('a guest of a shared channel is foreign in each workspace, even if known in the other', async () => {
  // Slack signs as the app of the clicked message, and names the person's own workspace.
  await click('U0BENWORK', userIn('T0WORK', 'U0BENWORK'))
  await clickInWork('U0BEN', userIn(teamId, 'U0BEN'))
  await clickInWork('U0BENWORK', { user: { ...userIn('T0WORK', 'U0BENWORK').user, is_restricted: true } })
  expect(await decisions()).toEqual([])
  expect(told()).toHaveLength(3)
})

test('a channel of one workspace in a body of the other is refused', async () => {
  expect(await clickInWork('U0BENWORK', { channel: { id: 'C0APPROVALS', name: 'x' } })).toMatchObject({
    statusCode: 400,
  })
  expect(await click('U0BEN', { channel: { id: 'C0WORK', name: 'x' } })).toMatchObject({ statusCode: 400 })
  expect(await decisions()).toEqual([])
  // A person's own channel has no alias.
  expect(await clickInWork('U0BENWORK', { channel: { id: 'D0BEN', name: 'directmessage' } })).toMatchObject({
    statusCode: 200,
  })
  expect(await decisions()).toEqual(['person:ben'])
})

test('the seen card is looked for in the chat of the click', async () => {
  const asked: unknown[] = []
  for (const door of [slack, work])
    door.seen = async ({ chat, channel }) => {
      asked.push([chat, channel])
      return undefined
    }
  await click('U0BEN')
  await clickInWork('U0EVEWORK')
  expect(asked).toEqual([
    ['slack', 'C0APPROVALS'],
    ['work', 'C0WORK'],
  ])
})

test('a delivery to one workspace is no replay of a delivery to the other', async () => {
  const keys: string[] = []
  for (const [door, sent] of [
    [slack, () => click('U0BEN')],
    [work, () => clickInWork('U0EVEWORK')],
  ] as const) {
    door.ports = (ports) => ({
      ...ports,
      requests: new Proxy(ports.requests, {
        get: (of, name) => {
          const member = Reflect.get(of, name)
          if (typeof member !== 'function') return member
          return (...args: unknown[]) => {
            keys.push(...(JSON.stringify(args).match(/SEEN#[^"]+/g) ?? []))
            return member.apply(of, args)
          }
        },
      }),
    })
    await sent()
  }
  expect(keys.length).toBeGreaterThanOrEqual(2)
  expect(keys[0]).toMatch(/^SEEN#[A-Za-z0-9_-]{43}$/)
  expect(keys.at(-1)).toMatch(/^SEEN#work#[A-Za-z0-9_-]{43}$/)
})

test('a list of many alike is decided only in the chat of its channel', async () => {
  const value = JSON.stringify({ b: `sha-256:${'b'.repeat(43)}`, g: 1, l: `sha-256:${'l'.repeat(43)}` })
  const kind = {
    agent: 'agent:remediator',
    action: 'a',
    environment: 'prod',
    stage: 'owner',
    channel: 'hotwork-approvals',
  }
  for (const door of [slack, work])
    await door.bursts.save({
      key: `sha-256:${'b'.repeat(43)}`,
      generation: 1,
      kind,
      channel: 'C0APPROVALS',
      ts: '1',
      rendered: `sha-256:${'r'.repeat(43)}`,
      members: [],
      shown: [],
      list: `sha-256:${'l'.repeat(43)}`,
    } as never)
  const body = formOf({
    ...clickOf('U0BENWORK', { action_id: 'approve_all', value }),
    ...inWork,
    ...userIn('T0WORK', 'U0BENWORK'),
  })
  await send(signed(body, world.clock.now(), { by: workSecret }))
  await send(signed(formOf(clickOf('U0BEN', { action_id: 'approve_all', value })), world.clock.now()))
  expect(work.told[0]?.text).toMatch(/not known|no such|unknown/i)
  expect(slack.told[0]?.text).not.toBe(work.told[0]?.text)
})
