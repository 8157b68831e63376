import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { licencesOf } from '../../infra/package/licences.ts'

const folder = mkdtempSync(join(tmpdir(), 'hotwork-licences-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const add = (name: string, license: string | undefined, texts: { [file: string]: string } = {}): string => {
  const place = join('node_modules', name)
  mkdirSync(join(folder, place), { recursive: true })
  writeFileSync(join(folder, place, 'package.json'), JSON.stringify({ name, version: '1.2.3', license, author: 'Ana' }))
  for (const [file, text] of Object.entries(texts)) writeFileSync(join(folder, place, file), text)
  return `${place}/lib/index.js`
}

test('each package is named once with its version, licence, author and texts', () => {
  const one = add('@scope/one', 'Apache-2.0', { 'LICENSE.txt': 'the text', NOTICE: 'the notice' })
  const nested = add('two/node_modules/three', 'MIT', { license: 'another text' })
  const told = licencesOf(folder, ['client/index.ts', one, one.replace('index', 'other'), nested])
  expect(told).toContain('\n@scope/one 1.2.3, Apache-2.0, by Ana\n\nthe text\n\nthe notice\n')
  expect(told).toContain('\ntwo/node_modules/three 1.2.3, MIT, by Ana\n\nanother text\n')
  expect(told.match(/@scope/g)).toHaveLength(1)
})

test('packages with the same licence text share it', () => {
  const told = licencesOf(folder, [add('four', 'MIT', { LICENSE: 'alike' }), add('five', 'MIT', { LICENSE: 'alike' })])
  expect(told).toContain('\nfive 1.2.3, MIT, by Ana\nfour 1.2.3, MIT, by Ana\n\nalike\n')
})

test.each(['AGPL-3.0-or-later', 'SSPL-1.0', 'UNLICENSED', '(MIT AND GPL-2.0)', undefined])(
  'a package under %s stops the build',
  (license) => {
    expect(() => licencesOf(folder, [add('closed', license)])).toThrow('`closed` has the licence')
  },
)
