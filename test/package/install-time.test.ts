import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { installTime } from '../../infra/package/install-time.ts'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'hotwork-build-'))
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

const isOurs = (name: string) => name.startsWith('hotwork-install-')

test('the install time is that of the packed package, without its scripts and without a file left', () => {
  const scripts = { prepack: 'touch packed' }
  writeFileSync(join(root, 'package.json'), JSON.stringify({ name: 'hotwork', version: '0.0.1', scripts }))
  const before = readdirSync(tmpdir()).filter(isOurs)
  expect(installTime(root, 'hotwork-0.0.1.tgz')).toMatch(/^\d+\.\d$/)
  expect(readdirSync(root)).toEqual(['package.json'])
  expect(readdirSync(tmpdir()).filter(isOurs)).toEqual(before)
})

test('the build prints size, dependencies and the time of an install', () => {
  const source = readFileSync(join(__dirname, '../../infra/package/build.ts'), 'utf8')
  const [, printed = ''] = /console\.log\(\n(.*?)\n\)\n/s.exec(source) ?? []
  for (const words of ['MB unpacked', 'dependencies', 'installed in ${installTime(']) expect(printed).toContain(words)
})
