import { accountsOf } from '../../functions/domain/people/organisation.ts'
import { channelsIn, chatsOf } from '../../functions/domain/policy/bundle.ts'
import { Copy, compileSample } from './sample.ts'

/** `slack`, of the deployment and of a person, is the short form of the chat with that alias: nothing must be renamed. */

const people = 'policies/directory.json'

let copy: Copy
beforeEach(() => {
  copy = new Copy()
})
afterEach(() => copy[Symbol.dispose]())

// biome-ignore lint/suspicious/noExplicitAny: a test reaches into JSON that it knows
type Json = any
const edit = (change: (deployment: Json) => void) => copy.editJson('deployment.json', change)
const editPerson = (change: (person: Json) => void, at = 0) => copy.editJson(people, (it) => change(it.people[at]))

/** The sample's workspace under its alias, and another beside it. */
const inSeveral = (first = 'slack') =>
  edit((deployment) => {
    const { slack, channels } = deployment
    const other = { ...slack, teamId: 'T0OTHER', appId: 'A0OTHER', botUserId: 'U0OTHER' }
    deployment.chats = { [first]: { kind: 'slack', ...slack }, work: { kind: 'slack', ...other } }
    deployment.channels = Object.fromEntries(
      Object.entries(channels).map(([alias, id], at) => [alias, { chat: at === 0 ? first : 'work', id }]),
    )
    delete deployment.slack
  })
const compiled = () => {
  const done = copy.compile()
  if (!done.ok) throw new Error(done.problems.map(({ message }) => message).join('\n'))
  return done.bundle
}

test('the sample, which says `slack`, compiles to the bundle of before there were several chats, to its bytes', () => {
  const { deployment, directory } = compileSample()
  expect(deployment.chat).toEqual(expect.objectContaining({ teamId: 'T0HOTWORK' }))
  expect(JSON.stringify(deployment)).not.toMatch(/"chats"|"kind":"slack"/)
  expect(JSON.stringify(directory)).not.toMatch(/"accounts"/)
})

test('the long form of everything compiles to the bundle that the short form gives, to its bytes and hash', () => {
  edit((deployment) => {
    deployment.chats = { slack: { kind: 'slack', ...deployment.slack } }
    delete deployment.slack
    for (const [alias, id] of Object.entries(deployment.channels)) deployment.channels[alias] = { chat: 'slack', id }
  })
  copy.editJson(people, (directory) => {
    for (const person of directory.people) {
      if (person.slack !== undefined) person.accounts = { slack: person.slack }
      delete person.slack
    }
  })
  expect(JSON.stringify(compiled())).toBe(JSON.stringify(compileSample()))
})

test('several chats stand in the bundle in the order of the file, each channel with its own', () => {
  inSeveral()
  editPerson((person) => (person.accounts = { work: 'U0ANAWORK' }))
  const { deployment, directory } = compiled()
  expect([...chatsOf(deployment).keys()]).toEqual(['slack', 'work'])
  expect(new Set(Object.values(channelsIn(deployment)).map(({ chat }) => chat))).toEqual(new Set(['slack', 'work']))
  const [ana] = directory.people
  expect([...accountsOf(ana as never)]).toEqual([
    ['slack', 'U0ANA'],
    ['work', 'U0ANAWORK'],
  ])
})

test('one account id in two workspaces is two people', () => {
  inSeveral()
  editPerson((person) => (person.accounts = { work: 'U0SAME' }), 0)
  editPerson((person) => (person.slack = 'U0SAME'), 1)
  expect(copy.compile()).toMatchObject({ ok: true })
})

const wrong: [what: string, spoil: () => void, message: string, fix: string][] = [
  [
    'both forms',
    () => edit((deployment) => (deployment.chats = { slack: { kind: 'slack', ...deployment.slack } })),
    '`chats` and `slack` are both there',
    'write what `slack` has as `chats.slack`',
  ],
  ['no chat', () => edit((deployment) => delete deployment.slack), '`slack` is missing', 'add it'],
  [
    'an empty list of chats',
    () =>
      edit((deployment) => {
        deployment.chats = {}
        delete deployment.slack
      }),
    'no chat is named',
    'name one',
  ],
  [
    'a kind that there is not',
    () => {
      inSeveral()
      edit(({ chats }) => (chats.work.kind = 'moon'))
    },
    '`chats.work.kind`: `moon` is not a kind of chat',
    'there are: `slack`',
  ],
  [
    'a kind that every object has as a member',
    () => {
      inSeveral()
      edit(({ chats }) => (chats.work.kind = 'constructor'))
    },
    '`constructor` is not a kind of chat',
    'there are: `slack`',
  ],
  [
    'a setting that is malformed',
    () => {
      inSeveral()
      edit(({ chats }) => (chats.work.teamId = 'work'))
    },
    '`chats.work.teamId`',
    '',
  ],
  [
    'a channel that names no chat where there are several',
    () => {
      inSeveral()
      edit(({ channels }) => (channels['hotwork-approvals'] = 'C0APPROVALS'))
    },
    '`channels.hotwork-approvals`: it names no chat, and there are several',
    'write `{ "chat": "slack", "id": "C0APPROVALS" }`',
  ],
  [
    'a channel in a chat that there is not',
    () => edit(({ channels }) => (channels['hotwork-approvals'] = { chat: 'constructor', id: 'C0APPROVALS' })),
    '`channels.hotwork-approvals.chat`: there is no chat `constructor`',
    'there are: `slack`',
  ],
  [
    'the name of a channel',
    () => edit(({ channels }) => (channels['hotwork-approvals'] = '#approvals')),
    '`#approvals` is not a channel of a chat of kind `slack`',
    'write its id',
  ],
  [
    'one workspace twice',
    () => {
      inSeveral()
      edit(({ chats }) => (chats.work.teamId = chats.slack.teamId))
    },
    'chat `slack` has `T0HOTWORK` too',
    'a workspace and an app of its own',
  ],
  [
    'one app for two workspaces, whose secret would sign for both',
    () => {
      inSeveral()
      edit(({ chats }) => (chats.work.appId = chats.slack.appId))
    },
    'chat `slack` has `A0HOTWORK` too',
    'a workspace and an app of its own',
  ],
  [
    'an account in a chat that there is not',
    () => editPerson((person) => (person.accounts = { work: 'U0ANA' })),
    'there is no chat `work` in the deployment',
    'there are: `slack`',
  ],
  [
    'the short form of an account where no chat has that alias',
    () => inSeveral('main'),
    'there is no chat `slack` in the deployment',
    'there are: `main`, `work`',
  ],
  [
    'one account of one chat at two people',
    () => {
      inSeveral()
      for (const at of [0, 1]) editPerson((person) => (person.accounts = { work: 'U0SAME' }), at)
    },
    '`U0SAME` is here twice',
    'keep one of them',
  ],
  [
    'an account in both forms',
    () => editPerson((person) => (person.accounts = { slack: 'U0ANA' })),
    '`slack` names an account of the chat `slack` too',
    'keep one of them',
  ],
  [
    'the name of an account',
    () => {
      inSeveral()
      editPerson((person) => (person.accounts = { work: '@ana' }))
    },
    '`@ana` is not an account of a chat of kind `slack`',
    'write its id',
  ],
  [
    'a user group that names no chat where there are several',
    () => {
      inSeveral()
      copy.editJson(people, ({ groups }) => (groups.qa = { source: { slackUserGroup: 'S0QA' } }))
    },
    'it names no chat, and there are several',
    'write `{ "chat": "slack", "id": "S0QA" }`',
  ],
  [
    'a user group of a chat that there is not',
    () =>
      copy.editJson(people, ({ groups }) => (groups.qa = { source: { slackUserGroup: { chat: 'moon', id: 'S0QA' } } })),
    'there is no chat `moon` in the deployment',
    'there are: `slack`',
  ],
]

test.each(wrong)('%s is an error that names the file and says the fix', (_what, spoil, message, fix) => {
  spoil()
  const done = copy.compile()
  const problems = done.ok ? [] : done.problems
  expect(problems).toContainEqual(
    expect.objectContaining({ message: expect.stringContaining(message), fix: expect.stringContaining(fix) }),
  )
})
