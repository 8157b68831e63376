import { mkdirSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { calls } from '../../../client/agent/kept-calls.ts'
import { Journal } from '../../../client/journal/journal.ts'
import { Keys, keys } from '../../../client/journal/keys.ts'
import { KeptRequests } from '../../../client/requests/kept-requests.ts'
import { useFolder } from '../support/folder.ts'

/** Keys on a disk that the processes of one user share. */

const home = useFolder()
let now = Date.now()
beforeEach(() => {
  now = Date.now()
})

/** A process of its own has an object of its own. */
const journal = (env: { [name: string]: string } = { XDG_STATE_HOME: home() }) =>
  new Journal({ env, now: () => new Date(now), pause: () => new Promise((resolve) => setImmediate(resolve)) })
/** Asks as a process of its own. */
const ask = () => new Keys(journal(), about().api).keyFor('ask-1', about().until)
const about = (minutes = 5) => ({ api: 'https://hotwork.example', until: now + minutes * 60_000 })

test('concurrent makers of a key get one key, and one of them is told that it is new', async () => {
  const all = await Promise.all(Array.from({ length: 20 }, () => ask()))
  expect(new Set(all.map(({ kept }) => kept.jwk.d)).size).toBe(1)
  expect(all.filter(({ again }) => !again)).toHaveLength(1)
  expect(readdirSync(journal().folder)).toEqual(['ask-1.json'])
})

test('concurrent replacers of an expired key get one key', async () => {
  const { kept: old } = await ask()
  now += 6 * 60_000
  const all = await Promise.all(Array.from({ length: 20 }, () => ask()))
  expect(new Set(all.map(({ kept }) => kept.jwk.d)).size).toBe(1)
  expect(all[0]?.kept.jwk.d).not.toBe(old.jwk.d)
})

test('a torn file is replaced', async () => {
  mkdirSync(journal().folder, { recursive: true })
  writeFileSync(journal().pathOf(keys, 'ask-1'), '{"version":1,"jw')
  expect((await ask()).again).toBe(false)
})

test('no other user can read a key, or see that there is one', async () => {
  await ask()
  expect(statSync(journal().pathOf(keys, 'ask-1')).mode & 0o777).toBe(0o600)
  expect(statSync(journal().folder).mode & 0o777).toBe(0o700)
})

test.each([
  ['a file in the way', () => writeFileSync(home('hotwork'), '')],
  [
    'a file above',
    () => {
      rmSync(home(), { recursive: true })
      writeFileSync(home(), '')
    },
  ],
])('%s of the folder is a fault that names the folder and the fix', async (_what, block) => {
  block()
  const fault = { name: 'Fault', message: expect.stringContaining(home('hotwork')) }
  const told = expect.objectContaining({ code: 'cannot_keep', detail: expect.stringContaining('XDG_STATE_HOME') })
  await expect(ask()).rejects.toMatchObject({ ...fault, told })
  expect(() => journal().mustKeep()).toThrow(expect.objectContaining({ ...fault, told }))
})

test('a place where the system makes no folder is a fault, and not retried without end', () => {
  expect(() => journal({ XDG_STATE_HOME: '/proc' }).mustKeep()).toThrow(expect.objectContaining({ name: 'Fault' }))
})

test("the folder without XDG_STATE_HOME is in the user's home", () => {
  expect(journal({ HOME: '/home/ana' }).folder).toBe('/home/ana/.local/state/hotwork')
})

test('an old row is removed, and a younger one or one of another kind stays', async () => {
  const call = { version: 1, api: about().api, call: 'digest', until: about().until } as const
  for (const id of ['1', '2']) journal().put(calls, id, call)
  await new Keys(journal(), about().api).keyFor('bgl_1', about().until)
  for (const path of [journal().pathOf(calls, '1'), journal().pathOf(keys, 'bgl_1')]) utimesSync(path, 0, 0)
  journal().tidy(calls)
  expect(readdirSync(journal().folder).sort()).toEqual(['bgl_1.json', 'call-2.json'])
})

test('a request that was asked by an earlier version keeps its key, and its command is not run twice', () => {
  mkdirSync(journal().folder, { recursive: true, mode: 0o700 })
  const put = (name: string, row: object) => writeFileSync(join(journal().folder, `${name}.json`), JSON.stringify(row))
  const jwk = { kty: 'EC', crv: 'P-256', x: 'x', y: 'y', d: 'd' }
  const kept = { version: 1, ...about(), id: 'req_1', idempotencyKey: 'k', jwk, agent: 'agent:nightly', place: 'ask-1' }
  put('req_1', kept)
  put('run-req_1', { pid: 1, host: 'elsewhere', api: kept.api, id: 'req_1', agent: kept.agent })
  const requests = new KeptRequests(journal(), kept.api)
  expect([requests.find('req_1'), requests.beginRun(kept)]).toMatchObject([kept, { host: 'elsewhere' }])
})
