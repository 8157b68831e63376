import { DynamoBurstStore, DynamoCardStore } from '../../../functions/adapters/dynamodb/card-store.ts'
import { connect } from '../../../functions/adapters/dynamodb/client.ts'
import { type BurstKind, burstKey, listDigest } from '../../../functions/domain/cards/burst.ts'
import type { Digest } from '../../../functions/domain/values.ts'
import type { BurstStore, PostedBurst } from '../../../functions/operations/cards/ports.ts'
import { person, requestId, sampleAsk, submittedAt } from '../../support/ask.ts'
import { MemoryBurstStore } from '../../support/cards/memory-burst-store.ts'
import { onBoth } from '../both.ts'
import { useAws } from '../emulator.ts'
import { makeTables } from './tables.ts'

const kind: BurstKind = {
  agent: 'agent:remediator',
  action: 'flags:set',
  environment: 'prod',
  stage: 'owner',
  channel: 'hotwork-approvals',
}
const shown = [1, 2].map((n) => ({ id: requestId(n), round: 1, digest: sampleAsk({ id: requestId(n) }).digest }))
const burst = (generation: number, changes: Partial<PostedBurst> = {}): PostedBurst => ({
  key: burstKey(kind),
  generation,
  kind,
  channel: 'C0APPROVALS',
  ts: '1800000000.000001',
  rendered: `sha-256:${'a'.repeat(43)}` as Digest,
  members: shown.map(({ id }) => id),
  shown,
  list: listDigest(shown),
  ...changes,
})

onBoth<BurstStore>(
  'the burst store',
  {
    memory: () => new MemoryBurstStore(),
    real: async () => new DynamoBurstStore(connect(), (await makeTables()).cards),
  },
  (make) => {
    test('what was posted is given back as it was, with what came of a click', async () => {
      const store = await make()
      expect(await store.load(burstKey(kind))).toEqual([])
      const outcome = {
        ...{ person: person('ben'), verdict: 'approve' as const, at: submittedAt, decided: 1 },
        refused: [{ id: requestId(2), code: 'already_settled' as const }],
      }
      await store.save(burst(1))
      await store.save(burst(1, { outcome }))
      expect(await store.load(burstKey(kind))).toEqual([burst(1, { outcome })])
    })

    test('the last few cards of a burst are found, the newest first, and none of another burst', async () => {
      const store = await make()
      for (let generation = 1; generation <= 12; generation++) await store.save(burst(generation))
      const other = { ...kind, environment: 'staging' }
      await store.save(burst(1, { kind: other, key: burstKey(other) }))
      expect((await store.load(burstKey(kind))).map(({ generation }) => generation)).toEqual([12, 11, 10, 9])
    })
  },
)

describe('beside the cards of single requests', () => {
  useAws()
  test('it is none of them', async () => {
    const [connection, tables] = [connect(), await makeTables()]
    await new DynamoBurstStore(connection, tables.cards).save(burst(1))
    expect(await new DynamoCardStore(connection, tables.cards).load(requestId(1))).toEqual([])
  })
})
