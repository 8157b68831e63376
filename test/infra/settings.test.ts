import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readSettings, UnusableSettings } from '../../infra/settings.ts'
import { root } from '../support/repository.ts'
import { runApp } from './support/assembly.ts'

const folder = mkdtempSync(join(tmpdir(), 'hotwork-settings-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const deployment = join(root, 'test/policies/deployment.json')
const policies = join(root, 'policies')
const read = (context: Record<string, unknown>) =>
  readSettings((key) => ({ deployment, policies, ...context })[key as 'policies'])

test('a deployment file is enough as settings', () => {
  expect(
    readSettings((key) => (key === 'deployment' ? deployment : key === 'policies' ? policies : undefined)),
  ).toEqual({
    stackName: 'Hotwork',
    watch: [],
    policies,
    deployment,
    // A new account has no concurrency to reserve, and a first deployment must not fail for it.
    reservedConcurrency: 'none',
    signingKeys: [1],
    notaryKeys: [1],
    // The rollback of a first deployment must be able to delete them.
    protectTables: false,
    shards: 1,
  })
})

test.each([
  ['reservedConcurrency', 'usual', { reservedConcurrency: 'usual' }],
  ['reservedConcurrency', 'none', { reservedConcurrency: 'none' }],
  ['issuer', 'https://desk.example.com', { issuer: 'https://desk.example.com' }],
  ['issuer', 'http://127.0.0.1:8080', { issuer: 'http://127.0.0.1:8080' }],
  ['stackName', 'Hotwork-fast', { stackName: 'Hotwork-fast' }],
  ['signingKeys', '2,1', { signingKeys: [2, 1] }],
  ['signingKeys', 3, { signingKeys: [3] }],
  ['protectTables', 'yes', { protectTables: true }],
  ['protectTables', 'no', { protectTables: false }],
  ['shards', '8', { shards: 8 }],
  ['hardlyRead', '50', { hardlyRead: 50 }],
  ['watch', 'us-east-1,eu-west-1', { watch: ['us-east-1', 'eu-west-1'] }],
])('the setting %s=%s is accepted', (key, value, expected) => expect(read({ [key]: value })).toMatchObject(expected))

test.each([
  ['deployment', undefined, /no deployment file .* -c deployment=PATH \(docs\/deploy\.md\)/],
  ['deployment', '/nowhere.json', /`\/nowhere\.json` does not exist/],
  ['policies', '/nowhere', /`\/nowhere` does not exist: pass -c policies=PATH/],
  ['issuer', 'https://desk.example.com/', /without a path or a trailing slash/],
  ['issuer', 'http://desk.example.com', /use https/],
  ['issuer', 'not an address', /is not an address/],
  ['stackName', 'a'.repeat(49), /at most 47/],
  ['stackName', 'hot_work', /letters, digits and hyphens/],
  ['reservedConcurrency', '50', /use `usual` where .* shows 291 ConcurrentExecutions or more, else `none`/],
  ['reservedConcurrency', ['1', '2'], /`reservedConcurrency` is one value/],
  ['signingKeys', '0', /up to three different numbers from 1/],
  ['signingKeys', '1,1', /different numbers/],
  ['signingKeys', '1, 2', /with commas between/],
  ['signingKeys', 'arn:aws:kms', /the one that signs first/],
  ['signingKeys', '1,2,3,4', /up to three/],
  ['hardlyRead', '0', /whole number of percent/],
  ['hardlyRead', '101', /hardlyRead `101` is not known/],
  ['shards', '0', /a whole number from 1 to 64/],
  ['shards', '65', /never a smaller one than before/],
  ['shards', '2.5', /shards `2.5` is not known/],
  ['protectTables', 'true', /`protectTables` is `yes` or `no`/],
  ['watch', 'everywhere', /`watch` is a list of Regions with commas between, such as `us-east-1`, not `everywhere`/],
])('the setting %s=%j is refused, with the fix', (key, value, sentence) => {
  expect(() => read({ [key]: value })).toThrow(UnusableSettings)
  expect(() => read({ [key]: value })).toThrow(sentence)
})

test('the app without a deployment file prints exactly one sentence', () => {
  const { status, stderr, stdout } = runApp({}, join(folder, 'out'))
  expect([status, stdout]).toEqual([1, ''])
  expect(stderr).toMatch(/^no deployment file [^\n]*\n$/)
}, 60_000)

test("the app with policies that do not compile prints the compiler's words", () => {
  const broken = join(folder, 'policies')
  mkdirSync(broken)
  writeFileSync(join(broken, 'ladder.json'), '{ "tiers": [ }')
  const { status, stderr } = runApp({ deployment, policies: broken }, join(folder, 'out'))
  expect(status).toBe(1)
  expect(stderr).toMatch(/ladder\.json/)
  expect(stderr).not.toMatch(/^\s+at /m)
}, 60_000)
