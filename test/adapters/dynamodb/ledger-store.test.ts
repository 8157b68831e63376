import { chainEntries, type Entry, entryHash, type Head, noEntries } from '../../../functions/domain/ledger/ledger.ts'
import type { Event } from '../../../functions/domain/record/events.ts'
import { bundle, person, submittedAt } from '../../support/ask.ts'
import { onBothStores } from './stores.ts'

const ana = person('ana')
const refused = (attempted: string): Event => ({
  type: 'Refused',
  at: submittedAt,
  actor: { type: 'person', id: ana },
  policies: [],
  bundle,
  attempted,
  code: 'unknown_request',
})
const next = (head: Head, ...attempted: string[]) => chainEntries(ana, head, attempted.map(refused), undefined)

/** Whether entries count from 1 without a gap, each chained to the one before, with a valid hash. */
const isOneLine = (entries: readonly Entry[]) =>
  entries.every(
    (entry, index) =>
      entry.id === `${ana}/${index + 1}` &&
      entry.previous === (entries[index - 1]?.hash ?? null) &&
      entry.hash === entryHash(entry),
  )

onBothStores('the ledger store', (stores) => {
  test('a new chain is empty, and its head is `noEntries`', async () => {
    expect(await stores.ledger.head(ana)).toEqual(noEntries)
    expect(await stores.ledger.entries(ana)).toEqual([])
  })

  test('appended entries come back unchanged and in order, and the last one is the head', async () => {
    const { entries, head } = next(noEntries, 'approve', 'deny')
    expect(await stores.ledger.append(ana, noEntries, entries, head)).toBe(true)
    expect(await stores.ledger.entries(ana)).toEqual(entries)
    expect(await stores.ledger.head(ana)).toEqual(head)
  })

  test('an append to a stale head is refused and changes nothing', async () => {
    const first = next(noEntries, 'approve')
    await stores.ledger.append(ana, noEntries, first.entries, first.head)
    const late = next(noEntries, 'deny')
    expect(await stores.ledger.append(ana, noEntries, late.entries, late.head)).toBe(false)
    expect(await stores.ledger.entries(ana)).toEqual(first.entries)
  })

  test('entries and put-once rows are written in one transaction', async () => {
    const row = (value: string, replaces?: string) => ({
      key: `CHAIN#${ana}#kind`,
      value,
      expiresAt: submittedAt + 3600,
      ...(replaces === undefined ? {} : { replaces }),
    })
    const first = next(noEntries, 'approve')
    expect(await stores.ledger.append(ana, noEntries, first.entries, first.head, [row('1')])).toBe(true)
    const second = next(first.head, 'deny')
    expect(await stores.ledger.append(ana, first.head, second.entries, second.head, [row('2')])).toBe(false)
    expect(await stores.ledger.append(ana, first.head, second.entries, second.head, [row('2', '0')])).toBe(false)
    expect([await stores.ledger.entries(ana), await stores.ledger.head(ana)]).toEqual([first.entries, first.head])
    expect(await stores.ledger.append(ana, first.head, second.entries, second.head, [row('2', '1')])).toBe(true)
    expect(await stores.ledger.head(ana)).toEqual(second.head)
  })

  test('a long chain is read page by page, each entry once and in order', async () => {
    const { entries, head } = next(noEntries, ...Array.from({ length: 25 }, (_, n) => `${n}`))
    await stores.ledger.append(ana, noEntries, entries, head)
    const first = await stores.ledger.page(ana, { after: 0, limit: 20 })
    const rest = await stores.ledger.page(ana, { after: first.next ?? 0, limit: 20 })
    expect([first.next, rest.next]).toEqual([20, undefined])
    expect([...first.entries, ...rest.entries]).toEqual(entries)
    expect(await stores.ledger.page('person:stranger', { after: 0, limit: 20 })).toEqual({ entries: [] })
  })

  test('chains whose names share a prefix are separate', async () => {
    const { entries, head } = next(noEntries, 'approve')
    await stores.ledger.append(ana, noEntries, entries, head)
    expect(await stores.ledger.entries('person:an')).toEqual([])
    expect(await stores.ledger.head('person:anna')).toEqual(noEntries)
  })

  test('a long chain comes back whole, in the order of its sequence', async () => {
    let head = noEntries
    for (let part = 0; part < 3; part++) {
      const appended = next(head, ...Array.from({ length: 40 }, (_, n) => `${part}-${n}`))
      await stores.ledger.append(ana, head, appended.entries, appended.head)
      head = appended.head
    }
    const entries = await stores.ledger.entries(ana)
    expect(entries).toHaveLength(120)
    expect(isOneLine(entries)).toBe(true)
  })

  test('fifty writers on one chain make one line, without a fork, a gap or a lost entry', async () => {
    const writer = async (n: number): Promise<void> => {
      for (;;) {
        const end = await stores.ledger.head(ana)
        const { entries, head } = next(end, `attempt-${n}`)
        if (await stores.ledger.append(ana, end, entries, head)) return
      }
    }
    await Promise.all(Array.from({ length: 50 }, (_, n) => writer(n)))
    const entries = await stores.ledger.entries(ana)
    expect(new Set(entries.map(({ facts }) => facts['attempted'])).size).toBe(50)
    expect(isOneLine(entries)).toBe(true)
    expect(await stores.ledger.head(ana)).toEqual({ sequence: 50, hash: entries.at(-1)?.hash })
  })
})
