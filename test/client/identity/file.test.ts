import { chmodSync, mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { troubleOf, Workload } from '../support/workload.ts'

/** `HOTWORK_WORKLOAD_TOKEN_FILE`: a file that the platform keeps fresh. */

const audience = 'https://hotwork.example'
let workload: Workload
let file: string

beforeEach(() => {
  workload = new Workload()
  file = join(workload.folder, 'token')
  workload.env['HOTWORK_WORKLOAD_TOKEN_FILE'] = file
})
afterEach(() => workload.close())

test('the token in a file is taken without its line end, even if every user can read it', async () => {
  const token = workload.token()
  writeFileSync(file, `${token}\n`)
  chmodSync(file, 0o644)
  expect(await workload.identity('file')(audience)).toBe(token)
})

test('a file is read again when its token nears its end, until the next one has come', async () => {
  const identity = workload.identity()
  const [first, next] = [workload.token(), workload.token(600)]
  writeFileSync(file, first)
  await identity(audience)
  workload.advance(250)
  expect(await identity(audience)).toBe(first)
  writeFileSync(`${file}.next`, next)
  renameSync(`${file}.next`, file)
  expect(await identity(audience)).toBe(next)
})

test.each<[string, () => void, string]>([
  ['is not there', () => {}, 'cannot be read (ENOENT)'],
  ['is a folder', () => mkdirSync(file), 'cannot be read (EISDIR)'],
  ['is empty', () => writeFileSync(file, '\n'), 'is empty'],
  ['holds no JWT', () => writeFileSync(file, 'secret'), 'is not a JWT'],
])('a file that %s is refused with its path', async (_, make, says) => {
  make()
  const { exit, title, detail } = await troubleOf(workload.identity()(audience))
  expect([exit, title]).toEqual([2, expect.stringContaining(says)])
  expect(title + detail).toContain(file)
})

test('a token that has expired is refused, with when it did and what the time is here', async () => {
  workload.time = Date.parse('2026-11-27T12:00:00Z')
  writeFileSync(file, workload.token(60))
  workload.advance(91)
  const { exit, title, detail } = await troubleOf(workload.identity()(audience))
  expect([exit, title]).toEqual([2, expect.stringContaining('expired')])
  expect(detail).toContain('2026-11-27T12:01:00Z')
  expect(detail).toContain('2026-11-27T12:01:31Z')
})

test.each([
  ['another address', 'https://permits.elsewhere.example'],
  ['several, one of them elsewhere', [audience, 'https://kubernetes.default.svc']],
])('a token that is for %s is not shown to this Hotwork, which could use it there', async (_, aud) => {
  writeFileSync(file, workload.token(300, { aud }))
  const { exit, title } = await troubleOf(workload.identity()(audience))
  expect([exit, title]).toEqual([2, expect.stringMatching(/is for `https:.*, and this Hotwork is `https:/)])
})

test.each([[audience], [[`${audience}/agents`]], ['hotwork']])(
  'a token that is for %j is shown to this Hotwork',
  async (aud) => {
    writeFileSync(file, workload.token(300, { aud }))
    expect(await workload.identity()(audience)).toMatch(/^eyJ/)
  },
)

test('a token with a line end in it is refused: an error about a header would show it', async () => {
  writeFileSync(file, workload.token().replace(/\.([^.]+)$/, '.\n$1'))
  expect((await troubleOf(workload.identity()(audience))).title).toContain('is not a JWT')
})
