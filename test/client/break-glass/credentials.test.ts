import { writeFileSync } from 'node:fs'
import { PatternIncidents, SystemSecrets } from '../../../functions/adapters/system/system.ts'
import { openPrepared, prepareOpening } from '../../../functions/operations/break-glass/prepare-opening.ts'
import { person } from '../../support/world.ts'
import { minute, opened, useScene, why } from '../support/scene.ts'
import { Terminal } from '../support/terminal.ts'

/**
 * The rights of an opening: AWS credentials, or a mediated call; and a machine that takes up an opening from a page.
 */

const scene = useScene('break-glass')

test('credentials are of the live opening, even if an earlier one was ended on another machine', async () => {
  const id = await opened(scene.jade)
  const files = scene.jade.files()
  await scene.at('gus').type('end', id)
  scene.advance(16 * 60)
  await scene.jade.type(
    'start',
    ...['--profile', 'checkout-recovery'],
    ...why('it broke again: putting it back again'),
    '--minutes',
    '10',
  )
  expect(scene.jade.files().length).toBeGreaterThan(files.length)
  expect((await scene.jade.type('credentials')).exit).toBe(0)
  expect(scene.jade.files().filter(({ name }) => name.includes(id))).toEqual([])
})

const members = ['AccessKeyId', 'Expiration', 'SecretAccessKey', 'SessionToken', 'Version']

test('credentials are printed exactly as by a credential_process, and live at most a quarter of an hour', async () => {
  await opened(scene.jade)
  const { exit, out, err } = await scene.jade.type('credentials')
  expect([exit, err]).toEqual([0, ''])
  expect(out.split('\n')).toHaveLength(2)
  const printed = JSON.parse(out)
  expect(Object.keys(printed).sort()).toEqual(members)
  expect([printed.Version, printed.Expiration]).toEqual([1, '2027-01-15T08:15:00Z'])
})

test('credentials are the same for concurrent callers on this machine, since new ones end those before', async () => {
  const id = await opened(scene.jade)
  const all = await Promise.all(Array.from({ length: 5 }, () => scene.jade.type('credentials', id)))
  expect(new Set(all.map(({ exit, out }) => `${exit} ${out}`)).size).toBe(1)
  expect(all[0]?.exit).toBe(0)
  expect(scene.api.calls.filter((call) => call === 'POST /aws/credentials')).toHaveLength(1)
})

test('credentials are renewed inside the window, and last no longer than it', async () => {
  await opened(scene.jade)
  const first = JSON.parse((await scene.jade.type('credentials')).out)
  scene.advance(14.5 * minute)
  const second = JSON.parse((await scene.jade.type('credentials')).out)
  expect(second.AccessKeyId).not.toBe(first.AccessKeyId)
  expect(second.Expiration).toBe('2027-01-15T08:29:30Z')
  scene.advance(15 * minute - 30)
  expect(JSON.parse((await scene.jade.type('credentials')).out).Expiration).toBe('2027-01-15T08:30:00Z')
  scene.advance(2 * minute)
  const after = await scene.jade.type('credentials')
  expect([after.exit, after.out]).toEqual([2, ''])
})

test('credentials are kept in a private file without an access token, and are deleted at the end', async () => {
  const id = await opened(scene.jade)
  await scene.jade.type('credentials')
  expect(scene.jade.files().map(({ name, mode }) => [name, mode])).toEqual([
    [`${id}.aws.json`, '600'],
    [`${id}.json`, '600'],
  ])
  for (const { text } of scene.jade.files()) expect(text).not.toMatch(/eyJ/)
  await scene.jade.type('end')
  expect(scene.jade.files()).toEqual([])
})

test('credentials of an opening that another person ended are refused: exit 6, with the reason, and nothing is kept', async () => {
  const id = await opened(scene.jade)
  await scene.at('gus').type('end', id)
  const { exit, out, err } = await scene.jade.type('credentials', id, '--json')
  expect([exit, out]).toEqual([6, ''])
  expect(err).toContain('the request has no live grant')
  expect(scene.jade.files()).toEqual([])
})

test('an outage of STS is a fault, and the opening stays', async () => {
  await opened(scene.jade)
  scene.api.world.broker.setDown(true)
  expect((await scene.jade.type('credentials')).exit).toBe(1)
  scene.api.world.broker.setDown(false)
  expect((await scene.jade.type('credentials')).exit).toBe(0)
})

test('`credentials --setup` prints the lines for ~/.aws/config, before anything is open', async () => {
  const { exit, out } = await scene.jade.type('credentials', '--setup')
  expect(exit).toBe(0)
  expect(out).toMatch(
    /^\[profile hotwork\]\ncredential_process = \S+ \S+hotwork\.ts break-glass credentials --api \S+\n$/,
  )
})

test('a process that was killed while it asked for credentials blocks no other', async () => {
  const id = await opened(scene.jade)
  // No process has an id as high as this.
  writeFileSync(`${scene.jade.home}/hotwork/${id}.lock`, `999999999 ${Date.now()}`)
  expect((await scene.jade.type('credentials')).exit).toBe(0)
})

const FunctionName = 'checkout-worker'
const mediated = [
  ...['--action', 'lambda:UpdateFunctionConfiguration'],
  ...['--arguments', JSON.stringify({ FunctionName, Timeout: 60 }), ...why(), '--minutes', '5'],
]

test("`call` has Hotwork make the one call, once, and prints AWS's answer; there are no credentials", async () => {
  const { out } = await scene.jade.type('start', ...mediated)
  expect(out).toMatch(/use {6}Hotwork makes the one call: npx --no-install hotwork break-glass call bgl_/)
  const none = await scene.jade.type('credentials')
  expect([none.exit, none.err]).toEqual([2, expect.stringContaining('npx --no-install hotwork break-glass call bgl_')])
  expect(await scene.jade.json('call')).toEqual({ exit: 0, body: { output: { Timeout: 60 } } })
  expect(scene.api.ports.caller.done).toMatchObject([{ arguments: { FunctionName, Timeout: 60 } }])
  await scene.jade.type('call')
  expect(scene.api.ports.caller.done).toHaveLength(1)
  expect((await scene.jade.type('status')).out).toContain(
    'done     08:00 UTC  lambda:UpdateFunctionConfiguration: succeeded',
  )
})

test('a call that AWS refuses was not done, and is not retried: exit 1', async () => {
  await scene.jade.type('start', ...mediated)
  scene.api.ports.caller.next({ refuses: 'AccessDeniedException' })
  const { exit, err } = await scene.jade.type('call')
  expect([exit, err, scene.jade.pauses]).toEqual([1, expect.stringContaining('AccessDeniedException'), []])
})

/** Prepares in Slack, opens on a page with a strong login, and returns the id. */
async function openedOnPage(): Promise<string> {
  const { world } = scene.api
  const ports = { ...world.ports, incidents: new PatternIncidents(), secrets: new SystemSecrets() }
  const said = {
    what: { profile: 'checkout-recovery' },
    reason: 'checkout refuses payments since the deploy, putting the timeout back',
    incident: 'INC-2041',
    minutes: 30,
    drill: false,
  }
  const prepared = await prepareOpening({ person: person('jade'), ...said }, ports)
  if (!prepared.ok) throw new Error(prepared.code)
  const login = { acr: 'strong', at: world.clock.now() }
  const proven = { issuer: 'https://id.example.org', subject: 'person-jade' }
  const opened = await openPrepared({ code: prepared.value.code, person: person('jade'), proven, login }, ports)
  if (!opened.ok) throw new Error(opened.code)
  return opened.value.stored.state.ask.id
}

/** Another machine of the same person. */
const laptop = (login?: object) =>
  new Terminal({ HOTWORK_API: scene.api.url, HOTWORK_TOKEN: scene.token('jade', login) }, 'break-glass')

test('`claim` takes up an opening that began on a page, which then gets credentials here', async () => {
  const id = await openedOnPage()
  expect((await scene.jade.type('credentials', id)).err).toContain(`npx --no-install hotwork break-glass claim ${id}`)
  const { exit, out } = await scene.jade.type('claim', id)
  expect(exit).toBe(0)
  expect(out).toContain('credential_process = ')
  expect(out).toContain(`npx --no-install hotwork break-glass end ${id}`)
  expect((await scene.jade.type('credentials')).exit).toBe(0)
})

test('`claim` is idempotent', async () => {
  const id = await openedOnPage()
  expect([(await scene.jade.type('claim', id)).exit, (await scene.jade.type('claim', id)).exit]).toEqual([0, 0])
  expect((await scene.jade.type('credentials')).exit).toBe(0)
})

test('a second claim that policy refuses keeps the key of the opening', async () => {
  const id = await openedOnPage()
  await scene.jade.type('claim', id)
  const { world } = scene.api
  const { policy } = world
  world.policy = {
    bundle: policy.bundle,
    ask: (question) =>
      question.kind === 'person' && question.action === 'breakGlass'
        ? { permit: false, policies: [] }
        : policy.ask(question),
  }
  expect((await scene.jade.type('claim', id)).exit).toBe(4)
  world.policy = policy
  expect((await scene.jade.type('credentials')).exit).toBe(0)
})

test('a claim on a second machine is refused, and nothing is kept there', async () => {
  const id = await openedOnPage()
  await scene.jade.type('claim', id)
  const other = laptop()
  const { exit, err } = await other.type('claim', id)
  expect([exit, other.files()]).toEqual([4, []])
  expect(err).toContain('has a key already, and it is not on this machine')
  other.close()
})

test('a claim with a weak login is refused, and the opening still has no key', async () => {
  const id = await openedOnPage()
  const weak = laptop({})
  const { exit } = await weak.type('claim', id)
  expect([exit, weak.files()]).toEqual([4, []])
  weak.close()
  expect((await scene.jade.type('claim', id)).exit).toBe(0)
})

test('a claim by another person is refused', async () => {
  const id = await openedOnPage()
  const kofi = scene.at('kofi')
  expect((await kofi.type('claim', id)).exit).not.toBe(0)
  expect(kofi.files()).toEqual([])
})

test('a claim of an expired opening says so, and keeps nothing', async () => {
  const id = await openedOnPage()
  scene.advance(31 * 60)
  expect([(await scene.jade.type('claim', id)).exit, scene.jade.files()]).toEqual([5, []])
})
