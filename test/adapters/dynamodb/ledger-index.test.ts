import { lineOf } from '../../../functions/adapters/http/views.ts'
import type { LedgerFilter } from '../../../functions/domain/ledger/facets.ts'
import { chainEntries, type Entry, type Head, noEntries } from '../../../functions/domain/ledger/ledger.ts'
import type { Event } from '../../../functions/domain/record/events.ts'
import { type AgentId, type NumericDate, rfc3339 } from '../../../functions/domain/values.ts'
import type { LedgerIndex } from '../../../functions/operations/ledger/ports.ts'
import { bundle, sampleAsk, submittedAt } from '../../support/ask.ts'
import { submission } from './commits.ts'
import { onBothStores } from './stores.ts'

const builder = 'agent:builder' as AgentId
const refused = (agent: AgentId, at: NumericDate, action: string, policies: string[] = []): Event => ({
  type: 'Refused',
  at,
  actor: { type: 'agent', id: agent },
  policies,
  bundle,
  attempted: 'evaluate',
  code: 'policy_denied',
  action,
})

onBothStores('the index over time of the ledger', (stores) => {
  let heads: Map<string, Head>
  beforeEach(() => {
    heads = new Map()
  })

  async function put(agent: AgentId, ...events: readonly Event[]): Promise<readonly Entry[]> {
    const head = heads.get(agent) ?? noEntries
    const context = { parentTask: { id: 'INC-7' }, resource: { type: 'ssm:parameter', id: `arn:${agent}` } }
    const made = chainEntries(agent, head, events, context)
    expect(await stores.ledger.append(agent, head, made.entries, made.head)).toBe(true)
    heads.set(agent, made.head)
    return made.entries
  }

  async function all(filter: LedgerFilter, limit = 100): Promise<{ entries: Entry[]; pages: number }> {
    const entries: Entry[] = []
    let after: string | undefined
    for (let pages = 1; pages < 200; pages++) {
      const page = await stores.index.search(filter, { limit, after })
      expect(page.entries.length).toBeLessThanOrEqual(limit)
      entries.push(...page.entries)
      after = page.next
      if (after === undefined) return { entries, pages }
    }
    throw new Error('there is no end of pages')
  }

  test('an empty ledger has no entries and no next page', async () => {
    expect(await stores.index.search({}, { limit: 100 })).toEqual({ entries: [] })
  })

  test('entries of all chains come oldest first, in the order of their chain within a second, on pages of any size', async () => {
    const kept: Entry[] = []
    for (let n = 0; n < 12; n++) {
      const at = submittedAt + Math.floor(n / 2)
      const events = Array.from({ length: 12 }, (_, k) => refused(builder, at, `a:${n}-${k}`))
      kept.push(...(await put(n % 2 === 0 ? builder : ('agent:other' as AgentId), ...events)))
    }
    const inOrder = kept.toSorted((one, other) => {
      const [a, b] = [one, other].map(({ id }) => id.split('/')) as [[string, string], [string, string]]
      return one.at.localeCompare(other.at) || a[0].localeCompare(b[0]) || Number(a[1]) - Number(b[1])
    })
    for (const limit of [7, 100]) {
      const { entries } = await all({}, limit)
      expect(entries.map(({ id }) => id)).toEqual(inOrder.map(({ id }) => id))
    }
  })

  test('`since` is the first second of a search, and `until` the first after it', async () => {
    const kept = await put(builder, ...[0, 1, 2, 3].map((n) => refused(builder, submittedAt + n, `a:${n}`)))
    const { entries } = await all({ since: submittedAt + 1, until: submittedAt + 3 })
    expect(entries).toEqual(kept.slice(1, 3))
    expect((await all({ since: submittedAt + 4 })).entries).toEqual([])
    expect((await all({ until: submittedAt })).entries).toEqual([])
  })

  test('all filters of a search combine', async () => {
    await put(builder, refused(builder, submittedAt, 'a:One'), refused(builder, submittedAt, 'a:Two'))
    const other = 'agent:other' as AgentId
    const [wanted] = await put(other, refused(other, submittedAt, 'a:One'), refused(other, submittedAt, 'a:Two'))
    const filter = { agent: other, action: 'a:One', task: 'INC-7', resource: 'arn:agent:other', type: 'Refused' }
    expect((await all(filter)).entries).toEqual([wanted])
    for (const change of [{ agent: 'agent:none' as AgentId }, { task: 'INC-8' }, { type: 'Decided' }])
      expect((await all({ ...filter, ...change })).entries).toEqual([])
  })

  test('entries of a request are found by its agent, even if they do not name it', async () => {
    const change = submission(sampleAsk())
    await stores.requests.commit(change)
    const { agent, action } = change.state.ask
    expect(change.entries.some(({ actor }) => actor.type === 'system')).toBe(true)
    expect((await all({ agent: agent.id as AgentId, action })).entries).toEqual(change.entries)
    expect((await all({ agent: agent.id as AgentId, action: 'a:Other' })).entries).toEqual([])
  })

  test('a place after `until`, or before `since`, changes neither', async () => {
    const kept = await put(builder, ...[0, 1, 2].map((n) => refused(builder, submittedAt + n, `a:${n}`)))
    const early = `${submittedAt - 9}#agent:builder/0000000001`
    const found = await stores.index.search({ since: submittedAt + 2 }, { limit: 9, after: early })
    expect(found).toEqual({ entries: kept.slice(2) })
    const late = `${submittedAt + 9}#agent:builder/0000000001`
    expect(await stores.index.search({ until: submittedAt + 1 }, { limit: 9, after: late })).toEqual({ entries: [] })
  })

  test('one entry among thousands is found, over empty pages that have a next one', async () => {
    const rare = 'agent:rare' as AgentId
    for (let n = 0; n < 60; n++)
      await put(builder, ...Array.from({ length: 90 }, () => refused(builder, submittedAt + n, 'a:Usual')))
    const [wanted] = await put(rare, refused(rare, submittedAt + 59, 'a:Rare'))
    const { entries } = await all({ agent: rare })
    expect(entries).toEqual([wanted])
    expect(entries[0]?.at).toBe(rfc3339(submittedAt + 59))
  }, 120_000)

  test.each(['x', '界', '"', '\u202e'])(
    'a page of long entries of %j fits into the answer of a Lambda, and the next page continues it',
    async (letter) => {
      const text = letter.repeat(100_000)
      const kept: Entry[] = []
      for (let n = 0; n < 20; n++) kept.push(...(await put(builder, refused(builder, submittedAt + n, 'a:B', [text]))))
      const found: Entry[] = []
      for (let after: string | undefined = ''; after !== undefined; ) {
        const page: Awaited<ReturnType<LedgerIndex['search']>> = await stores.index.search({}, { limit: 100, after })
        const body = page.entries.map(lineOf).join('')
        expect(Buffer.byteLength(JSON.stringify({ body }))).toBeLessThan(6_000_000)
        found.push(...page.entries)
        after = page.next
      }
      expect(found.map(({ id }) => id)).toEqual(kept.map(({ id }) => id))
    },
    60_000,
  )
})
