import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** `npx hotwork`, as a program: on any Node from 20 on, and in any folder. */

const root = join(__dirname, '../..')
const { bin } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { bin: { hotwork: string } }

/** Without a Hotwork that it could ask. */
const hotwork = (...words: string[]) => {
  const { HOTWORK_API: _api, HOTWORK_AS: _as, HOTWORK_TOKEN: _token, ...env } = process.env
  const options = { cwd: tmpdir(), env: { ...env, XDG_STATE_HOME: tmpdir() }, encoding: 'utf8' as const }
  return spawnSync(process.execPath, [join(root, bin.hotwork), ...words], options)
}

test('it runs anywhere, and what it ends with is what the command ended with', () => {
  expect(hotwork('--help')).toMatchObject({ status: 0, stdout: expect.stringContaining('break-glass') })
  const wrong = hotwork('break-glass', 'list', '--api', 'http://hotwork.example')
  expect([wrong.status, wrong.stdout]).toEqual([2, ''])
  expect(wrong.stderr).toContain('use https')
})

test('the file that any Node runs first is one that Node 20 can run', () => {
  const source = readFileSync(join(root, bin.hotwork), 'utf8')
  expect(bin.hotwork).toMatch(/\.mjs$/)
  expect(source.match(/^import .* from '(.*)'$/gm)?.every((line) => line.includes("'node:"))).toBe(true)
})
