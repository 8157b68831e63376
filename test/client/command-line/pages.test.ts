import type { Command, Option } from 'commander'
import { pathOf } from '../../../client/command-line/frame.ts'
import { makeProgram } from '../../../client/command-line/program.ts'
import { thisMachine } from '../../../client/surroundings.ts'
import { read } from '../../support/repository.ts'

/** The commands of pages that people type from top to bottom are commands of the program. */

const program = makeProgram(thisMachine({ file: '', version: '' }), () => {})
const typed = /^ *(?:\w+=\S+ )*(?:npx --no-install|path\/to\/\S*) ?hotwork (.*?)(?: -- .*| [>#|].*)?$/gm

/** The words of a line, with quoted ones as one. */
const wordsOf = (line: string) => line.match(/'[^']*'|\S+/g) ?? []

/** The verb that a line names, and its other words. */
function verbOf([first = '', ...rest]: readonly string[], command: Command): [Command, readonly string[]] {
  const found = command.commands.find((each) => each.name() === first)
  return found ? verbOf(rest, found) : [command, [first, ...rest]]
}

const isOf = (word: string) => (option: Option) => option.long === word.replace(/=.*/, '')

/** The fault of a line, if it has one. */
function faultOf(line: string): string | undefined {
  const [verb, words] = verbOf(wordsOf(line), program)
  if (pathOf(verb) === '') return `${line}: no such verb`
  const given = words.filter((word) => word.startsWith('--'))
  const unknown = given.filter((word) => !verb.options.some(isOf(word)))
  const missing = verb.options.filter((option) => option.mandatory && !given.some((word) => isOf(word)(option)))
  const faults = [...unknown, ...missing.map(({ long }) => `${long} is missing`)]
  return faults.length > 0 ? `${line}: ${faults.join(', ')}` : undefined
}

test.each(['README.md', 'docs/three-weeks.md'])('each `hotwork` command of %s is one of the program', (page) => {
  const lines = [
    ...read(page)
      .replaceAll(/\\\n\s*/g, '')
      .matchAll(typed),
  ].map(([, line = '']) => line)
  expect(lines.length).toBeGreaterThan(5)
  expect(lines.flatMap((line) => faultOf(line) ?? [])).toEqual([])
})

test.each(['aprove req_...', 'deny req_...', 'agents usage agent:a --sinse 7d'])('`hotwork %s` is a fault', (line) => {
  expect(faultOf(line)).toBeDefined()
})
