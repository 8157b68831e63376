import { createHash } from 'node:crypto'
import { existsSync, globSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * The suites that install or build other programs, or take long: `npm run test:<suite>` by hand,
 * `.github/workflows/suites.yml` each week. A run leaves a result with the digests of the files that it judged, so `npm test` sees when they changed.
 */

/** The files that each suite judges, as patterns of paths, its own among them. */
export const suites: Suites = {
  // `npm test` runs it too, unless its result is of these very files.
  agents: [
    'client/**',
    'functions/domain/cards/wire/**',
    'docs/agents/**',
    'package-lock.json',
    'test/agents/*',
    'test/agents/{adapters,hosts,kills,policies,servers,sidecar,support,table}/**',
  ],
  // Random cases, by many times as many as `npm test` draws.
  deep: [
    'policies/**',
    'functions/adapters/cedar/**',
    'functions/adapters/policy-folder/**',
    'functions/channels/slack/cards/**',
    'functions/domain/inert.ts',
    'functions/domain/policy/**',
    'policy-tools/**',
    'test/channels/slack/cards/**',
    'test/policies/**',
    'tools/deep/**',
  ],
  kubernetes: [
    'client/exec/*',
    'functions/targets/kubernetes/{manifests,rules}/**',
    'policy-tools/library/k8s.*.json',
    'tools/kubernetes/**',
  ],
  log: [
    'functions/adapters/kms/note-signer.ts',
    'functions/domain/anchor/**',
    'functions/domain/ledger/**',
    'functions/operations/anchor/**',
    'test/domain/anchor/judge/**',
    'tools/log/**',
  ],
  // .github/workflows/prove.yml runs it for a change of these, too.
  prove: [
    'policies/**',
    'functions/adapters/cedar/**',
    'policy-tools/symcc/**',
    'functions/adapters/policy-folder/**',
    'policy-tools/verbs/prove*',
    'functions/domain/policy/**',
    'policy-tools/change/**',
    'policy-tools/proof/**',
    'test/policies/changes/**',
    'tools/prove/**',
  ],
  spire: ['client/identity/**', 'functions/adapters/jose/**', 'functions/domain/people/**', 'tools/spire/**'],
}

type Suites = { readonly [suite: string]: readonly string[] }

export type Result = {
  /** The time at which the run began, in ISO 8601. */
  readonly at: string
  readonly passed: number
  readonly failed: number
  /** SHA-256 by pattern. */
  readonly judged: { readonly [pattern: string]: string }
}

export const repository = join(import.meta.dirname, '..')

const fileOf = (suite: string): string =>
  suite === 'agents' ? 'test/agents/result.json' : `tools/${suite}/result.json`

/** SHA-256 over the paths and bytes of all files of a pattern. A result is no part of its suite. */
function digestOf(root: string, pattern: string): string {
  const hash = createHash('sha256')
  for (const file of globSync(pattern, { cwd: root }).toSorted()) {
    if (!statSync(join(root, file)).isFile() || /^(?:tools|test)\/\w+\/result\.json$/.test(file)) continue
    const bytes = readFileSync(join(root, file))
    hash.update(`${file}\0${bytes.length}\0`).update(bytes)
  }
  return hash.digest('hex')
}

export const digestsOf = (root: string, patterns: readonly string[]): Result['judged'] =>
  Object.fromEntries(patterns.map((pattern) => [pattern, digestOf(root, pattern)]))

/** A run before its end. @param suite the row of `suites` */
export const beginRun = (suite: string): Pick<Result, 'at' | 'judged'> => ({
  at: new Date().toISOString(),
  judged: digestsOf(repository, suites[suite] ?? []),
})

export const writeResult = (suite: string, { at, passed, failed, judged }: Result): void =>
  writeFileSync(join(repository, fileOf(suite)), `${JSON.stringify({ at, passed, failed, judged }, null, 2)}\n`)

/** One line for each suite whose result is missing, failed, or older than the files that it judges. */
export const tellStale = (root: string, all: Suites = suites): string[] =>
  Object.entries(all).flatMap(([suite, patterns]) => {
    const again = `\`npm run test:${suite}\``
    if (!existsSync(join(root, fileOf(suite)))) return [`${suite}: no result yet: ${again}`]
    const { at, failed, judged } = JSON.parse(readFileSync(join(root, fileOf(suite)), 'utf8')) as Result
    const day = at.slice(0, 10)
    if (failed > 0) return [`${suite}: its run of ${day} failed: ${again}`]
    const changed = Object.entries(digestsOf(root, patterns)).filter(([pattern, digest]) => judged[pattern] !== digest)
    if (changed.length === 0) return []
    return [`${suite}: its result of ${day} is older than ${changed.map(([pattern]) => pattern).join(', ')}: ${again}`]
  })

export type Step = <T>(name: string, act: () => T | Promise<T>) => Promise<T>

export const say = (line: string): void => console.log(`   ${line}`)

/**
 * Runs a suite, counts its steps and writes its result. A machine that cannot have the program leaves no result. The exit
 * code is 1 unless every step passed.
 *
 * @param build finds or builds the program that judges
 * @param tell the steps, of which the first to throw is the last
 */
export async function runSuite<Program>(
  suite: string,
  build: () => Program | Promise<Program>,
  tell: (program: Program, step: Step) => Promise<void>,
): Promise<void> {
  const counts = { passed: 0, failed: 0 }
  const begun = beginRun(suite)
  const step: Step = async (name, act) => {
    const began = Date.now()
    console.log(`── ${name}`)
    const result = await act()
    console.log(`   good (${((Date.now() - began) / 1000).toFixed(1)} s)`)
    return result
  }
  const counted: Step = async (name, act) => {
    const result = await step(name, act)
    counts.passed += 1
    return result
  }
  const fail = (fault: unknown) => {
    console.error(`\nFAILED: ${fault instanceof Error ? (fault.stack ?? fault.message) : String(fault)}`)
    process.exitCode = 1
  }

  let program: Program
  try {
    program = await step('find the program that judges, or build it', build)
  } catch (fault) {
    fail(fault)
    return
  }
  try {
    await tell(program, counted)
    console.log('\nEvery expectation held.')
  } catch (fault) {
    counts.failed += 1
    fail(fault)
  }
  writeResult(suite, { ...begun, ...counts })
}
