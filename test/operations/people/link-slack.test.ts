import { SystemSecrets } from '../../../functions/adapters/system/system.ts'
import { digestOf } from '../../../functions/domain/digest.ts'
import { verifyPerson } from '../../../functions/domain/ledger/ledger.ts'
import type { AccountLink, ChatAccount } from '../../../functions/domain/people/linking.ts'
import type { Person } from '../../../functions/domain/people/organisation.ts'
import { findOffer, linkAccount, offerLink, unlinkAccount } from '../../../functions/operations/people/chat-accounts.ts'
import { withPerson } from '../../support/bundles.ts'
import { chatOf, inTwoChats } from '../../support/chats.ts'
import { MemoryPersonLinks } from '../../support/people/memory-person-links.ts'
import { person, sampleBundle, World } from '../../support/world.ts'

/** A Slack account is linked once, by the person who logs in from a link that Slack showed to that account alone. */

const sample = sampleBundle()
const team = 'T0HOTWORK'
const known = (name: string) => sample.directory.people.find(({ id }) => id === person(name)) as Person
const mia = known('mia')
/** Another person without a Slack account in the directory. */
const noor: Person = { id: person('noor'), name: 'Noor Nasser', identities: mia.identities, status: 'active' }

let world: World
let links: MemoryPersonLinks
let users: Map<string, AccountLink & { name: string }>
beforeEach(() => {
  world = new World(sample)
  links = new MemoryPersonLinks(world.ledger)
  users = new Map(['U0NEW', 'U0NEWER'].map((id) => [id, { team, kind: 'member', name: id.toLowerCase() }]))
})
const ports = () => ({ ...world.ports, links, chat: { account: async ({ user }: ChatAccount) => users.get(user) } })
const offer = (user: string, of = team) =>
  offerLink({ team: of, user }, { links, secrets: new SystemSecrets(), clock: world.clock })
const linkBy = (code: string, who: Person) =>
  linkAccount({ code, seen: digestOf('hotwork.link.v1', code), person: who }, ports())
const link = async (user: string, who = mia, of = team) => linkBy(await offer(user, of), who)
const typesOf = async (who: Person) => (await world.ledger.entries(who.id)).map(({ type }) => type)

test('an account is its person from the link on, on the record of that person, which replays to it', async () => {
  expect(await link('U0NEW')).toMatchObject({ ok: true, value: { team, user: 'U0NEW' } })
  expect(await links.find(team, 'U0NEW')).toBe('person:mia')
  const { state, broken } = verifyPerson(mia.id, await world.ledger.entries(mia.id))
  expect([state, broken]).toEqual([{ linked: [{ team, user: expect.stringMatching(/^sha-256:/) }] }, undefined])
})

test('a code is good once', async () => {
  const code = await offer('U0NEW')
  expect(await linkBy(code, mia)).toMatchObject({ ok: true })
  expect(await linkBy(code, noor)).toMatchObject({ code: 'unknown_code' })
})

test('two people with one code at once: the account is one of them', async () => {
  const code = await offer('U0NEW')
  const both = await Promise.all([mia, noor].map((who) => linkBy(code, who)))
  expect(both.filter(({ ok }) => ok)).toHaveLength(1)
})

test('a code is good for ten minutes', async () => {
  const code = await offer('U0NEW')
  world.clock.advance(599)
  expect(await findOffer(code, ports())).toMatchObject({ name: 'u0new' })
  world.clock.advance(1)
  expect(await findOffer(code, ports())).toBeUndefined()
  expect(await linkBy(code, mia)).toMatchObject({ code: 'unknown_code' })
})

test('a person who links another account has unlinked the first with it, and both stand on the record', async () => {
  await link('U0NEW')
  expect(await link('U0NEWER')).toMatchObject({ ok: true })
  expect(await links.find(team, 'U0NEW')).toBeUndefined()
  expect(await links.find(team, 'U0NEWER')).toBe('person:mia')
  expect(await typesOf(mia)).toEqual(['Linked', 'Unlinked', 'Linked'])
})

test('linking the same account again changes nothing', async () => {
  await link('U0NEW')
  expect(await link('U0NEW')).toMatchObject({ ok: true })
  expect(await typesOf(mia)).toEqual(['Linked'])
})

test('an unlinked account belongs to no person, and can be linked again, by another too', async () => {
  await link('U0NEW')
  expect(await unlinkAccount({ person: mia, seen: { team, user: 'U0NEW' } }, ports())).toMatchObject({ ok: true })
  expect(await links.find(team, 'U0NEW')).toBeUndefined()
  expect(await link('U0NEW', noor)).toMatchObject({ ok: true })
  expect(await links.find(team, 'U0NEW')).toBe('person:noor')
})

test('a person without a linked account has nothing to unlink', async () =>
  expect(await unlinkAccount({ person: mia, seen: { team, user: 'U0NEW' } }, ports())).toMatchObject({
    code: 'not_linked',
  }))

test.each<[what: string, code: string, AccountLink | undefined]>([
  ['a guest', 'guest', { team, kind: 'guest' }],
  ['a stranger of a shared channel', 'foreign', { team, kind: 'stranger' }],
  ['a user of another workspace', 'foreign', { team: 'T0OTHER', kind: 'member' }],
  ['a bot', 'not_a_member', { team, kind: 'bot' }],
  ['a deactivated account', 'not_a_member', { team, kind: 'deleted' }],
  ['an account that Slack does not know', 'not_a_member', undefined],
])('%s is linked to no person, and the attempt is on record', async (_what, code, found) => {
  users.delete('U0NEW')
  if (found) users.set('U0NEW', { ...found, name: 'Other' })
  expect(await link('U0NEW')).toMatchObject({ ok: false, code })
  expect(await typesOf(mia)).toEqual(['Refused'])
  expect(await links.find(team, 'U0NEW')).toBeUndefined()
})

test('a code for an account of another workspace links nothing', async () =>
  expect(await link('U0NEW', mia, 'T0OTHER')).toMatchObject({ code: 'foreign' }))

test('an account of another organisation than the workspace’s is linked to no person', async () => {
  const { alias: _, kind: __, ...slack } = chatOf(sample)
  const chat = { ...slack, enterpriseId: 'E0OURS' }
  world.policy = { ...world.policy, bundle: { ...sample, deployment: { ...sample.deployment, chat } } }
  users.set('U0NEW', { team, kind: 'member', enterprise: 'E0THEIRS', name: 'twin' })
  expect(await link('U0NEW')).toMatchObject({ code: 'foreign' })
  users.set('U0NEW', { team, kind: 'member', enterprise: 'E0OURS', name: 'ours' })
  expect(await link('U0NEW')).toMatchObject({ ok: true })
})

test('an account that is linked is not linked to another', async () => {
  await link('U0NEW')
  expect(await link('U0NEW', noor)).toMatchObject({ code: 'taken' })
})
test('an account that the directory names is not linked to another', async () => {
  users.set('U0ANA', { team, kind: 'member', name: 'ana' })
  expect(await link('U0ANA')).toMatchObject({ code: 'taken' })
})
test('a person whose account the directory names links no second one', async () =>
  expect(await link('U0NEW', known('ana'))).toMatchObject({ code: 'given' }))

describe('several chats', () => {
  const work = 'T0WORK'
  beforeEach(() => {
    const bundle = inTwoChats(withPerson(person('ben'), { accounts: { work: 'U0BENWORK' } }), {})
    world.policy = { ...world.policy, bundle }
    for (const id of ['U0WORK', 'U0BENWORK']) users.set(id, { team: work, kind: 'member', name: id })
  })
  const linked = (who = mia) => links.ofPerson(who.id)

  test('one in a second chat is linked beside the first, and each is replaced and unlinked by itself', async () => {
    await link('U0NEW')
    expect(await link('U0WORK', mia, work)).toMatchObject({ ok: true })
    expect(await linked()).toEqual([
      { team, user: 'U0NEW' },
      { team: work, user: 'U0WORK' },
    ])
    await link('U0NEWER')
    expect(await unlinkAccount({ person: mia, seen: { team: work, user: 'U0WORK' } }, ports())).toMatchObject({
      ok: true,
    })
    expect(await linked()).toEqual([{ team, user: 'U0NEWER' }])
    expect(await links.find(work, 'U0WORK')).toBeUndefined()
    expect(await typesOf(mia)).toEqual(['Linked', 'Linked', 'Unlinked', 'Linked', 'Unlinked'])
    const { state, broken } = verifyPerson(mia.id, await world.ledger.entries(mia.id))
    expect([state?.linked?.map((each) => each.team), broken]).toEqual([[team], undefined])
  })

  test('the same user id in two workspaces is linked to two people', async () => {
    users.set('U0NEW', { team, kind: 'member', name: 'one' })
    await link('U0NEW')
    users.set('U0NEW', { team: work, kind: 'member', name: 'other' })
    expect(await link('U0NEW', noor, work)).toMatchObject({ ok: true })
    expect([await links.find(team, 'U0NEW'), await links.find(work, 'U0NEW')]).toEqual(['person:mia', 'person:noor'])
  })

  test('an account that the directory gives in one chat forbids a link in that chat alone', async () => {
    const ben = world.policy.bundle.directory.people.find(({ id }) => id === 'person:ben') as Person
    expect(await link('U0WORK', ben, work)).toMatchObject({ code: 'given' })
    expect(await link('U0WORK', known('ana'), work)).toMatchObject({ ok: true })
    expect(await link('U0BENWORK', noor, work)).toMatchObject({ code: 'taken' })
  })

  test('an account of one workspace that is offered as one of the other is linked to no person', async () => {
    expect(await link('U0NEW', mia, work)).toMatchObject({ code: 'foreign' })
    expect(await link('U0WORK', mia, 'T0MOON')).toMatchObject({ code: 'foreign' })
  })

  test('two concurrent links of one person, in two chats, both hold', async () => {
    const [one, other] = await Promise.all([offer('U0NEW'), offer('U0WORK', work)])
    await Promise.all([linkBy(one, mia), linkBy(other, mia)])
    expect(new Set((await linked()).map((each) => each.team))).toEqual(new Set([team, work]))
  })

  test('a link that ends while another begins leaves both in the list of the person', async () => {
    const [one, other] = await Promise.all([offer('U0NEW'), offer('U0WORK', work)])
    const { ofPerson } = links
    links.ofPerson = async (id) => {
      links.ofPerson = ofPerson
      const before = await links.ofPerson(id)
      await linkBy(one, mia)
      return before
    }
    expect(await linkBy(other, mia)).toMatchObject({ ok: true })
    expect(new Set((await linked()).map((each) => each.team))).toEqual(new Set([team, work]))
  })

  test('a link of a removed chat ends with the next link', async () => {
    await link('U0WORK', mia, work)
    world.policy = { ...world.policy, bundle: sample }
    await link('U0NEW')
    expect(await linked()).toEqual([{ team, user: 'U0NEW' }])
    expect(await links.find(work, 'U0WORK')).toBeUndefined()
  })
})

test('a changed name or e-mail address changes nothing: whose it is rests on ids alone', async () => {
  await link('U0NEW')
  users.set('U0NEW', { team, kind: 'member', name: 'ana alves <ana@example.com>' })
  expect(await links.find(team, 'U0NEW')).toBe('person:mia')
})
