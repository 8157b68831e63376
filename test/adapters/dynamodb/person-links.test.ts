import { chainEntries } from '../../../functions/domain/ledger/ledger.ts'
import type { ChatAccount, LinkEvent } from '../../../functions/domain/people/linking.ts'
import type { Digest, PersonId } from '../../../functions/domain/values.ts'
import type { LinkChange } from '../../../functions/operations/people/ports.ts'
import { person, submittedAt } from '../../support/ask.ts'
import { onBothStores } from './stores.ts'

const account = (user: string): ChatAccount => ({ team: 'T0HOTWORK', user })
const code = `sha-256:${'c'.repeat(43)}` as Digest

onBothStores('the links of people', (stores) => {
  const change = async (who: PersonId, type: LinkEvent['type'], of: ChatAccount): Promise<LinkChange> => {
    const expected = await stores.ledger.head(who)
    const event = { type, at: submittedAt, actor: { type: 'person', id: who }, policies: [], bundle: 'b', account: of }
    const { entries, head } = chainEntries(who, expected, [event as LinkEvent], undefined)
    const others = (await stores.links.ofPerson(who)).filter(({ team }) => team !== of.team)
    const ended = { unlinked: [of], accounts: others }
    const begun = { linked: of, unlinked: [], accounts: [...others, of] }
    return { person: who, expected, entries, head, ...(type === 'Linked' ? begun : ended) }
  }
  const [ana, ben] = [person('ana'), person('ben')]

  test('a link leads from account to person and back, and has its entry', async () => {
    expect(await stores.links.save(await change(ana, 'Linked', account('U1')))).toBe(true)
    expect(await stores.links.find('T0HOTWORK', 'U1')).toBe(ana)
    expect(await stores.links.ofPerson(ana)).toEqual([account('U1')])
    expect((await stores.ledger.entries(ana)).map(({ type }) => type)).toEqual(['Linked'])
  })
  test('a person has one account in each workspace, and each link ends by itself', async () => {
    const elsewhere = { team: 'T0OTHER', user: 'U1' }
    await stores.links.save(await change(ana, 'Linked', account('U1')))
    await stores.links.save(await change(ana, 'Linked', elsewhere))
    expect(await stores.links.ofPerson(ana)).toEqual([account('U1'), elsewhere])
    expect(await stores.links.save(await change(ana, 'Unlinked', account('U1')))).toBe(true)
    expect(await stores.links.ofPerson(ana)).toEqual([elsewhere])
  })
  test('a user with the same id in another workspace is another account', async () => {
    await stores.links.save(await change(ana, 'Linked', account('U1')))
    expect(await stores.links.find('T0OTHER', 'U1')).toBeUndefined()
  })
  test('an account that is linked to one person cannot be linked to another, and no entry is stored', async () => {
    await stores.links.save(await change(ana, 'Linked', account('U1')))
    expect(await stores.links.save(await change(ben, 'Linked', account('U1')))).toBe(false)
    expect(await stores.links.find('T0HOTWORK', 'U1')).toBe(ana)
    expect(await stores.links.ofPerson(ben)).toEqual([])
    expect(await stores.ledger.entries(ben)).toEqual([])
  })
  test('an unlinked account is free, and can be linked again', async () => {
    await stores.links.save(await change(ana, 'Linked', account('U1')))
    expect(await stores.links.save(await change(ana, 'Unlinked', account('U1')))).toBe(true)
    expect([await stores.links.find('T0HOTWORK', 'U1'), await stores.links.ofPerson(ana)]).toEqual([undefined, []])
    expect(await stores.links.save(await change(ben, 'Linked', account('U1')))).toBe(true)
  })
  test('a change from an outdated end of the chain is not saved', async () => {
    const stale = await change(ana, 'Linked', account('U1'))
    await stores.links.save(await change(ana, 'Linked', account('U2')))
    expect(await stores.links.save(stale)).toBe(false)
    expect(await stores.links.find('T0HOTWORK', 'U1')).toBeUndefined()
  })
  test('a code is good for one change, even if two come at once', async () => {
    await stores.links.offer(code, account('U1'), submittedAt + 600)
    expect(await stores.links.offered(code)).toEqual({ account: account('U1'), expiresAt: submittedAt + 600 })
    const both = await Promise.all(
      [ana, ben].map(async (who) => stores.links.save({ ...(await change(who, 'Linked', account('U1'))), code })),
    )
    expect(both.filter((saved) => saved)).toHaveLength(1)
    expect(await stores.links.offered(code)).toBeUndefined()
    expect(await stores.links.save({ ...(await change(ben, 'Linked', account('U9'))), code })).toBe(false)
  })
})
