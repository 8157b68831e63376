import { randomUUID } from 'node:crypto'
import { chmodSync, mkdirSync, readdirSync, readFileSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import * as z from 'zod'
import { stateFolderOf } from '../../../client/journal/folder.ts'
import { Journal, type Kind } from '../../../client/journal/journal.ts'
import { KeptLogin } from '../../../client/login/kept-login.ts'
import { pause } from '../../../client/surroundings.ts'
import { giveAway, whereRoot } from '../../support/as-root.ts'
import { useFolder } from '../support/folder.ts'

/** The folder of keys and logins, into which no other user may put one. */

const home = useFolder()
const folder = (...names: string[]) => home('hotwork', ...names)

const now = () => new Date()
const journal = () => new Journal({ env: { XDG_STATE_HOME: home() }, now, pause })
const notes: Kind<object> = { prefix: 'call-', shape: z.looseObject({}), stays: 60_000 }
const api = 'https://hotwork.example'
const login = () => new KeptLogin(api, { env: { XDG_STATE_HOME: home() }, now })
const refused = expect.objectContaining({ told: expect.objectContaining({ code: 'unsafe_folder' }) })

function eachRefuses(): void {
  expect(() => journal().find(notes, '1')).toThrow(refused)
  expect(() => journal().all(notes)).toThrow(refused)
  expect(() => journal().put(notes, '1', {})).toThrow(refused)
  expect(() => login().read()).toThrow(refused)
  expect(() => login().keep({ token: 'mine', until: Date.now() + 60_000 })).toThrow(refused)
}

test('a folder that every user may write is refused, and nothing in it is read', () => {
  mkdirSync(folder())
  chmodSync(folder(), 0o1777)
  writeFileSync(folder('call-1.json'), '{"planted":true}')
  eachRefuses()
})

whereRoot('a folder of another user is refused, even if only they may write it', () => {
  mkdirSync(folder(), { mode: 0o755 })
  giveAway(folder())
  eachRefuses()
})

test('a missing folder is made for this user alone, and is used from then on', () => {
  expect([journal().find(notes, '1'), login().read()]).toEqual([undefined, undefined])
  journal().put(notes, '1', { mine: true })
  expect(journal().find(notes, '1')).toEqual({ mine: true })
})

test("a relative `XDG_STATE_HOME` is ignored: the working folder may be a stranger's", () => {
  expect(stateFolderOf({ XDG_STATE_HOME: 'state', HOME: '/home/jade' })).toBe('/home/jade/.local/state/hotwork')
  expect(stateFolderOf({ XDG_STATE_HOME: '/var/state', HOME: '/home/jade' })).toBe('/var/state/hotwork')
})

test('the drafts of processes that were killed are removed once they are old: a key may be in them', () => {
  journal().put(notes, '1', { mine: true })
  const killed = `call-2.json.${randomUUID()}`
  const living = `login-1.json.${randomUUID()}`
  const others = ['call-3.json.bak', `notes.${randomUUID()}`]
  for (const name of [killed, living, ...others]) writeFileSync(folder(name), '{"d":"private"}')
  symlinkSync(home('of-another'), folder(`call-4.json.${randomUUID()}`))
  writeFileSync(home('of-another'), 'theirs')
  for (const name of [killed, ...others]) utimesSync(folder(name), 0, 0)
  for (const write of [
    () => journal().put(notes, '1', {}),
    () => login().keep({ token: 'mine', until: Date.now() + 60_000 }),
  ]) {
    writeFileSync(folder(killed), '{"d":"private"}')
    utimesSync(folder(killed), 0, 0)
    write()
    expect(readdirSync(folder())).not.toContain(killed)
  }
  expect(readdirSync(folder())).toEqual(expect.arrayContaining([living, ...others, 'call-1.json']))
  expect(readFileSync(home('of-another'), 'utf8')).toBe('theirs')
})
