import { type GovernedRegistry, nothingGoverned } from '../../../functions/domain/agents/governed-registry.ts'
import type { ErasedEvent } from '../../../functions/domain/ledger/erased.ts'
import { chainEntries } from '../../../functions/domain/ledger/ledger.ts'
import type { AgentId, Digest, PersonId } from '../../../functions/domain/values.ts'
import type { GovernedChange } from '../../../functions/operations/agents/ports.ts'
import { requestId, sampleAsk, submittedAt, withdrawal } from '../../support/ask.ts'
import { agent } from '../../support/world.ts'
import { commitOf, submission } from './commits.ts'
import { onBothStores } from './stores.ts'

const [builder, planner] = [agent('builder'), agent('planner')]

const registryOf = (version: number, ...ids: readonly AgentId[]): GovernedRegistry => ({
  ...nothingGoverned,
  version,
  agents: ids.map((id) => ({
    id,
    identities: [{ issuer: 'workloads', subject: id }],
    owner: 'person:gus' as PersonId,
    autonomy: 'supervised',
    runsOn: { other: 'a test' },
    status: 'active',
    rebind: false,
    recertifyBy: submittedAt + 86_400,
    recertifyEvery: 86_400,
  })),
})

onBothStores('the registry of agents', (stores) => {
  const changeTo = async (next: GovernedRegistry, subject: AgentId): Promise<GovernedChange> => {
    const expected = await stores.ledger.head(subject)
    const actor = { type: 'person', id: 'person:gus' as PersonId } as const
    const event: ErasedEvent = { type: 'Erased', at: submittedAt, actor, policies: [], bundle: 'b', texts: 1 }
    return { next, subject, appended: { expected, ...chainEntries(subject, expected, [event], undefined) } }
  }
  const register = async (version: number, id: AgentId, of = requestId(version)) =>
    stores.requests.commit({
      ...submission(sampleAsk({ id: of })),
      registry: await changeTo(registryOf(version, id), id),
    })

  test('a registry that was never changed is empty', async () => {
    expect(await stores.rows.governed()).toEqual(nothingGoverned)
  })

  test('a change is read back whole, with the entry on the chain of its agent', async () => {
    expect(await register(1, builder)).toEqual({ outcome: 'committed' })
    expect(await stores.rows.governed()).toEqual(registryOf(1, builder))
    expect(await stores.ledger.entries(builder)).toHaveLength(1)
    expect(await stores.requests.load(requestId(1))).toBeDefined()
  })

  test('a reader that knows the newest registry gets the same object, and any other reader the newest', async () => {
    await register(1, builder)
    const first = await stores.rows.governed()
    expect(await stores.rows.governed(first)).toBe(first)
    await register(2, planner)
    expect(await stores.rows.governed(first)).toEqual(registryOf(2, planner))
  })

  test('one of two concurrent changes is committed, and nothing of the other, which is stale', async () => {
    const all = await Promise.all([register(1, builder, requestId(1)), register(1, planner, requestId(2))])
    expect(all.map(({ outcome }) => outcome).toSorted()).toEqual(['committed', 'stale'])
    const [won, lost] = all[0]?.outcome === 'committed' ? [builder, planner] : [planner, builder]
    expect(await stores.rows.governed()).toEqual(registryOf(1, won))
    expect(await stores.ledger.entries(won)).toHaveLength(1)
    expect(await stores.ledger.entries(lost)).toEqual([])
    expect(await stores.requests.load(requestId(won === builder ? 2 : 1))).toBeUndefined()
  })

  test('a change that skips a version is stale', async () => {
    expect(await register(2, builder)).toEqual({ outcome: 'stale' })
    expect(await stores.rows.governed()).toEqual(nothingGoverned)
  })

  test("a change from an outdated end of the agent's chain is stale", async () => {
    const late = await changeTo(registryOf(2, builder), builder)
    await register(1, builder)
    const change = { ...submission(sampleAsk({ id: requestId(2) })), registry: late }
    expect(await stores.requests.commit(change)).toEqual({ outcome: 'stale' })
    expect(await stores.rows.governed()).toEqual(registryOf(1, builder))
  })

  test('a stale request changes no registry', async () => {
    await register(1, builder)
    const ask = sampleAsk({ id: requestId(1) })
    const read = await stores.requests.load(ask.id)
    await stores.requests.commit(commitOf(ask, read, withdrawal(), 10))
    const late = { ...commitOf(ask, read, withdrawal(), 11), registry: await changeTo(registryOf(2), planner) }
    expect(await stores.requests.commit(late)).toEqual({ outcome: 'stale' })
    expect(await stores.rows.governed()).toEqual(registryOf(1, builder))
  })

  test('an answer to a recertification changes the registry, if that is still the one that was read', async () => {
    const answer = async (version: number) => {
      const { appended } = await changeTo(registryOf(version), builder)
      return stores.rows.certify({ subject: builder, registry: registryOf(version), ...appended })
    }
    expect(await answer(1)).toBe(true)
    expect(await answer(1)).toBe(false)
    expect(await stores.rows.governed()).toEqual(registryOf(1))
    expect(await stores.ledger.entries(builder)).toHaveLength(1)
    expect(await stores.rows.certified([builder])).toEqual(new Map())
  })

  test('a change of the registry and a recertification of one agent are on its one chain', async () => {
    const { appended } = await changeTo(registryOf(1, builder), builder)
    const certified = {
      ...{ due: submittedAt + 9, at: submittedAt, by: 'person:gus' as PersonId },
      ...{ evidence: `sha-256:${'e'.repeat(43)}` as Digest, reason: `sha-256:${'r'.repeat(43)}` as Digest },
    }
    expect(await stores.rows.certify({ subject: builder, certified, registry: registryOf(1), ...appended })).toBe(true)
    expect((await stores.rows.certified([builder])).get(builder)).toEqual(certified)
  })
})
