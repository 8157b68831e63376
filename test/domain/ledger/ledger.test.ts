import fc from 'fast-check'
import {
  chainEntries,
  contextOf,
  type Entry,
  entryHash,
  eventOf,
  noEntries,
  verify,
  verifyPerson,
} from '../../../functions/domain/ledger/ledger.ts'
import type { ApprovalRequest } from '../../../functions/domain/record/request.ts'
import { rfc3339 } from '../../../functions/domain/values.ts'
import { bundle, decision, minutes, person, sampleAsk, submittedAt } from '../../support/ask.ts'
import { Desk } from '../story.ts'
import { anyWalk, walk } from '../walk.ts'

const aggregate = sampleAsk().id
const runs = { numRuns: 60 }

/** A random life of a request, as a chain. */
const anyChain = anyWalk.map((steps) => {
  const { states, events } = walk(steps)
  const state = states.at(-1) as ApprovalRequest
  const { entries, head } = chainEntries(aggregate, noEntries, events, contextOf(state))
  return { state, events, entries, head }
})
const anyEntry = <T>(entries: readonly T[]) => fc.integer({ min: 0, max: entries.length - 1 })
type Chain = typeof anyChain extends fc.Arbitrary<infer C> ? C : never
const everyChain = (check: (chain: Chain) => void) => fc.assert(fc.property(anyChain, check), runs)
/** Checks chains with the indexes of two of their entries. */
const everyEntry = (check: (chain: Chain, one: number, other: number) => void) => {
  const withEntries = (chain: Chain) => fc.tuple(fc.constant(chain), anyEntry(chain.entries), anyEntry(chain.entries))
  fc.assert(
    fc.property(anyChain.chain(withEntries), (found) => check(...found)),
    runs,
  )
}

test("a person's chain that holds a word for a colleague verifies", () => {
  const ana = person('ana')
  const common = { at: submittedAt, actor: { type: 'person' as const, id: ana }, policies: [], bundle }
  const { entries } = chainEntries(
    ana,
    noEntries,
    [
      { ...common, type: 'Vouched', person: person('kofi'), budgetKey: 'checkout-recovery', until: submittedAt + 600 },
      { ...common, type: 'Refused', attempted: 'halt', code: 'not_permitted', count: 3 },
    ],
    undefined,
  )
  expect(verifyPerson(ana, entries)).toEqual({ state: {} })
})

test('a chain verifies, and replays to the state, through stored JSON', () => {
  everyChain(({ state, entries }) => {
    expect(verify(aggregate, JSON.parse(JSON.stringify(entries)))).toEqual({ state })
  })
})

test('a chain is the same if its entries are added at once or one by one', () => {
  everyChain(({ state, events, entries, head }) => {
    let end = noEntries
    const one = events.flatMap((event) => {
      const sealed = chainEntries(aggregate, end, [event], contextOf(state))
      end = sealed.head
      return sealed.entries
    })
    expect(one).toEqual(entries)
    expect(end).toEqual(head)
  })
})

test('a chain gives back its events', () => {
  everyChain(({ events, entries }) => {
    expect(entries.map(eventOf)).toEqual(events)
  })
})

test('an entry names the version of the registry, which its hash covers and its event does not have', () => {
  everyChain(({ state, events, entries: without }) => {
    const { entries } = chainEntries(aggregate, noEntries, events, { ...contextOf(state), registry: 3 })
    expect(entries.map(({ registry }) => registry)).toEqual(events.map(() => 3))
    expect(entries.map(eventOf)).toEqual(events)
    expect(verify(aggregate, entries)).toEqual({ state })
    expect(entries.map(({ hash }) => hash)).not.toEqual(without.map(({ hash }) => hash))
    const { registry: _, ...cut } = entries[0] as Entry
    expect(verify(aggregate, [cut, ...entries.slice(1)]).broken).toBeDefined()
  })
})

/** Another value for each member of an entry. */
const edits: { readonly [member in keyof Entry]-?: (entry: Entry) => Entry[member] } = {
  v: () => 1,
  id: ({ id }) => `${id}0`,
  type: ({ type }) => (type === 'Approved' ? 'Denied' : 'Approved'),
  at: ({ at }) => rfc3339(Date.parse(at) / 1000 + 1),
  actor: ({ actor }) => ({ ...actor, id: `${actor.id}x` }),
  parent_task: () => ({ id: 'another' }),
  resource: () => null,
  digest: () => sampleAsk({ uses: 9 }).digest,
  policies: ({ policies }) => [...policies, 'added'],
  bundle: ({ bundle }) => `${bundle}x`,
  registry: () => 7,
  previous: ({ previous }) => (previous === null ? 'sha-256:x' : null),
  facts: ({ facts }) => ({ ...facts, more: true }),
  hash: ({ hash }) => hash.replace(/.$/, (end) => (end === 'A' ? 'B' : 'A')),
}

test.each(Object.keys(edits) as (keyof Entry)[])('an edit of `%s` in any entry is found', (member) => {
  everyEntry(({ entries }, index) => {
    const edited = entries.map((entry, at) => (at === index ? { ...entry, [member]: edits[member](entry) } : entry))
    expect(verify(aggregate, edited).broken).toBeDefined()
  })
})

test('an edit with a new hash is found in any entry but the last, whose hash the stored head has', () => {
  everyEntry(({ entries, head }, index) => {
    const forged = entries.map((entry, at) => {
      if (at !== index) return entry
      const edited = { ...entry, bundle: 'forged' }
      return { ...edited, hash: entryHash(edited) }
    })
    const { broken } = verify(aggregate, forged)
    if (index < entries.length - 1) expect(broken).toEqual({ at: entries[index + 1]?.id, why: 'previous' })
    else expect(forged.at(-1)?.hash).not.toBe(head.hash)
  })
})

test('a missing entry is found, unless it is the tail', () => {
  everyEntry(({ entries }, index) => {
    fc.pre(index < entries.length - 1)
    expect(verify(aggregate, entries.toSpliced(index, 1)).broken).toMatchObject({ why: 'sequence' })
  })
})

test('two exchanged entries are found', () => {
  everyEntry(({ entries }, one, other) => {
    fc.pre(one !== other)
    const exchanged = [...entries]
    ;[exchanged[one], exchanged[other]] = [entries[other] as Entry, entries[one] as Entry]
    expect(verify(aggregate, exchanged).broken).toBeDefined()
  })
})

test('an added entry is found, also a copy', () => {
  everyEntry(({ entries }, where, which) => {
    expect(verify(aggregate, entries.toSpliced(where, 0, entries[which] as Entry)).broken).toBeDefined()
  })
})

test('a cut tail is found by the stored state', () => {
  everyEntry(({ entries, state }, length) => {
    const { state: replayed, broken } = verify(aggregate, entries.slice(0, length))
    expect(broken).toBeUndefined()
    expect(replayed).not.toEqual(state)
  })
})

test('a chain of another request is found', () => {
  const { entries } = chainEntries(aggregate, noEntries, new Desk(1).events, undefined)
  expect(verify('req_00000000000000000000000002', entries).broken).toEqual({ at: `${aggregate}/1`, why: 'sequence' })
})

test('a whole chain that makes no state is found', () => {
  const { entries } = chainEntries(aggregate, noEntries, new Desk(1).events.slice(1), undefined)
  expect(verify(aggregate, entries).broken).toEqual({ at: `${aggregate}/1`, why: 'state' })
})

test('a whole chain with an unknown event is found', () => {
  const unknown = { ...new Desk(1).events[0], type: 'Unsubmitted' } as never
  const { entries } = chainEntries(aggregate, noEntries, [unknown], undefined)
  expect(verify(aggregate, entries).broken).toEqual({ at: `${aggregate}/1`, why: 'event' })
})

test('an entry has actor, time, subject, reason and predecessor, and its facts are the event', () => {
  const desk = new Desk(1)
  desk.tell(minutes(1), decision(desk.ask, 'ana', 'approve', { comment: 'go' }))
  const { entries, head } = chainEntries(aggregate, noEntries, desk.events, contextOf(desk.state))
  expect(entries.map(({ id, type }) => [id, type])).toEqual([
    [`${aggregate}/1`, 'Submitted'],
    [`${aggregate}/2`, 'StageOpened'],
    [`${aggregate}/3`, 'Decided'],
    [`${aggregate}/4`, 'Approved'],
  ])
  expect(entries[0]?.previous).toBeNull()
  expect(entries[2]).toEqual({
    v: 2,
    id: `${aggregate}/3`,
    type: 'Decided',
    at: rfc3339(submittedAt + 60),
    actor: { type: 'person', id: 'person:ana' },
    parent_task: desk.ask.parentTask,
    resource: desk.ask.resource,
    digest: desk.ask.digest,
    policies: ['permit-owner'],
    bundle: 'sha-256:bundle',
    previous: entries[1]?.hash,
    facts: { stage: 'owner', as: 'owner', verdict: 'approve', round: 1, through: 'api', comment: 'go' },
    hash: entries[2]?.hash,
  })
  expect(head).toEqual({ sequence: 4, hash: entries[3]?.hash })
  expect(entries[2]?.at).toBe('2027-01-15T08:01:00Z')
})
