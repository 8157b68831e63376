import { nothingGoverned } from '../../../functions/domain/agents/governed-registry.ts'
import type { RegistryEvent } from '../../../functions/domain/agents/registry.ts'
import { system } from '../../../functions/domain/event.ts'
import { chainEntries } from '../../../functions/domain/ledger/ledger.ts'
import type { AgentId } from '../../../functions/domain/values.ts'
import type { LifeChange } from '../../../functions/operations/agents/ports.ts'
import { submittedAt } from '../../support/ask.ts'
import { onBothStores } from './stores.ts'

const builder = 'agent:builder' as AgentId

onBothStores('the lives of agents', (stores) => {
  const change = async (version: number): Promise<LifeChange> => {
    const expected = await stores.ledger.head(builder)
    const event: RegistryEvent = {
      ...{ type: 'Suspended', at: submittedAt, actor: system, policies: [], bundle: 'b', why: 'retired' },
    }
    const appended = { expected, ...chainEntries(builder, expected, [event], undefined) }
    return { subject: builder, life: { suspended: 'retired', told: ['a'] }, version, appended }
  }

  test('a life that was never saved is missing, and so is a registry', async () => {
    expect(await stores.lives.lives([builder, 'group:sre'])).toEqual(new Map())
    expect(await stores.lives.lives([])).toEqual(new Map())
    expect(await stores.lives.registry()).toBeUndefined()
  })

  test('one of two concurrent changes of a life is saved, with its entry', async () => {
    const both = [await change(0), await change(0)]
    expect((await Promise.all(both.map((each) => stores.lives.saveLife(each)))).filter(Boolean)).toHaveLength(1)
    expect(await stores.ledger.entries(builder)).toHaveLength(1)
    const life = { suspended: 'retired', told: ['a'] }
    expect(await stores.lives.lives([builder])).toEqual(new Map([[builder, { life, version: 1 }]]))
  })

  test('a change of an outdated life or of an outdated chain is not saved, and its entry neither', async () => {
    const late = await change(0)
    await stores.lives.saveLife({ subject: builder, life: { told: [] }, version: 0 })
    expect(await stores.lives.saveLife(late)).toBe(false)
    expect(await stores.ledger.entries(builder)).toEqual([])
    const stale = await change(1)
    await stores.lives.saveLife(await change(1))
    expect(await stores.lives.saveLife({ ...stale, version: 2 })).toBe(false)
    expect(await stores.ledger.entries(builder)).toHaveLength(1)
  })

  test('the last saved registry is found unchanged', async () => {
    await stores.lives.saveRegistry({ bundle: 'one', subjects: [builder] })
    await stores.lives.saveRegistry({ bundle: 'two', subjects: [builder, 'group:sre'] })
    expect(await stores.lives.registry()).toEqual({ bundle: 'two', subjects: [builder, 'group:sre'] })
  })

  test('the registry of agents after a deployment is saved once, after the version that was read', async () => {
    const next = { ...nothingGoverned, version: 1, changed: { [builder]: submittedAt } }
    expect(await Promise.all([stores.lives.saveGoverned(next), stores.lives.saveGoverned(next)])).toContain(false)
    expect(await stores.rows.governed()).toEqual(next)
    expect(await stores.lives.saveGoverned({ ...next, version: 3 })).toBe(false)
    expect(await stores.lives.saveGoverned({ ...next, version: 2 })).toBe(true)
  })
})
