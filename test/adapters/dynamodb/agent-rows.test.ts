import { DynamoAgentRows } from '../../../functions/adapters/dynamodb/agent-rows.ts'
import { connect } from '../../../functions/adapters/dynamodb/client.ts'
import { DynamoLedgerStore } from '../../../functions/adapters/dynamodb/ledger-store.ts'
import type { Activity, Certified, Counts, Looked } from '../../../functions/domain/agents/agent-file.ts'
import type { ErasedEvent } from '../../../functions/domain/ledger/erased.ts'
import { chainEntries } from '../../../functions/domain/ledger/ledger.ts'
import { type AgentId, type Digest, PersonId } from '../../../functions/domain/values.ts'
import type { AgentRows, CertifiedChange } from '../../../functions/operations/agents/ports.ts'
import type { LedgerStore } from '../../../functions/operations/ledger/ports.ts'
import { MemoryAgentRows } from '../../support/agents/memory-agent-rows.ts'
import { submittedAt } from '../../support/ask.ts'
import { MemoryLedgerStore } from '../../support/ledger/memory-ledger-store.ts'
import { onBoth } from '../both.ts'
import { makeTables } from './tables.ts'

type Stores = { rows: AgentRows; ledger: LedgerStore }
const [builder, planner] = ['agent:builder', 'agent:planner'] as AgentId[] as [AgentId, AgentId]
const digest = (letter: string) => `sha-256:${letter.repeat(43)}` as Digest
const counts: Counts = { asked: 3, approved: 2, denied: 1, refused: 0, tierZero: 1, extraCalls: 0, night: 0 }
const looked = (at: number): Looked => ({
  at,
  role: 'arn:aws:iam::000000000000:role/builder',
  actions: { 'ssm:PutParameter': [{ resource: 'arn:aws:ssm:us-east-1:000000000000:parameter/a', answer: 'allowed' }] },
})
const activity = (at: number): Activity => ({ at, days30: counts, days90: counts, lastSeen: at, lastUse: {} })
const certified = (at: number): Certified => ({
  due: at + 86_400,
  at,
  by: PersonId.parse('person:gus'),
  evidence: digest('e'),
  reason: digest('r'),
})

onBoth<Stores>(
  'what is stored of agents',
  {
    memory: () => {
      const ledger = new MemoryLedgerStore()
      return { ledger, rows: new MemoryAgentRows(ledger) }
    },
    real: async () => {
      const [connection, tables] = [connect(), await makeTables()]
      return { ledger: new DynamoLedgerStore(connection, tables), rows: new DynamoAgentRows(connection, tables) }
    },
  },
  (make) => {
    let { rows, ledger } = {} as Stores
    beforeEach(async () => {
      ;({ rows, ledger } = await make())
    })
    const change = async (at: number): Promise<CertifiedChange> => {
      const expected = await ledger.head(builder)
      const actor = { type: 'person', id: PersonId.parse('person:gus') } as const
      const event: ErasedEvent = { type: 'Erased', at, actor, policies: [], bundle: 'b', texts: 1 }
      return {
        subject: builder,
        certified: certified(at),
        expected,
        ...chainEntries(builder, expected, [event], undefined),
      }
    }

    test('of an agent that nothing is known of, nothing is stored', async () => {
      expect(await rows.host(builder)).toEqual({})
      expect(await rows.certified([builder, 'group:sre'])).toEqual(new Map())
      expect(await rows.files([builder])).toEqual(new Map([[builder, {}]]))
    })

    test('what was kept is found as it was, each agent by itself', async () => {
      await rows.saveLooked(builder, looked(submittedAt))
      await rows.saveActivity(builder, activity(submittedAt))
      await rows.certify(await change(submittedAt))
      const host = { looked: looked(submittedAt), activity: activity(submittedAt) }
      expect(await rows.host(builder)).toEqual(host)
      expect(await rows.files([builder, planner])).toEqual(
        new Map([
          [builder, { certified: certified(submittedAt), ...host }],
          [planner, {}],
        ]),
      )
      expect(await rows.certified([builder, planner])).toEqual(new Map([[builder, certified(submittedAt)]]))
    })

    test('the newest stays, whichever is written last, and the same again is kept', async () => {
      const later = submittedAt + 1
      expect(await rows.saveLooked(builder, looked(later))).toBe(true)
      expect(await rows.saveLooked(builder, looked(submittedAt))).toBe(false)
      expect(await rows.saveLooked(builder, looked(later))).toBe(true)
      expect(await rows.saveActivity(builder, activity(later))).toBe(true)
      expect(await rows.saveActivity(builder, activity(submittedAt))).toBe(false)
      expect(await rows.host(builder)).toEqual({ looked: looked(later), activity: activity(later) })
    })

    test('a recertification and its entry are there together, and of two at once one is', async () => {
      const both = [await change(submittedAt), await change(submittedAt + 1)]
      const done = await Promise.all(both.map((each) => rows.certify(each)))
      expect(done.filter(Boolean)).toHaveLength(1)
      expect(await ledger.entries(builder)).toHaveLength(1)
      const won = both[done.indexOf(true)]?.certified
      expect((await rows.certified([builder])).get(builder)).toEqual(won)
    })
  },
)
