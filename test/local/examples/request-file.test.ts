import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { read } from '../../support/repository.ts'
import { endPrograms, makeFolder, removeFolders, startProgram } from '../support/programs.ts'

const example = read('examples/requests/staging-payment-timeout.json')

afterEach(async () => {
  await endPrograms()
  removeFolders()
})

test.each<[what: string, text: string, line: number, says: RegExp]>([
  ['a missing comma', example.replace('"agent",', '"agent"'), 4, /not JSON \(comma expected\); correct that line$/],
  ['a text without an end', example.replace('"agent",', '"agent'), 3, /not JSON \(unexpected end of string\); correct/],
  ['no content', '', 1, /not JSON \(value expected\); correct/],
  [
    'a missing member',
    example.replace('"name"', '"nam"'),
    6,
    /`action\.name` is missing; add it, such as "ssm:PutParameter"$/,
  ],
  [
    'a member of another type',
    example.replace('"INC-4821"', '4821'),
    22,
    /`context\.parent_task\.id` is not text; write it such as "INC-4821"$/,
  ],
  [
    'an unknown agent',
    example.replace('agent:remediator', 'agent:me'),
    4,
    /no agent here is `agent:me`; use one of .*agent:remediator/,
  ],
])('a request file with %s is refused', async (_what, text, line, says) => {
  const folder = makeFolder()
  const file = join(folder, 'mine.json')
  writeFileSync(file, text)
  const program = startProgram(['local/demo.ts', '--state', folder, '--request', file])
  expect(await program.ends).toBe(2)
  const [said = '', ...more] = program.printed().trimEnd().split('\n')
  expect(more).toEqual([])
  expect(said.startsWith(`${file}:${line}: `)).toBe(true)
  expect(said).toMatch(says)
})

test('a missing request file is refused', async () => {
  const folder = makeFolder()
  const file = join(folder, 'none.json')
  const program = startProgram(['local/demo.ts', '--state', folder, '--request', file])
  expect(await program.ends).toBe(2)
  expect(program.printed()).toBe(`${file}: it cannot be read (ENOENT); name a file with one AuthZEN evaluation body\n`)
})
