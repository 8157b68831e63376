import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { digestsOf, type Result, repository, suites, tellStale } from '../../tools/suites.ts'

const toy = { toy: ['judged/**', 'tools/toy/**'] }
const root = mkdtempSync(join(tmpdir(), 'suites-'))
afterAll(() => rmSync(root, { recursive: true }))

function write(file: string, text: string): void {
  mkdirSync(dirname(join(root, file)), { recursive: true })
  writeFileSync(join(root, file), text)
}

const writeResult = (failed = 0) =>
  write(
    'tools/toy/result.json',
    JSON.stringify({
      at: '2026-11-30T03:43:00.000Z',
      passed: 3,
      failed,
      judged: digestsOf(root, toy.toy),
    } satisfies Result),
  )

beforeEach(() => {
  write('judged/deep/one.ts', 'export const one = 1\n')
  write('tools/toy/run.ts', 'judge()\n')
  writeResult()
})

const older = 'toy: its result of 2026-11-30 is older than'

test('a result is told to be older once a file that it judges is changed, renamed or added', () => {
  expect(tellStale(root, toy)).toEqual([])
  write('judged/deep/one.ts', 'export const one = 2\n')
  expect(tellStale(root, toy)).toEqual([`${older} judged/**: \`npm run test:toy\``])
  writeResult()
  write('judged/two.ts', '')
  rmSync(join(root, 'judged/two.ts'))
  expect(tellStale(root, toy)).toEqual([])
  write('judged/two.ts', '')
  write('tools/toy/run.ts', 'judge(two)\n')
  expect(tellStale(root, toy)).toEqual([`${older} judged/**, tools/toy/**: \`npm run test:toy\``])
  rmSync(join(root, 'judged/two.ts'))
})

test('a suite without a result, or whose last run failed, is told', () => {
  writeResult(1)
  expect(tellStale(root, toy)).toEqual(['toy: its run of 2026-11-30 failed: `npm run test:toy`'])
  rmSync(join(root, 'tools/toy/result.json'))
  expect(tellStale(root, toy)).toEqual(['toy: no result yet: `npm run test:toy`'])
})

test.each(Object.entries(suites))('%s has its command, its week and a file for each pattern', (suite, patterns) => {
  const read = (file: string) => readFileSync(join(repository, file), 'utf8')
  expect(JSON.parse(read('package.json')).scripts).toHaveProperty([`test:${suite}`])
  expect(/suite: \[(.*)\]/.exec(read('.github/workflows/suites.yml'))?.[1]?.split(', ')).toContain(suite)
  const ofNoFile = Object.values(digestsOf(repository, ['no/such/file']))
  for (const [pattern, digest] of Object.entries(digestsOf(repository, patterns)))
    expect([pattern, ofNoFile.includes(digest)]).toEqual([pattern, false])
})

test('the workflow that proves a pull request runs for each file that the proof judges', () => {
  const workflow = readFileSync(join(repository, '.github/workflows/prove.yml'), 'utf8')
  for (const pattern of suites['prove'] ?? []) expect(workflow.split(`      - ${pattern}\n`)).toHaveLength(3)
})
