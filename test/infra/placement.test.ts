import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { read, root } from '../support/repository.ts'

/** A developer finds the rules of a production file: on its path in `test/`, or in the test that its first line names. */

const sources = spawnSync(
  'git',
  ['ls-files', '--', ...['functions', 'client', 'infra', 'local', 'policy-tools'].map((folder) => `${folder}/*.ts`)],
  { cwd: root, encoding: 'utf8' },
)
  .stdout.split('\n')
  .filter((file) => file !== '' && !file.endsWith('.d.ts'))

const onPath = (file: string) => `test/${file.replace(/^functions\//, '').replace(/\.ts$/, '.test.ts')}`
const runs =
  /^(?:export )?(?:default |async |abstract )*(?:const|function|class|let)\b|^export (?:\*|\{) |^await |^\w+\(/m

/** The fault of a file, if it has one: types alone have no rules. */
function faultOf(file: string, text: string): string | undefined {
  const [, named] = /^\/\/ Rules: (.*)$/m.exec(text.split('\n', 1)[0] ?? '') ?? []
  if (named === undefined)
    return existsSync(join(root, onPath(file))) || !runs.test(text)
      ? undefined
      : `${file}: no ${onPath(file)}, and its first line is not "// Rules: " with the test that has its rules`
  const missing = named.split(', ').filter((test) => !test.endsWith('.test.ts') || !existsSync(join(root, test)))
  return missing.length === 0 ? undefined : `${file}: its first line names ${missing.join(', ')}, which is not there`
}

test('the rules of each production file lie on its path, or in the test that its first line names', () => {
  expect(sources.length).toBeGreaterThan(800)
  expect(sources.flatMap((file) => faultOf(file, read(file)) ?? [])).toEqual([])
})

test.each<[what: string, text: string, says: RegExp | undefined]>([
  ['code without a test', 'export const one = 1\n', /its first line is not/],
  ['code whose first line names a test', '// Rules: test/infra/placement.test.ts\nexport const one = 1\n', undefined],
  [
    'code whose first line names two, of which one is missing',
    '// Rules: test/infra/words.test.ts, test/a.test.ts\n',
    /names test\/a/,
  ],
  ['types alone', 'export type One = 1\n', undefined],
])('the check of placement knows %s', (_what, text, says) => {
  const fault = faultOf('functions/domain/added.ts', text)
  if (says === undefined) expect(fault).toBeUndefined()
  else expect(fault).toMatch(says)
})
