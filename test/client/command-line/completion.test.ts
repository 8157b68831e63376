import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Terminal } from '../support/terminal.ts'

/** Completion of a command in a shell. */

const terminal = new Terminal({})
const offered = async (...words: readonly string[]) =>
  (await terminal.type('__complete', '--', ...words)).out.split('\n').flatMap((line) => line.split('\t')[0] || [])
afterAll(() => terminal.close())

test.each([
  ['verbs', ['who'], ['whoami']],
  ['verbs of a noun', ['break-glass', 'cl'], ['claim']],
  ['options of a verb of a noun', ['policy', 'check', '--wr'], ['--write-schema']],
  ['options of a verb', ['login', '--no'], ['--no-browser']],
  ['values of an option', ['ls', '--status', 'pen'], ['pending']],
  ['values of an option by `=`', ['ls', '--status=pen'], ['--status=pending']],
  ['values of an option by `=`, as Bash splits it', ['ls', '--status', '=', 'pen'], ['pending']],
  ['values of an argument', ['completion', 'b'], ['bash']],
  ['nothing for the value of an option without a list', ['ls', '--agent', 'wh'], []],
  ['nothing after `--`, which is another program', ['exec', 'req_1', '--', 'lo'], []],
  ['nothing behind an unknown verb', ['unknown', 'lo'], []],
] as const)('a shell is offered %s: %j', async (_what, words, expected) => {
  expect(await offered(...words)).toEqual(expected)
})

describe('a real shell', () => {
  const folder = mkdtempSync(join(tmpdir(), 'hotwork-shell-'))
  const root = join(import.meta.dirname, '../../..')
  mkdirSync(join(folder, 'bin'))
  symlinkSync(join(root, 'client/hotwork.mjs'), join(folder, 'bin/hotwork'))
  writeFileSync(join(folder, 'ask-of-mine.json'), '{}')
  const env = { ...process.env, PATH: `${join(folder, 'bin')}:${process.env['PATH']}` }
  afterAll(() => rmSync(folder, { recursive: true }))
  const shell = (program: string, args: readonly string[], script: string) => {
    const ran = spawnSync(program, [...args, '-c', script], { cwd: folder, env, encoding: 'utf8' })
    return { out: ran.stdout, err: ran.stderr }
  }
  test('Bash takes the script, offers a verb and otherwise its own files, and evaluates nothing', () => {
    const script = `source <(hotwork completion bash) && complete -p hotwork
COMP_WORDS=(hotwork break-glass cl) COMP_CWORD=2; _hotwork; printf '%s\\n' "\${COMPREPLY[@]}"
COMP_WORDS=(hotwork exec '$(touch evaluated)' '\`touch evaluated\`' lo) COMP_CWORD=4; _hotwork`
    const { out, err } = shell('bash', ['--norc'], script)
    expect([out, err]).toEqual(['complete -o default -F _hotwork hotwork\nclaim\n', ''])
    expect(existsSync(join(folder, 'evaluated'))).toBe(false)
  })

  const inZsh = existsSync('/usr/bin/zsh') ? test : test.skip
  inZsh('zsh takes the script, offers a verb with its description, and evaluates nothing', () => {
    const script = `compdef() { print "$@" }; _describe() { print -l "\${(@P)2}" }; _files() { print files }
source <(hotwork completion zsh)
words=(hotwork break-glass cl) CURRENT=3; _hotwork
words=(hotwork exec '$(touch evaluated)') CURRENT=3; _hotwork`
    const { out, err } = shell('zsh', ['-f'], script)
    expect([out, err]).toEqual([expect.stringMatching(/^_hotwork hotwork\nclaim:take up [^\n]+\nfiles\n$/), ''])
    expect(existsSync(join(folder, 'evaluated'))).toBe(false)
  })
})
