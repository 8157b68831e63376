import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { withHash } from '../../../functions/adapters/policy-folder/compile-folder.ts'
import type { Bundle } from '../../../functions/domain/policy/bundle.ts'
import { Options, run } from '../../../policy-tools/verbs/prove.ts'
import { findPrograms } from '../../../tools/prove/tools.ts'
import { sampleBundle } from '../../support/world.ts'
import { runVerb } from '../run-verb.ts'

/** `policy prove` with its two programs played by scripts, so that they can misbehave in any way. */

let folder: string
// A bundle of one action: each question is a program that is started.
const compiled = join(mkdtempSync(join(tmpdir(), 'hotwork-prove-bundle-')), 'bundle.json')
writeFileSync(compiled, JSON.stringify(ofOneAction(sampleBundle(), 'flags:set')))
afterAll(() => rmSync(dirname(compiled), { recursive: true }))

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hotwork-prove-tools-'))
  process.env['HOTWORK_CEDAR'] = program('cedar', goodCedar('echo "✓ all: VERIFIED"'))
  process.env['CVC5'] = program('cvc5', 'echo "This is cvc5 version 1.3.1 [git tag]"')
})
afterEach(() => {
  delete process.env['HOTWORK_CEDAR']
  delete process.env['CVC5']
  rmSync(folder, { recursive: true, force: true })
})

function ofOneAction({ hash: _, ...content }: Bundle, action: string): Bundle {
  const { [action]: entry, ...others } = content.actions
  if (!entry) throw new Error(`${action} is not among ${Object.keys(others)}`)
  const { [action]: policies = {} } = content.policies
  return withHash({ ...content, actions: { [action]: entry }, policies: { [action]: policies } })
}

function program(name: string, lines: string): string {
  const file = join(folder, name)
  writeFileSync(file, `#!/bin/sh\n${lines}\n`)
  chmodSync(file, 0o755)
  return file
}

const goodCedar = (answers: string, version = '4.14.1') =>
  `case "$*" in --version) echo "cedar-policy-cli ${version}";; "symcc --help") ;; *) ${answers};; esac`

async function prove(more: Partial<Parameters<typeof run>[0]> = {}) {
  const given = Options.parse({ folder: compiled, json: true, ...more })
  const said = await runVerb({ run }, given).catch((cause: Error & { detail?: string }) => {
    if (cause.name !== 'WrongUsage') throw cause
    return { exit: 2, out: '', err: `${cause.message}: ${cause.detail}` }
  })
  return { ...said, report: said.out === '' ? undefined : JSON.parse(said.out) }
}

const find = (more: NodeJS.ProcessEnv) => {
  const { HOTWORK_CEDAR: _, CVC5: __, PATH = '', ...env } = process.env
  return findPrograms({ ...env, PATH: `${folder}:${PATH}`, ...more }, join(folder, 'nowhere'))
}

test('the proofs take the programs on the PATH', () => {
  expect(find({})).toEqual({ HOTWORK_CEDAR: 'cedar', CVC5: 'cvc5' })
})

test('the proofs skip an unsuitable program, and take programs named by variables before the PATH', () => {
  expect(find({ CVC5: program('old', 'echo "This is cvc5 version 1.0.3"') })).toBeUndefined()
  const CVC5 = program('other', 'echo "This is cvc5 version 1.3.1"')
  expect(find({ CVC5 })).toEqual({ HOTWORK_CEDAR: 'cedar', CVC5 })
})

test.each<[rule: string, make: () => void, says: RegExp]>([
  [
    'no `cedar`',
    () => {
      process.env['HOTWORK_CEDAR'] = join(folder, 'nowhere')
    },
    /there is no program .*nowhere/,
  ],
  [
    'an old `cedar`',
    () => program('cedar', goodCedar('', '4.9.0')),
    /is Cedar 4\.9\.0, and 4\.14\.0 is the oldest that works/,
  ],
  [
    'a `cedar` without `analyze`',
    () => program('cedar', 'case "$1" in --version) echo "cedar-policy-cli 4.14.1";; *) exit 2;; esac'),
    /without its feature `analyze`/,
  ],
  [
    'a `cedar` that is another program',
    () => program('cedar', 'echo "cedar 1.0, a mail reader"'),
    /does not say that it/,
  ],
  [
    'no solver',
    () => {
      process.env['CVC5'] = join(folder, 'nowhere')
    },
    /nowhere`, the solver/,
  ],
  [
    'an old solver',
    () => program('cvc5', 'echo "This is cvc5 version 1.0.3"'),
    /is cvc5 1\.0\.3, and 1\.3\.1 is the oldest that works/,
  ],
  ['another solver', () => program('cvc5', 'echo "Z3 version 4.15.0"'), /does not say that it is cvc5/],
])('nothing is asked with %s, and the answer says how to get it', async (_, make, says) => {
  make()
  const { exit, err } = await prove()
  expect(err).toMatch(says)
  expect(err).toMatch(/docs\/policy-changes\.md says how/)
  expect(exit).toBe(2)
})

test.each([
  ['without output', 'exit 0'],
  ['with other output', 'echo "all is well"'],
  ['that crashes', 'echo "thread panicked" >&2; exit 101'],
  ['that dies', 'kill -9 $$'],
  ['that says both', 'printf "✗ all: DOES NOT HOLD\\n✓ all: VERIFIED\\n"'],
  ['with an invalid counterexample', 'printf "✗ all: DOES NOT HOLD\\n  Counterexample found:\\nnone\\n"'],
  [
    'whose counterexample Cedar contradicts',
    `printf '✗ all: DOES NOT HOLD\\n  Counterexample found:\\nprincipal: Hotwork::Agent::"a", action: Hotwork::Action::"flags:set", resource: Hotwork::Resource::"r"\\ncontext: {}\\n'`,
  ],
])('a program %s is a fault, and nothing counts as proved', async (_, answers) => {
  program('cedar', goodCedar(answers))
  const { exit, report } = await prove()
  expect(exit).toBe(1)
  expect(new Set(report.properties.map(({ outcome }: { outcome: string }) => outcome))).toEqual(new Set(['fault']))
})

test('a solver that finds no counterexample to any question proves nothing', async () => {
  const { exit, report } = await prove()
  expect(exit).toBe(1)
  for (const { outcome } of report.properties) expect(outcome).not.toBe('holds')
})

test('a question that takes too long is unproved, and every process started for it is dead', async () => {
  // The child of the child writes its own id, and would never end.
  program('cedar', goodCedar(`sh -c 'echo $$ >> "${folder}/started"; exec sleep 1000' & wait`))
  const { exit, report } = await prove({ limit: 0.1 })
  expect(exit).toBe(1)
  expect(new Set(report.properties.map(({ why }: { why: string }) => why))).toEqual(
    new Set(['not proved within 0.1 s']),
  )
  const started = existsSync(join(folder, 'started'))
    ? readFileSync(join(folder, 'started'), 'utf8').trim().split('\n')
    : []
  // A killed process dies at its next turn on the processor.
  const running = () => started.filter((pid) => isRunning(Number(pid)))
  while (running().length > 0) await setImmediate()
})

/** A zombie counts as ended: its parent has not waited for it yet. */
function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}
