import { chainEntries, type Head, noEntries, verifyPermit } from '../../../functions/domain/ledger/ledger.ts'
import type { StandingPermit } from '../../../functions/domain/permits/permit.ts'
import { evolvePermit, type PermitEvent } from '../../../functions/domain/permits/permit.ts'
import type { AgentId, StandingPermitId } from '../../../functions/domain/values.ts'
import type { PermitChange } from '../../../functions/operations/permits/ports.ts'
import { otherAgent, person, remediator, requestId, sampleAsk, submittedAt } from '../../support/ask.ts'
import { submission } from './commits.ts'
import { onBothStores } from './stores.ts'

const id = (n: number) => `stp_${String(n).padStart(26, '0')}` as StandingPermitId
const ask = sampleAsk()
const common = { policies: [], bundle: 'sha-256:bundle' }

const given = (n: number, agent: AgentId = remediator): PermitEvent => ({
  ...common,
  type: 'PermitGiven',
  at: submittedAt + n,
  actor: { type: 'person', id: person('ana') },
  from: requestId(n),
  ...{ agent, owner: ask.owner, action: ask.action, arguments: ask.arguments, resource: ask.resource },
  ...{ environment: ask.environment, purpose: ask.purpose, tier: 1, stages: [], lifetime: ask.lifetime },
  uses: 1,
  until: submittedAt + 3600,
})
const drawnBy = (n: number): PermitEvent => ({
  ...common,
  type: 'PermitDrawn',
  at: submittedAt + 20,
  actor: { type: 'agent', id: remediator },
  request: requestId(n),
})
const revoked: PermitEvent = {
  ...common,
  type: 'PermitRevoked',
  at: submittedAt + 30,
  actor: { type: 'person', id: person('gus') },
  reason: 'enough',
}

function changeOf(n: number, event: PermitEvent, before?: { permit: StandingPermit; head: Head }): PermitChange {
  const expected = before?.head ?? noEntries
  const { entries, head } = chainEntries(id(n), expected, [event], undefined)
  return { id: id(n), expected, permit: evolvePermit(id(n), before?.permit, event), entries, head }
}

onBothStores('the permit store', (stores) => {
  const load = async (n: number) => {
    const stored = await stores.permits.load(id(n))
    if (!stored) throw new Error(`no ${id(n)}`)
    return stored
  }

  test('a permit that was never given is missing', async () => {
    expect(await stores.permits.load(id(1))).toBeUndefined()
    expect(await stores.permits.ofAgent(remediator, 10)).toEqual([])
    expect(await stores.permits.list({ limit: 10 })).toEqual({ items: [] })
  })

  test('a saved permit is found by its id and its agent, and is read beside a request that draws on it', async () => {
    expect(await stores.permits.save(changeOf(1, given(1)))).toBe(true)
    const { permit, head } = await load(1)
    expect(head.sequence).toBe(1)
    expect(await stores.permits.ofAgent(remediator, 10)).toEqual([{ permit, head }])
    expect(await stores.permits.ofAgent(otherAgent, 10)).toEqual([])
    expect((await stores.requests.dependencies([], [], { permit: id(1) })).permit).toEqual(permit)
  })

  test('one of two concurrent changes of a permit is saved, and its record replays to the stored permit', async () => {
    await stores.permits.save(changeOf(1, given(1)))
    const before = await load(1)
    const saved = await Promise.all([
      stores.permits.save(changeOf(1, revoked, before)),
      stores.permits.save(changeOf(1, drawnBy(9), before)),
    ])
    expect(saved.toSorted()).toEqual([false, true])
    const { permit } = await load(1)
    expect(verifyPermit(id(1), await stores.ledger.entries(id(1)))).toEqual({ state: permit })
  })

  test('a request and its draw commit together or not at all', async () => {
    await stores.permits.save(changeOf(1, given(1)))
    const before = await load(1)
    const [one, other] = [51, 52].map((n) => {
      const change = submission(sampleAsk({ id: requestId(n) }))
      return { ...change, draw: changeOf(1, drawnBy(n), before) }
    })
    if (!one || !other) throw new Error('two commits')
    const outcomes = await Promise.all([stores.requests.commit(one), stores.requests.commit(other)])
    expect(outcomes.map(({ outcome }) => outcome).toSorted()).toEqual(['committed', 'stale'])
    const { permit } = await load(1)
    expect(permit.drawn).toHaveLength(1)
    const made = await stores.requests.loadMany([requestId(51), requestId(52)])
    expect(made.map(({ state }) => state.ask.id)).toEqual(permit.drawn)
  })

  test('a used up or revoked permit cannot be drawn from, and stays in the list, newest first', async () => {
    for (const n of [1, 2, 3]) await stores.permits.save(changeOf(n, given(n)))
    await stores.permits.save(changeOf(1, drawnBy(9), await load(1)))
    await stores.permits.save(changeOf(2, revoked, await load(2)))
    expect((await stores.permits.ofAgent(remediator, 10)).map(({ permit }) => permit.id)).toEqual([id(3)])
    const first = await stores.permits.list({ limit: 2 })
    expect(first.items.map((permit) => permit.id)).toEqual([id(3), id(2)])
    const rest = await stores.permits.list({ limit: 2, after: first.next ?? '' })
    expect(rest.items.map((permit) => permit.id)).toEqual([id(1)])
    expect((await stores.permits.list({ limit: 2, after: 'nowhere' })).items).toEqual([])
  })

  test('permits are not among the requests', async () => {
    await stores.permits.save(changeOf(1, given(1)))
    expect((await stores.requests.list({}, { limit: 10 })).items).toEqual([])
    expect([await stores.requests.countOpen(remediator, 10), await stores.requests.open(remediator, 10)]).toEqual([
      0,
      [],
    ])
  })
})
