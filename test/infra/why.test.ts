import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import { makeProgram } from '../../client/command-line/program.ts'
import { thisMachine } from '../../client/surroundings.ts'
import { readOptions } from '../../local/demo/options.ts'
import { read, root } from '../support/repository.ts'
import { missingProofs } from './support/proofs.ts'

/** docs/why.md answers each demand with a command and tests. The commands work, and the tests exist. */

const page = read('docs/why.md')
const demands = page
  .split(/^## /m)
  .slice(1)
  .map((text) => ({ demand: text.split('\n')[0] ?? '', text }))
const commandsOf = (text: string) =>
  [...text.matchAll(/^```sh\n(.*?)^```$/gms)].flatMap(([, block = '']) => block.trim().split('\n'))
const commands = demands.flatMap(({ text }) => commandsOf(text))
const after = (prefix: string) => commands.filter((line) => line.startsWith(prefix)).map((line) => [line] as const)

test.each(demands)('the demand `$demand` has a decision, a command that shows it, and tests', ({ text }) => {
  expect(text).toMatch(/^Decided in .*\]\([\w/-]+\.md.*\)/m)
  expect(commandsOf(text)).not.toEqual([])
  const proofs = text.match(/^- .* › .*$/gm) ?? []
  expect(proofs).not.toEqual([])
  expect(proofs.flatMap((line) => missingProofs(line.slice(2)))).toEqual([])
})

test('every command of the page is of a form that is tested below', () => {
  const known = /^(?:npm run demo -- |npm run plan -- |npx --no-install hotwork |npx node infra\/guardrail\.ts )/
  expect(commands.filter((line) => !known.test(line))).toEqual([])
})

const listed = execFileSync(process.execPath, ['local/demo.ts', '--list'], { cwd: root, encoding: 'utf8' })
const chapters = listed
  .trim()
  .split('\n')
  .map((line) => line.split(' ')[0] ?? '')

test.each(after('npm run demo -- '))('the command `%s` names existing chapters', (line) => {
  expect(readOptions(line.split(' ').slice(4), chapters, [])).toMatchObject({ chapters: expect.anything() })
})

// The Node of `npm ci` runs TypeScript; the one on the path may be 20.
test.each(after('npx node '))('the command `%s` prints JSON', (line) => {
  expect(
    JSON.parse(execFileSync(process.execPath, line.split(' ').slice(2), { cwd: root, encoding: 'utf8' })),
  ).toBeTruthy()
})

test.each(after('npm run plan -- '))('the command `%s` prints tiers', (line) => {
  const words = ['client/hotwork.mjs', 'policy', 'plan', ...line.split(' ').slice(4)]
  expect(execFileSync(process.execPath, words, { cwd: root, encoding: 'utf8' })).toMatch(/^Tier \d/m)
})

test.each(after('npx --no-install hotwork '))(
  'the command `%s` is a verb with known options and existing files',
  (line) => {
    const [typed = ''] = line.split(' -- ')
    const words = typed.split(' ').slice(3)
    const { verb, at } = verbOf(words)
    const options = [...verb.options, ...(verb.parent?.options ?? [])].map(({ long }) => long)
    expect(verb.commands).toEqual([])
    expect(words.slice(at).filter((word) => word.startsWith('--') && !options.includes(word))).toEqual([])
    expect(words.filter((word) => word.startsWith('examples/') && !existsSync(join(root, word)))).toEqual([])
  },
)

/** The command that the first words name, and the index of its own arguments. */
function verbOf(words: readonly string[]): { verb: Command; at: number } {
  let verb = makeProgram(thisMachine({ file: '', version: '' }), () => {})
  let at = 0
  for (const word of words) {
    const next = verb.commands.find((each) => each.name() === word)
    if (!next) break
    verb = next
    at += 1
  }
  return { verb, at }
}
