import type { Bundle } from '../../../functions/domain/policy/bundle.ts'
import type { JsonObject } from '../../../functions/domain/values.ts'
import { keepBundle, readKeptBundle } from '../../../functions/operations/policy/keep-bundle.ts'
import { person, sampleBundle, start, World } from '../../support/world.ts'

/** The bundle of a decision stays readable under the hash in its entry. */

const bundle = sampleBundle()
let world: World
beforeEach(() => {
  world = new World(bundle)
})
const ports = () => ({ ...world.ports, bundles: world.bundles })
const read = (hash = bundle.hash, who = 'hana') => readKeptBundle({ hash, person: person(who) }, ports())

test('a deployment is kept once, with the time at which it was first seen', async () => {
  expect(await keepBundle(bundle, ports())).toBe(true)
  world.clock.advance(300)
  expect(await keepBundle(bundle, ports())).toBe(false)
  expect(await read()).toEqual({ ok: true, value: { bundle, at: start } })
})

test('an older deployment stays beside the next one', async () => {
  const before: Bundle = sampleBundle()
  await keepBundle(before, ports())
  const { hash: _, ...content } = { ...bundle, tools: [] }
  await keepBundle({ ...content, hash: 'sha-256:'.padEnd(51, 'n') as Bundle['hash'] }, ports())
  expect(await read(before.hash)).toMatchObject({ ok: true })
})

test('a hash that was never deployed is not found', async () => {
  expect(await read()).toEqual({ ok: false, code: 'unknown_bundle' })
})

test('a person who may not read requests reads no bundle', async () => {
  await keepBundle(bundle, ports())
  const stranger = person('zoe')
  expect(await readKeptBundle({ hash: bundle.hash, person: stranger }, ports())).toEqual({
    ok: false,
    code: 'not_permitted',
  })
})

test.each([
  ['another bundle', { ...bundle, tools: [] }],
  ['a bundle with another hash in it', { ...bundle, hash: `sha-256:${'x'.repeat(43)}` }],
])('%s under a hash is not shown, and the alarm names the hash', async (_what, other) => {
  await keepBundle(bundle, ports())
  world.bundles.replace(bundle.hash, { bundle: other as unknown as JsonObject & { hash: Bundle['hash'] }, at: start })
  expect(await read()).toEqual({ ok: false, code: 'bundle_broken' })
  expect(world.log.lines).toContainEqual({ level: 'error', message: 'bundle_broken', fields: { bundle: bundle.hash } })
})
