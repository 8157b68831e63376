import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { chmodSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { faults } from '../../test/policies/changes/faults.ts'
import { repository as root, runSuite, type Step, say } from '../suites.ts'
import { findOrInstall, type Programs, versions } from './tools.ts'

/**
 * `npm run test:prove`: `policy prove` with the real `cedar` and cvc5, which it installs first. Each property of the
 * sample is proved; each seeded fault is found, with an example that Hotwork's own code confirms; an unfinished proof,
 * a lying solver and a missing one are told apart. Exit 0 only if every expectation held.
 */

const folder = mkdtempSync(join(tmpdir(), 'hotwork-prove-'))

type Judged = {
  claim: string
  kind: string
  outcome: string
  why?: string
  counterexample?: { case?: unknown }
  policy?: string
}
type Result = { exit: number | null; err: string; report: { ok: boolean; milliseconds: number; properties: Judged[] } }

async function prove(policies: string, env: Partial<Programs>, more: object = {}): Promise<Result> {
  const asked = { verb: 'prove', folder: policies, json: true, deployment: join(root, 'test/policies/deployment.json') }
  const child = spawn(process.execPath, [join(root, 'policy-tools/policy.ts'), JSON.stringify({ ...asked, ...more })], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const text = { out: '', err: '' }
  child.stdout.on('data', (part) => {
    text.out += part
  })
  child.stderr.on('data', (part) => {
    text.err += part
  })
  const { promise, resolve, reject } = Promise.withResolvers<number | null>()
  child.on('error', reject).on('close', resolve)
  return { exit: await promise, err: text.err, report: JSON.parse(text.out || '{}') }
}

const failing = ({ report }: Result) => report.properties.filter(({ outcome }) => outcome !== 'holds')

function program(name: string, lines: string): string {
  const file = join(folder, name)
  writeFileSync(file, `#!/bin/sh\n${lines}\n`)
  chmodSync(file, 0o755)
  return file
}

async function tellTheStory(programs: Programs, step: Step): Promise<void> {
  await step('all that should hold of the sample is proved', async () => {
    const proved = await prove(join(root, 'policies'), programs)
    assert.deepEqual(failing(proved), [])
    assert.equal(proved.exit, 0)
    say(`${proved.report.properties.length} properties in ${proved.report.milliseconds} ms`)
  })

  for (const { rule, file, from, to, caught } of faults) {
    await step(`found: ${rule}`, async () => {
      const copy = join(folder, 'policies')
      rmSync(copy, { recursive: true, force: true })
      cpSync(join(root, 'policies'), copy, { recursive: true })
      const before = readFileSync(join(copy, file), 'utf8')
      assert.ok(before.includes(from), `${file} has no ${from}`)
      writeFileSync(join(copy, file), before.replace(from, to))
      const found = await prove(copy, programs)
      assert.equal(found.exit, 1, found.err)
      const fault = failing(found).find(({ claim }) => claim === caught.claim)
      assert.equal(fault?.outcome, 'fails', JSON.stringify(failing(found), null, 2))
      assert.match(fault?.why ?? '', caught.why)
      if (caught.example) assert.ok(fault?.counterexample?.case, JSON.stringify(fault, null, 2))
      say(fault?.why ?? '')
    })
  }

  await step('a proof that does not finish is not proved', async () => {
    const CVC5 = program(
      'slow',
      `case "$*" in *--version*) exec '${programs.CVC5}' --version;; *) exec sleep 1000;; esac`,
    )
    const found = await prove(join(root, 'policies'), { ...programs, CVC5 }, { limit: 0.5 })
    assert.equal(found.exit, 1)
    for (const { outcome, why } of found.report.properties)
      assert.deepEqual([outcome, why], ['unproved', 'not proved within 0.5 s'])
  })

  await step('a solver that lies, talks rubbish or dies proves nothing', async () => {
    for (const answer of [
      'while read -r line; do case "$line" in "(check-sat)") echo unsat;; esac; done',
      'yes rubbish',
      'exit 1',
    ]) {
      const CVC5 = program('bad', `case "$*" in *--version*) exec '${programs.CVC5}' --version;; esac\n${answer}`)
      const found = await prove(join(root, 'policies'), { ...programs, CVC5 }, { limit: 5 })
      assert.equal(found.exit, 1)
      assert.deepEqual(
        found.report.properties.filter(({ outcome }) => outcome === 'holds'),
        [],
      )
    }
  })

  await step('a solver that is not there, old, or another is told with how to get it', async () => {
    const others = [
      join(folder, 'nowhere'),
      program('old', 'echo "This is cvc5 version 1.0.3"'),
      program('z3', 'echo "Z3 version 4.15.0"'),
    ]
    for (const CVC5 of others) {
      const found = await prove(join(root, 'policies'), { ...programs, CVC5 })
      assert.equal(found.exit, 2)
      assert.match(found.err + JSON.stringify(found.report), /docs\/policy-changes\.md/)
    }
  })
}

// A signal ends this program, and its files go at its exit.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))
process.once('exit', () => rmSync(folder, { recursive: true, force: true }))

console.log(`Cedar ${versions.cedar} with \`analyze\`, and cvc5 ${versions.solver}`)
await runSuite('prove', () => findOrInstall(say), tellTheStory)
