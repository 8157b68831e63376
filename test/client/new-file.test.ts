import { existsSync, lstatSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { intoNewFile, replaceFile, writeNew } from '../../client/new-file.ts'
import { useFolder } from './support/folder.ts'

/** The files that the client writes, in folders where another user may have put something. */

const at = useFolder()
beforeEach(() => writeFileSync(at('of-another'), 'theirs', { mode: 0o666 }))

const textAt = (name: string) => readFileSync(at(name), 'utf8')
const modeAt = (name: string) => statSync(at(name)).mode & 0o777

test.each([
  ['to a file', () => symlinkSync(at('of-another'), at('out.partial'))],
  ['to no file', () => symlinkSync(at('nowhere'), at('out.partial'))],
  ['a file that all may read', () => writeFileSync(at('out.partial'), 'before', { mode: 0o666 })],
])('an export does not write through a planted partial file: a link %s', (_what, plant) => {
  plant()
  const file = intoNewFile('out', at())
  file.write('evidence')
  expect([modeAt('out.partial'), lstatSync(at('out.partial')).isFile()]).toEqual([0o600, true])
  file.end()
  expect([textAt('out'), modeAt('out'), textAt('of-another')]).toEqual(['evidence', 0o600, 'theirs'])
  expect([existsSync(at('nowhere')), existsSync(at('out.partial'))]).toEqual([false, false])
})

test('an export does not overwrite a file or link that came into its place', () => {
  symlinkSync(at('nowhere'), at('out'))
  expect(() => intoNewFile('out', at())).toThrow('`out` exists')
  rmSync(at('out'))
  const file = intoNewFile('out', at())
  file.write('evidence')
  symlinkSync(at('nowhere'), at('out'))
  expect(() => file.end()).toThrow('`out` exists')
  expect([lstatSync(at('out')).isSymbolicLink(), existsSync(at('nowhere'))]).toEqual([true, false])
})

test('an export does not finish another one to the same file', () => {
  const first = intoNewFile('out', at())
  const second = intoNewFile('out', at())
  first.write('whole')
  second.write('a part')
  expect(() => first.end()).toThrow('another program has written')
  expect(existsSync(at('out'))).toBe(false)
  second.end()
  expect(textAt('out')).toBe('a part')
})

test('a picture replaces a file, and writes through no link', () => {
  symlinkSync(at('of-another'), at('picture.svg'))
  expect(() => replaceFile('picture.svg', at(), '<svg/>')).toThrow('is a link')
  expect(textAt('of-another')).toBe('theirs')
  replaceFile('of-another', at(), '<svg/>')
  expect([textAt('of-another'), modeAt('of-another')]).toEqual(['<svg/>', 0o600])
  expect(readdirSync(at())).toEqual(['of-another', 'picture.svg'])
})

test('a new file is for this user alone, and an existing one is not opened', () => {
  writeNew(at('new'), 'mine')
  expect([textAt('new'), modeAt('new')]).toEqual(['mine', 0o600])
  symlinkSync(at('nowhere'), at('link'))
  for (const name of ['new', 'link', 'of-another']) expect(() => writeNew(at(name), 'x')).toThrow('EEXIST')
})

test('every file that the client writes is written by that module', () => {
  const client = join(import.meta.dirname, '../../client')
  const writers = /\b(writeFile|appendFile|writeSync|createWriteStream|copyFile|cpSync|O_WRONLY|O_RDWR|O_CREAT)/
  const found = readdirSync(client, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(ts|mjs)$/.test(name) && writers.test(readFileSync(join(client, name), 'utf8')))
    .sort()
  expect(found).toEqual(['new-file.ts'])
  const opened = readdirSync(client, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && name !== 'new-file.ts')
    .flatMap((name) => readFileSync(join(client, name), 'utf8').match(/\bopenSync\(.*/g) ?? [])
  expect(opened.filter((call) => !call.includes('constants.O_RDONLY'))).toEqual([])
})
