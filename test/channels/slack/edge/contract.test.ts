import { renderCard } from '../../../../functions/channels/slack/cards/card.ts'
import { SlackDoor } from '../../../../functions/channels/slack/door.ts'
import { createViews } from '../../../../functions/channels/slack/edge/client.ts'
import { approveModal } from '../../../../functions/channels/slack/forms/card-forms.ts'
import { revokeModal } from '../../../../functions/channels/slack/forms/home-forms.ts'
import { renderHome } from '../../../../functions/channels/slack/home/home-view.ts'
import type { ApprovalRequest, PendingRequest } from '../../../../functions/domain/record/request.ts'
import { MemoryLog } from '../../../support/memory-log.ts'
import { issuer, person, prodParameter, sampleBundle, World } from '../../../support/world.ts'
import { type Slack, startEmulate, startOurs } from './contract-slacks.ts'
import { manifest, methodsInCode, scopesOfMethod } from './slack-scopes.ts'

/**
 * Hotwork's calls to Slack, against two doubles: our own desk, which checks blocks, and `emulate`, which checks each
 * method's scopes. A call that only one of them accepted would be a wrong call.
 */

const bundle = sampleBundle()
const { bot: scopes } = manifest.oauth_config.scopes
const page = (id: string) => `${issuer}/decide/${id}`
let request: ApprovalRequest
beforeAll(async () => {
  request = await new World(bundle).submitted(prodParameter)
})

function callers(slack: Slack, token: string) {
  const settings = { apiUrl: slack.apiUrl, token: async () => token, log: new MemoryLog() }
  return {
    board: new SlackDoor(settings),
    accounts: new SlackDoor(settings),
    groups: new SlackDoor(settings),
    ...createViews(settings),
  }
}

const card = () => renderCard(request, bundle, 'hotwork-approvals', { page })
const home = () => {
  const waiting = [request as PendingRequest]
  const none = { live: [], permits: [], standIns: { own: [], others: [] }, halted: { halts: [] } }
  const overview = { person: person('ben'), waiting, aside: 0, own: [request], moreOwn: false, ...none }
  return renderHome(
    overview,
    bundle,
    { one: page, all: page(''), halts: page(''), permits: page(''), standIns: page('') },
    0,
  )
}
const form = () =>
  approveModal(request, bundle, { request: request.ask.id, round: 1, digest: request.ask.digest.slice(0, 16) })

/** A valid call of each method. */
const acts: { readonly [method: string]: (slack: Slack, all: ReturnType<typeof callers>) => Promise<unknown> } = {
  'chat.postMessage': (slack, { board }) => board.post(slack.channel, card()),
  'chat.update': async (slack, { board }) => {
    const { ts } = await callers(slack, slack.token(scopes)).board.post(slack.channel, card())
    return board.update(slack.channel, ts, card())
  },
  'conversations.open': (slack, { board }) => board.open(slack.user),
  'usergroups.users.list': (slack, { groups }) => groups.members(slack.group),
  'users.info': (slack, { accounts }) => accounts.account(slack.user),
  'views.open': async (slack, { openModal }) => openModal(await slack.trigger(), form()),
  'views.publish': (slack, { publishHome }) => publishHome(slack.user, home()),
}

test('a call of each method in the code is in this file', () => {
  expect(Object.keys(acts).sort()).toEqual(methodsInCode())
})

const slacks: readonly [string, () => Promise<Slack>][] = [
  ['our own desk', startOurs],
  ['emulate, with strict scopes', () => startEmulate([scopes, ...scopes.map(without)])],
]
function without(scope: string) {
  return scopes.filter((each) => each !== scope)
}

describe.each(slacks)('%s', (_name, start) => {
  let slack: Slack
  let all: ReturnType<typeof callers>
  beforeAll(async () => {
    slack = await start()
    all = callers(slack, slack.token(scopes))
  })
  afterAll(() => slack.close())

  test.each(Object.keys(acts))('a call of %s is accepted, with the scopes of the manifest', async (method) => {
    if (slack.lacks.includes(method)) return
    await expect(acts[method]?.(slack, all)).resolves.not.toThrow()
  })

  test('a card is posted and redrawn, and a missing one is reported', async () => {
    const { ts } = await all.board.post(slack.channel, card())
    expect(await all.board.update(slack.channel, ts, card())).toBe(true)
    expect(await all.board.update(slack.channel, '1.000001', card())).toBe(false)
  })

  test('a line stands beneath a card', async () => {
    const { ts } = await all.board.post(slack.channel, card())
    expect(await all.board.reply(slack.channel, ts, { text: 'handled', blocks: [] })).toBe(true)
  })

  test('a card cannot be delivered to an unknown channel or person', async () => {
    await expect(all.board.post('C0NOWHERE', card())).rejects.toMatchObject({ name: 'CardUndeliverable' })
    await expect(all.board.open('U0UNKNOWN')).rejects.toMatchObject({ name: 'CardUndeliverable' })
  })

  test('a person is written to in one conversation, even if it is opened twice', async () => {
    const channel = await all.board.open(slack.user)
    expect(await callers(slack, slack.token(scopes)).board.open(slack.user)).toBe(channel)
    expect(await all.board.post(channel, card())).toMatchObject({ ts: expect.any(String) })
  })

  test("an account has Slack's own name and kind, and an unknown one is undefined", async () => {
    expect(await all.accounts.account(slack.user)).toMatchObject({ kind: 'member', name: 'Ana Alves' })
    expect(await all.accounts.account('U0UNKNOWN')).toBeUndefined()
  })

  test('the members of a user group are listed, and an unknown group is a fault', async () => {
    if (slack.lacks.includes('usergroups.users.list')) return
    expect(await all.groups.members(slack.group)).toEqual([slack.user])
    await expect(all.groups.members('S0NOWHERE')).rejects.toMatchObject({ name: 'BoardUnavailable' })
  })

  test('a tab is published again over itself', async () => {
    await all.publishHome(slack.user, home())
    await all.publishHome(slack.user, home())
    await expect(all.publishHome('U0UNKNOWN', home())).rejects.toThrow()
  })

  test("a form is opened once by Slack's own trigger", async () => {
    const trigger = await slack.trigger()
    await all.openModal(trigger, revokeModal(request.ask.id, []))
    await expect(all.openModal(trigger, form())).rejects.toThrow()
    await expect(all.openModal('1.2.3', form())).rejects.toThrow()
  })
})

let slack: Slack
beforeAll(async () => {
  slack = await startEmulate([scopes, ...scopes.map(without)])
})
afterAll(() => slack.close())

// Slack checks `commands` at the installation alone, and `emulate` has no user groups.
const unjudged = ['commands', 'usergroups:read']
test.each(scopes.filter((scope) => !unjudged.includes(scope)))(
  'the scope `%s` is needed: a method is refused without it',
  async (scope) => {
    const refused: string[] = []
    const judged = Object.entries(acts).filter(([method]) => !slack.lacks.includes(method))
    for (const [method, act] of judged) {
      await act(slack, callers(slack, slack.token(without(scope)))).catch(() => refused.push(method))
    }
    expect(refused).toEqual(Object.keys(acts).filter((method) => scopesOfMethod[method]?.includes(scope)))
  },
)
