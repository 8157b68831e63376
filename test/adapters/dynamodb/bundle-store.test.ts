import { randomBytes } from 'node:crypto'
import { hashOfBundle } from '../../../functions/domain/policy/bundle.ts'
import type { JsonObject } from '../../../functions/domain/values.ts'
import type { KeptBundle } from '../../../functions/operations/policy/ports.ts'
import { submittedAt } from '../../support/ask.ts'
import { onBothStores } from './stores.ts'

const kept = (content: JsonObject): KeptBundle => ({
  bundle: { ...content, hash: hashOfBundle(content) },
  at: submittedAt,
})
/** Text that no compression makes smaller. */
const large = (megabytes: number) => randomBytes((megabytes * 1024 * 1024 * 3) / 4).toString('base64')

onBothStores('the bundles of deployments', (stores) => {
  test('a hash that was never deployed has no bundle', async () => {
    const { bundle } = kept({ actions: {} })
    expect([await stores.bundles.isKept(bundle.hash), await stores.bundles.load(bundle.hash)]).toEqual([
      false,
      undefined,
    ])
  })

  test.each([
    ['small', () => ({ actions: { é: '✓' } })],
    ['of several items', () => ({ a: large(1), b: large(1) })],
  ])('a %s bundle is found unchanged under its hash', async (_size, make) => {
    const [one, other] = [kept(make()), kept({ other: true })]
    expect(await stores.bundles.keep(one)).toBe(true)
    expect(await stores.bundles.keep(other)).toBe(true)
    expect(await stores.bundles.isKept(one.bundle.hash)).toBe(true)
    expect(await stores.bundles.load(one.bundle.hash)).toEqual(one)
    expect(await stores.bundles.load(other.bundle.hash)).toEqual(other)
  })

  test('a bundle is kept once, with the time of its first deployment', async () => {
    const one = kept({ actions: {} })
    await stores.bundles.keep(one)
    expect(await stores.bundles.keep({ ...one, at: submittedAt + 60 })).toBe(false)
    expect(await stores.bundles.load(one.bundle.hash)).toEqual(one)
  })
})
