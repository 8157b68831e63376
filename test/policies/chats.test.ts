import { accountsOf } from '../../functions/domain/people/organisation.ts'
import { channelsIn, chatsOf } from '../../functions/domain/policy/bundle.ts'
import { sampleBundle } from '../support/world.ts'
import { testBadFolders } from './bad/bad-folders.ts'
import { Copy } from './sample.ts'

/** `slack` in a deployment file or of a person is short for the chat with that alias, so old files need no change. */

const people = 'policies/directory.json'

let copy: Copy
beforeEach(() => {
  copy = new Copy()
})
afterEach(() => copy[Symbol.dispose]())

// biome-ignore lint/suspicious/noExplicitAny: a test reaches into JSON that it knows
type Json = any
const editPerson = (change: (person: Json) => void, at = 0) => copy.editJson(people, (it) => change(it.people[at]))

/** The sample's workspace under an alias, and another one beside it. */
const several = (first: string) => (folder: Copy) =>
  folder.editJson('deployment.json', (deployment) => {
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

test('the sample, in short form, compiles to the very bytes of a bundle with a single chat', () => {
  const { deployment, directory } = sampleBundle()
  expect(deployment.chat).toEqual(expect.objectContaining({ teamId: 'T0HOTWORK' }))
  expect(JSON.stringify(deployment)).not.toMatch(/"chats"|"kind":"slack"/)
  expect(JSON.stringify(directory)).not.toMatch(/"accounts"/)
})

test('the long form compiles to the same bytes and hash as the short form', () => {
  copy.editJson('deployment.json', (deployment) => {
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
  expect(JSON.stringify(compiled())).toBe(JSON.stringify(sampleBundle()))
})

test('several chats stand in the bundle in the order of the file, each channel with its own', () => {
  several('slack')(copy)
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
  several('slack')(copy)
  editPerson((person) => (person.accounts = { work: 'U0SAME' }), 0)
  editPerson((person) => (person.slack = 'U0SAME'), 1)
  expect(copy.compile()).toMatchObject({ ok: true })
})

testBadFolders('chats.txt', {
  givens: { 'chats `slack` and `work`': several('slack'), 'chats `main` and `work`': several('main') },
})
