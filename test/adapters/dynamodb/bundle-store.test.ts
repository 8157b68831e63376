import { randomBytes } from 'node:crypto'
import { DynamoBundleStore } from '../../../functions/adapters/dynamodb/bundle-store.ts'
import { connect } from '../../../functions/adapters/dynamodb/client.ts'
import { hashOfBundle } from '../../../functions/domain/policy/bundle.ts'
import type { JsonObject } from '../../../functions/domain/values.ts'
import type { BundleStore, KeptBundle } from '../../../functions/operations/policy/ports.ts'
import { submittedAt } from '../../support/ask.ts'
import { MemoryBundleStore } from '../../support/policies/memory-bundle-store.ts'
import { onBoth } from '../both.ts'
import { makeTables } from './tables.ts'

const kept = (content: JsonObject): KeptBundle => ({
  bundle: { ...content, hash: hashOfBundle(content) },
  at: submittedAt,
})
/** Which no compression makes smaller. */
const large = (megabytes: number) => randomBytes((megabytes * 1024 * 1024 * 3) / 4).toString('base64')

onBoth<BundleStore>(
  'the bundles of deployments',
  {
    memory: () => new MemoryBundleStore(),
    real: async () => new DynamoBundleStore(connect(), (await makeTables()).requests),
  },
  (make) => {
    let store: BundleStore
    beforeEach(async () => {
      store = await make()
    })

    test('of a hash that was never deployed there is none', async () => {
      const { bundle } = kept({ actions: {} })
      expect([await store.isKept(bundle.hash), await store.load(bundle.hash)]).toEqual([false, undefined])
    })

    test.each([
      ['small', () => ({ actions: { é: '✓' } })],
      ['of several items', () => ({ a: large(1), b: large(1) })],
    ])('a %s bundle is found as it was kept, under its hash', async (_size, make) => {
      const [one, other] = [kept(make()), kept({ other: true })]
      expect(await store.keep(one)).toBe(true)
      expect(await store.keep(other)).toBe(true)
      expect(await store.isKept(one.bundle.hash)).toBe(true)
      expect(await store.load(one.bundle.hash)).toEqual(one)
      expect(await store.load(other.bundle.hash)).toEqual(other)
    })

    test('it is kept once: the time of its first deployment stays', async () => {
      const one = kept({ actions: {} })
      await store.keep(one)
      expect(await store.keep({ ...one, at: submittedAt + 60 })).toBe(false)
      expect(await store.load(one.bundle.hash)).toEqual(one)
    })
  },
)
