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

/** A random life of a request, sealed. */
const anyChain = anyWalk.map((steps) => {
  const { states, events } = walk(steps)
  const state = states.at(-1) as ApprovalRequest
  const { entries, head } = chainEntries(aggregate, noEntries, events, contextOf(state))
  return { state, events, entries, head }
})
const anyEntry = <T>(entries: readonly T[]) => fc.integer({ min: 0, max: entries.length - 1 })

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

describe('a chain', () => {
  test('verifies, and replays to the state, through JSON as it is stored', () => {
    fc.assert(
      fc.property(anyChain, ({ state, entries }) => {
        expect(verify(aggregate, JSON.parse(JSON.stringify(entries)))).toEqual({ state })
      }),
      runs,
    )
  })

  test('is the same sealed at once or one by one', () => {
    fc.assert(
      fc.property(anyChain, ({ state, events, entries, head }) => {
        let end = noEntries
        const one = events.flatMap((event) => {
          const sealed = chainEntries(aggregate, end, [event], contextOf(state))
          end = sealed.head
          return sealed.entries
        })
        expect(one).toEqual(entries)
        expect(end).toEqual(head)
      }),
      runs,
    )
  })

  test('gives back the events that went in', () => {
    fc.assert(
      fc.property(anyChain, ({ events, entries }) => {
        expect(entries.map(eventOf)).toEqual(events)
      }),
      runs,
    )
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
  previous: ({ previous }) => (previous === null ? 'sha-256:x' : null),
  facts: ({ facts }) => ({ ...facts, more: true }),
  hash: ({ hash }) => hash.replace(/.$/, (end) => (end === 'A' ? 'B' : 'A')),
}

describe('what was tampered with is found', () => {
  test.each(Object.keys(edits) as (keyof Entry)[])('an edit of `%s` in any entry', (member) => {
    fc.assert(
      fc.property(
        anyChain.chain((chain) => fc.tuple(fc.constant(chain), anyEntry(chain.entries))),
        ([{ entries }, index]) => {
          const edited = entries.map((entry, at) =>
            at === index ? { ...entry, [member]: edits[member](entry) } : entry,
          )
          expect(verify(aggregate, edited).broken).toBeDefined()
        },
      ),
      runs,
    )
  })

  test('an edit with its own hash made anew, in any entry but the last, whose hash the stored head has', () => {
    fc.assert(
      fc.property(
        anyChain.chain((chain) => fc.tuple(fc.constant(chain), anyEntry(chain.entries))),
        ([{ entries, head }, index]) => {
          const forged = entries.map((entry, at) => {
            if (at !== index) return entry
            const edited = { ...entry, bundle: 'forged' }
            return { ...edited, hash: entryHash(edited) }
          })
          const { broken } = verify(aggregate, forged)
          if (index < entries.length - 1) expect(broken).toEqual({ at: entries[index + 1]?.id, why: 'previous' })
          else expect(forged.at(-1)?.hash).not.toBe(head.hash)
        },
      ),
      runs,
    )
  })

  test('an entry left out, unless it is the tail', () => {
    fc.assert(
      fc.property(
        anyChain.chain((chain) => fc.tuple(fc.constant(chain), anyEntry(chain.entries))),
        ([{ entries }, index]) => {
          fc.pre(index < entries.length - 1)
          expect(verify(aggregate, entries.toSpliced(index, 1)).broken).toMatchObject({ why: 'sequence' })
        },
      ),
      runs,
    )
  })

  test('two entries exchanged', () => {
    fc.assert(
      fc.property(
        anyChain.chain((chain) => fc.tuple(fc.constant(chain), anyEntry(chain.entries), anyEntry(chain.entries))),
        ([{ entries }, one, other]) => {
          fc.pre(one !== other)
          const exchanged = [...entries]
          ;[exchanged[one], exchanged[other]] = [entries[other] as Entry, entries[one] as Entry]
          expect(verify(aggregate, exchanged).broken).toBeDefined()
        },
      ),
      runs,
    )
  })

  test('an entry put in, also one that was there before', () => {
    fc.assert(
      fc.property(
        anyChain.chain((chain) => fc.tuple(fc.constant(chain), anyEntry(chain.entries), anyEntry(chain.entries))),
        ([{ entries }, where, which]) => {
          const copied = entries[which] as Entry
          expect(verify(aggregate, entries.toSpliced(where, 0, copied)).broken).toBeDefined()
        },
      ),
      runs,
    )
  })

  test('a cut tail, by the stored state', () => {
    fc.assert(
      fc.property(
        anyChain.chain((chain) => fc.tuple(fc.constant(chain), anyEntry(chain.entries))),
        ([{ entries, state }, length]) => {
          const { state: replayed, broken } = verify(aggregate, entries.slice(0, length))
          expect(broken).toBeUndefined()
          expect(replayed).not.toEqual(state)
        },
      ),
      runs,
    )
  })

  test("another request's chain", () => {
    const { entries } = chainEntries(aggregate, noEntries, new Desk(1).events, undefined)
    expect(verify('req_00000000000000000000000002', entries).broken).toEqual({ at: `${aggregate}/1`, why: 'sequence' })
  })

  test('a chain that is whole, and makes no state', () => {
    const { entries } = chainEntries(aggregate, noEntries, new Desk(1).events.slice(1), undefined)
    expect(verify(aggregate, entries).broken).toEqual({ at: `${aggregate}/1`, why: 'state' })
  })

  test('a chain that is whole, with an event that nobody knows', () => {
    const unknown = { ...new Desk(1).events[0], type: 'Unsubmitted' } as never
    const { entries } = chainEntries(aggregate, noEntries, [unknown], undefined)
    expect(verify(aggregate, entries).broken).toEqual({ at: `${aggregate}/1`, why: 'event' })
  })
})

test('an entry says who, when, of what, why and after what, and its facts are the event', () => {
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
