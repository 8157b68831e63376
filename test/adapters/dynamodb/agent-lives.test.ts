import { DynamoAgentLives } from '../../../functions/adapters/dynamodb/agent-lives.ts'
import { connect } from '../../../functions/adapters/dynamodb/client.ts'
import { DynamoLedgerStore } from '../../../functions/adapters/dynamodb/ledger-store.ts'
import type { RegistryEvent } from '../../../functions/domain/agents/registry.ts'
import { system } from '../../../functions/domain/event.ts'
import { chainEntries } from '../../../functions/domain/ledger/ledger.ts'
import type { AgentId } from '../../../functions/domain/values.ts'
import type { LifeChange, LifeStore } from '../../../functions/operations/agents/ports.ts'
import type { LedgerStore } from '../../../functions/operations/ledger/ports.ts'
import { MemoryAgentLives } from '../../support/agents/memory-agent-lives.ts'
import { submittedAt } from '../../support/ask.ts'
import { MemoryLedgerStore } from '../../support/ledger/memory-ledger-store.ts'
import { onBoth } from '../both.ts'
import { makeTables } from './tables.ts'

type Stores = { lives: LifeStore; ledger: LedgerStore }
const builder = 'agent:builder' as AgentId

onBoth<Stores>(
  'the lives of agents',
  {
    memory: () => {
      const ledger = new MemoryLedgerStore()
      return { ledger, lives: new MemoryAgentLives(ledger) }
    },
    real: async () => {
      const [connection, tables] = [connect(), await makeTables()]
      return { ledger: new DynamoLedgerStore(connection, tables), lives: new DynamoAgentLives(connection, tables) }
    },
  },
  (make) => {
    let { lives, ledger } = {} as Stores
    beforeEach(async () => {
      ;({ lives, ledger } = await make())
    })
    const change = async (version: number): Promise<LifeChange> => {
      const expected = await ledger.head(builder)
      const event: RegistryEvent = {
        ...{ type: 'Suspended', at: submittedAt, actor: system, policies: [], bundle: 'b', why: 'retired' },
      }
      const appended = { expected, ...chainEntries(builder, expected, [event], undefined) }
      return { subject: builder, life: { suspended: 'retired', told: ['a'] }, version, appended }
    }

    test('of what was never saved there is nothing', async () => {
      expect(await lives.lives([builder, 'group:sre'])).toEqual(new Map())
      expect(await lives.lives([])).toEqual(new Map())
      expect(await lives.registry()).toBeUndefined()
    })

    test('a life and its entry are there together, and of two at once one is', async () => {
      const both = [await change(0), await change(0)]
      const done = await Promise.all(both.map((each) => lives.saveLife(each)))
      expect(done.filter(Boolean)).toHaveLength(1)
      expect(await ledger.entries(builder)).toHaveLength(1)
      const life = { suspended: 'retired', told: ['a'] }
      expect(await lives.lives([builder])).toEqual(new Map([[builder, { life, version: 1 }]]))
    })

    test('a life that changed meanwhile, or whose chain did, is not saved, nor is its entry', async () => {
      const late = await change(0)
      await lives.saveLife({ subject: builder, life: { told: [] }, version: 0 })
      expect(await lives.saveLife(late)).toBe(false)
      expect(await ledger.entries(builder)).toEqual([])
      const stale = await change(1)
      await lives.saveLife(await change(1))
      expect(await lives.saveLife({ ...stale, version: 2 })).toBe(false)
      expect(await ledger.entries(builder)).toHaveLength(1)
    })

    test('the registry that was kept last is found as it was', async () => {
      await lives.saveRegistry({ bundle: 'one', subjects: [builder] })
      await lives.saveRegistry({ bundle: 'two', subjects: [builder, 'group:sre'] })
      expect(await lives.registry()).toEqual({ bundle: 'two', subjects: [builder, 'group:sre'] })
    })
  },
)
