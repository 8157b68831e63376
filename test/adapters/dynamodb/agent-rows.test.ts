import type { Activity, Certified, Counts, Looked } from '../../../functions/domain/agents/agent-file.ts'
import type { ErasedEvent } from '../../../functions/domain/ledger/erased.ts'
import { chainEntries } from '../../../functions/domain/ledger/ledger.ts'
import { type AgentId, type Digest, PersonId } from '../../../functions/domain/values.ts'
import type { CertifiedChange } from '../../../functions/operations/agents/ports.ts'
import { submittedAt } from '../../support/ask.ts'
import { onBothStores } from './stores.ts'

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

onBothStores('the rows of agents', (stores) => {
  const change = async (at: number): Promise<CertifiedChange> => {
    const expected = await stores.ledger.head(builder)
    const actor = { type: 'person', id: PersonId.parse('person:gus') } as const
    const event: ErasedEvent = { type: 'Erased', at, actor, policies: [], bundle: 'b', texts: 1 }
    return {
      subject: builder,
      certified: certified(at),
      expected,
      ...chainEntries(builder, expected, [event], undefined),
    }
  }

  test('an unknown agent has empty rows', async () => {
    expect(await stores.rows.host(builder)).toEqual({})
    expect(await stores.rows.certified([builder, 'group:sre'])).toEqual(new Map())
    expect(await stores.rows.files([builder])).toEqual(new Map([[builder, {}]]))
  })

  test("saved rows are found unchanged, each agent's by itself", async () => {
    await stores.rows.saveLooked(builder, looked(submittedAt))
    await stores.rows.saveActivity(builder, activity(submittedAt))
    await stores.rows.certify(await change(submittedAt))
    const host = { looked: looked(submittedAt), activity: activity(submittedAt) }
    expect(await stores.rows.host(builder)).toEqual(host)
    expect(await stores.rows.files([builder, planner])).toEqual(
      new Map([
        [builder, { certified: certified(submittedAt), ...host }],
        [planner, {}],
      ]),
    )
    expect(await stores.rows.certified([builder, planner])).toEqual(new Map([[builder, certified(submittedAt)]]))
  })

  test('the newest row stays, in any order of writes, and may be written again', async () => {
    const later = submittedAt + 1
    expect(await stores.rows.saveLooked(builder, looked(later))).toBe(true)
    expect(await stores.rows.saveLooked(builder, looked(submittedAt))).toBe(false)
    expect(await stores.rows.saveLooked(builder, looked(later))).toBe(true)
    expect(await stores.rows.saveActivity(builder, activity(later))).toBe(true)
    expect(await stores.rows.saveActivity(builder, activity(submittedAt))).toBe(false)
    expect(await stores.rows.host(builder)).toEqual({ looked: looked(later), activity: activity(later) })
  })

  test('the newest event of a place is kept, and a silent place is left out', async () => {
    const [place, silent] = ['000000000000 us-east-1', '000000000000 eu-west-1']
    expect(await stores.rows.saveHeard(place, submittedAt + 1)).toBe(true)
    expect(await stores.rows.saveHeard(place, submittedAt)).toBe(false)
    expect(await stores.rows.heard([place, silent])).toEqual(new Map([[place, submittedAt + 1]]))
  })

  test('one of two concurrent recertifications is saved, with its entry', async () => {
    const both = [await change(submittedAt), await change(submittedAt + 1)]
    const done = await Promise.all(both.map((each) => stores.rows.certify(each)))
    expect(done.filter(Boolean)).toHaveLength(1)
    expect(await stores.ledger.entries(builder)).toHaveLength(1)
    const won = both[done.indexOf(true)]?.certified
    expect((await stores.rows.certified([builder])).get(builder)).toEqual(won)
  })
})
