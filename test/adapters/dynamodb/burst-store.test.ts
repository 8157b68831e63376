import { type BurstKind, burstKey, listDigest } from '../../../functions/domain/cards/burst.ts'
import type { Digest } from '../../../functions/domain/values.ts'
import type { PostedBurst } from '../../../functions/operations/cards/ports.ts'
import { person, requestId, sampleAsk, submittedAt } from '../../support/ask.ts'
import { onBothStores } from './stores.ts'

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

onBothStores('the burst store', (stores) => {
  test('a posted burst is given back unchanged, with the outcome of a click', async () => {
    expect(await stores.bursts.load(burstKey(kind))).toEqual([])
    const outcome = {
      ...{ person: person('ben'), verdict: 'approve' as const, at: submittedAt, decided: 1 },
      refused: [{ id: requestId(2), code: 'already_settled' as const }],
    }
    await stores.bursts.save(burst(1))
    await stores.bursts.save(burst(1, { outcome }))
    expect(await stores.bursts.load(burstKey(kind))).toEqual([burst(1, { outcome })])
  })

  test('a burst in a fallback channel has its chat', async () => {
    const fallen = burst(1, { fallbackIn: 'work', channel: 'C0FALLBACK' })
    await stores.bursts.save(fallen)
    expect(await stores.bursts.load(burstKey(kind))).toEqual([fallen])
  })

  test('the last few cards of a burst are found, the newest first, without those of another burst', async () => {
    for (let generation = 1; generation <= 12; generation++) await stores.bursts.save(burst(generation))
    const other = { ...kind, environment: 'staging' }
    await stores.bursts.save(burst(1, { kind: other, key: burstKey(other) }))
    expect((await stores.bursts.load(burstKey(kind))).map(({ generation }) => generation)).toEqual([12, 11, 10, 9])
  })

  test('a burst is not among the cards of a single request', async () => {
    await stores.bursts.save(burst(1))
    expect(await stores.cards.load(requestId(1))).toEqual([])
  })
})
