import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Api } from '../../../client/api.ts'
import { withBundleFiles } from '../../../client/policy/bundle-file.ts'
import { type Bundle, hashOfBundle } from '../../../functions/domain/policy/bundle.ts'
import { keepBundle } from '../../../functions/operations/policy/keep-bundle.ts'
import { root } from '../../support/repository.ts'
import { sampleBundle } from '../../support/world.ts'
import { useScene } from '../support/scene.ts'

/** `hotwork policy show`: the bundle of an entry, as it was deployed. */

const scene = useScene()
const bundle = sampleBundle()
const hana = () => scene.at('hana')
const keep = () => {
  const { world } = scene.api
  return keepBundle(bundle, { ...world.ports, bundles: world.bundles })
}

test('`policy show` says when a bundle was first deployed, and what each file had', async () => {
  await keep()
  const { exit, out } = await hana().type('policy', 'show', bundle.hash)
  expect(exit).toBe(0)
  expect(out).toContain(`${bundle.hash}\nfirst    08:00 UTC\n`)
  expect(out).toMatch(new RegExp(`^agents.json +${bundle.agents.length} agents$`, 'm'))
  expect(out).toMatch(new RegExp(`^ladder.json +${bundle.ladder.tiers.length} tiers$`, 'm'))
  const { windows = {}, freezes = {} } = bundle.calendar ?? {}
  const [open, frozen] = [windows, freezes].map((each) => Object.keys(each).length)
  expect(out).toMatch(new RegExp(`^calendar.json +${open} windows, ${frozen} freezes$`, 'm'))
})

test('a bundle of another version is counted as far as it is known', async () => {
  const { world } = scene.api
  const content = { policies: { a: { one: '', two: '' }, b: { two: '' } }, ladder: 'of another form', agents: [{}] }
  const hash = hashOfBundle(content)
  await world.bundles.keep({ bundle: { ...content, hash }, at: 1 })
  const { exit, body } = await hana().json('policy', 'show', hash)
  expect([exit, body.files]).toEqual([0, { '*.cedar': { policies: 2 }, 'agents.json': { agents: 1 } }])
})

test('`policy show --out` writes the deployed bundle into a new file, in its canonical form', async () => {
  await keep()
  const { exit, body } = await hana().json('policy', 'show', bundle.hash, '--out', 'then.json')
  expect([exit, body.hash, body.kept_at, body.out]).toEqual([0, bundle.hash, '2027-01-15T08:00:00Z', 'then.json'])
  expect(JSON.parse(readFileSync(join(hana().home, 'then.json'), 'utf8'))).toEqual(bundle)
})

test('an existing file is not overwritten', async () => {
  await keep()
  writeFileSync(join(hana().home, 'then.json'), 'mine')
  const { exit, err } = await hana().type('policy', 'show', bundle.hash, '--out', 'then.json')
  expect([exit, err]).toEqual([2, expect.stringContaining('`then.json` exists')])
  expect(readFileSync(join(hana().home, 'then.json'), 'utf8')).toBe('mine')
})

test.each([
  ['a hash that was never deployed', bundle.hash, /No bundle of this hash was kept/],
  ['what is no hash', 'sha-256:short', /is not a hash of a bundle/],
])('%s exits 2 and says so', async (_what, hash, says) => {
  expect(await hana().type('policy', 'show', hash)).toMatchObject({ exit: 2, err: expect.stringMatching(says) })
})

test('a bundle with the wrong hash is a fault, in the API and in this program', async () => {
  await keep()
  const other = { ...bundle, tools: [] } as unknown as Parameters<typeof scene.api.world.bundles.replace>[1]['bundle']
  scene.api.world.bundles.replace(bundle.hash, { bundle: other, at: 1 })
  expect(await hana().json('policy', 'show', bundle.hash)).toMatchObject({ exit: 1, body: { error: 'bundle_broken' } })
})

const api = () => {
  const { api: server } = scene
  const surroundings = { err: () => {}, pause: async () => {} } as unknown as ConstructorParameters<typeof Api>[2]
  return { api: new Api(server.url, async () => scene.token('hana'), surroundings) }
}

test('a hash becomes a file with its bundle while the verb runs, and is gone afterwards', async () => {
  await keep()
  const seen = await withBundleFiles({ old: bundle.hash, new: 'policies' }, api, async (typed) => {
    return { ...typed, read: JSON.parse(readFileSync(typed.old, 'utf8')) as Bundle }
  })
  expect([seen.new, seen.read]).toEqual(['policies', bundle])
  expect([existsSync(seen.old), existsSync(dirname(seen.old))]).toEqual([false, false])
})

test('a hash lets `policy diff` compare an earlier bundle with the folder of today', async () => {
  await keep()
  const at = hana()
  at.program = join(root, 'client/hotwork.ts')
  cpSync(join(root, 'policies'), join(at.home, 'policies'), { recursive: true })
  cpSync(join(root, 'test/policies/deployment.json'), join(at.home, 'deployment.json'))
  const { exit, body } = await at.json('policy', 'diff', bundle.hash, 'policies', '--deployment', 'deployment.json')
  expect({ exit, body }).toEqual({ exit: 0, body: { widened: [], narrowed: [], other: [], cases: [] } })
})

test('a login is asked for only for a hash: paths alone need none', async () => {
  const never = () => {
    throw new Error('no login is needed')
  }
  expect(await withBundleFiles({ old: 'a', new: 'b.json' }, never, async (typed) => typed)).toEqual({
    ...{ old: 'a', new: 'b.json' },
  })
})
