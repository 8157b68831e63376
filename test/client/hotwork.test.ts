import { spawnSync } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { read, root } from '../support/repository.ts'

/** `npx --no-install hotwork`, as a program: on any Node from 20 on, and in any folder. */

const { bin } = JSON.parse(read('package.json')) as { bin: { hotwork: string } }

/** Runs it without a Hotwork to ask. */
const hotwork = (...words: string[]) => {
  const { HOTWORK_API: _api, HOTWORK_AS: _as, HOTWORK_LOCAL: _local, HOTWORK_TOKEN: _token, ...env } = process.env
  const options = { cwd: tmpdir(), env: { ...env, XDG_STATE_HOME: tmpdir() }, encoding: 'utf8' as const }
  return spawnSync(process.execPath, [join(root, bin.hotwork), ...words], options)
}

test("the launcher runs anywhere, and ends with the command's exit code", () => {
  expect(hotwork('--help')).toMatchObject({ status: 0, stdout: expect.stringContaining('break-glass') })
  const wrong = hotwork('break-glass', 'list', '--api', 'http://hotwork.example')
  expect([wrong.status, wrong.stdout]).toEqual([2, ''])
  expect(wrong.stderr).toContain('use https')
})

test('the launcher without a Hotwork says how one is named, and where that of `npm start` is', () => {
  expect(hotwork('ls')).toMatchObject({ status: 2, stderr: expect.stringContaining('HOTWORK_LOCAL') })
})

test('a Node that is too old is told which one it takes', () => {
  const older = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.15.1' } })`
  const options = ['--import', `data:text/javascript,${encodeURIComponent(older)}`]
  const told = spawnSync(process.execPath, [...options, join(root, bin.hotwork), '--version'], { encoding: 'utf8' })
  expect([told.status, told.stderr]).toEqual([1, 'hotwork: it needs Node >=20.16, and this is 20.15.1\n'])
})

test("the launcher's first file can be run by Node 20", () => {
  const source = read(bin.hotwork)
  expect(bin.hotwork).toMatch(/\.mjs$/)
  expect(source.match(/^import .* from '(.*)'$/gm)?.every((line) => line.includes("'node:"))).toBe(true)
})
