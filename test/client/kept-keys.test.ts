import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { KeptKeys } from '../../client/kept-keys.ts'

/** Keys on a disk that the processes of one user share. */

let home: string
let now = Date.now()
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'hotwork-keys-'))
  now = Date.now()
})
afterEach(() => rmSync(home, { recursive: true, force: true }))

/** A process of its own has an object of its own. */
const keys = (env: { [name: string]: string } = { XDG_STATE_HOME: home }) =>
  new KeptKeys({ env, now: () => new Date(now), pause: () => new Promise((resolve) => setImmediate(resolve)) })
const about = (minutes = 5) => ({ api: 'https://hotwork.example', until: now + minutes * 60_000 })

test('all who make the same key at once get one key, and one of them is told that it is new', async () => {
  const all = await Promise.all(Array.from({ length: 20 }, () => keys().keyAt('call-1', about())))
  expect(new Set(all.map(({ kept }) => kept.jwk.d)).size).toBe(1)
  expect(all.filter(({ again }) => !again)).toHaveLength(1)
  expect(readdirSync(keys().folder)).toEqual(['call-1.json'])
})

test('all who replace a key whose time is over get one key too', async () => {
  const { kept: old } = await keys().keyAt('call-1', about())
  now += 6 * 60_000
  const all = await Promise.all(Array.from({ length: 20 }, () => keys().keyAt('call-1', about())))
  expect(new Set(all.map(({ kept }) => kept.jwk.d)).size).toBe(1)
  expect(all[0]?.kept.jwk.d).not.toBe(old.jwk.d)
})

test('a torn file is replaced', async () => {
  mkdirSync(keys().folder, { recursive: true })
  writeFileSync(keys().pathOf('call-1'), '{"version":1,"jw')
  expect((await keys().keyAt('call-1', about())).again).toBe(false)
})

test('no other user can read a key, or see that there is one', async () => {
  await keys().keyAt('call-1', about())
  expect(statSync(keys().pathOf('call-1')).mode & 0o777).toBe(0o600)
  expect(statSync(keys().folder).mode & 0o777).toBe(0o700)
})

test.each([
  ['a file in the way', () => writeFileSync(join(home, 'hotwork'), '')],
  [
    'a file above',
    () => {
      rmSync(home, { recursive: true })
      writeFileSync(home, '')
    },
  ],
])('%s of the folder is a fault that names the folder and the fix', async (_what, block) => {
  block()
  const fault = { name: 'Fault', message: expect.stringContaining(join(home, 'hotwork')) }
  const told = expect.objectContaining({ code: 'cannot_keep', detail: expect.stringContaining('XDG_STATE_HOME') })
  await expect(keys().keyAt('call-1', about())).rejects.toMatchObject({ ...fault, told })
  expect(() => keys().mustKeep()).toThrow(expect.objectContaining({ ...fault, told }))
})

test('a place where the system makes no folder is a fault, and no endless try', () => {
  expect(() => keys({ XDG_STATE_HOME: '/proc' }).mustKeep()).toThrow(expect.objectContaining({ name: 'Fault' }))
})

test('without XDG_STATE_HOME it is in the home of the user', () => {
  expect(keys({ HOME: '/home/ana' }).folder).toBe('/home/ana/.local/state/hotwork')
})

test('what was last written long ago goes, and what is younger or of another kind stays', async () => {
  for (const place of ['call-1', 'call-2', 'bgl_1']) await keys().keyAt(place, about())
  for (const place of ['call-1', 'bgl_1']) utimesSync(keys().pathOf(place), 0, 0)
  keys().prune(/^call-/, 60_000)
  expect(readdirSync(keys().folder).sort()).toEqual(['bgl_1.json', 'call-2.json'])
})
