import { spawn } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chapterNames, tellChapters } from '../../infra/local/demo/chapters.ts'
import { Report } from '../../infra/local/demo/report.ts'
import { withWorld } from '../../infra/local/demo/world.ts'
import type { Local } from '../../infra/local/local-file.ts'
import { createProgress } from '../../infra/local/progress.ts'
import { type LocalStack, startStack } from '../../infra/local/stack.ts'
import { type CallMeter, startCallMeter } from '../stack/support/call-meter.ts'

/**
 * `npm test`: everything that proves it. Format and lint, types, the fast tests, and then the package and the tests of
 * adapters and of the deployment, on one local stack that starts beside the fast tests. `npm run check` (`--fast`) starts none. Steps that run
 * side by side share nothing that one of them changes, and the output of one waits for the other's. Ends with the sum of
 * the runners' own counts; exit 0 only if nothing failed.
 */

const root = join(import.meta.dirname, '../..')
const state = join(root, '.hotwork/test')
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
const fast = ['domain', 'policies', 'operations', 'http', 'slack', 'client', 'local', 'infra']
// The one file of the package's tests that needs the stack.
const deployed = 'cdk-app-deployed'
// What a test writes for itself goes here, and is gone when the test is over: see the last step.
const temporary = mkdtempSync(join(tmpdir(), 'hotwork-test-'))
process.env['TMPDIR'] = temporary
process.env['NODE_DISABLE_COMPILE_CACHE'] = '1'
const counts = { passed: 0, failed: 0, skipped: 0 }

mkdirSync(state, { recursive: true })

const failed: string[] = []
const step = async (name: string, run: () => Promise<boolean>) => {
  const began = Date.now()
  console.log(`\n── ${name}`)
  const good = await run()
  if (!good) failed.push(name)
  console.log(`── ${name}: ${good ? 'good' : 'FAILED'} (${((Date.now() - began) / 1000).toFixed(1)} s)`)
}

await step('the code of the Lambdas, bundled once for all that is synthesized', () => {
  const folder = join(state, 'functions')
  rmSync(folder, { recursive: true, force: true })
  process.env['HOTWORK_BUNDLED_FUNCTIONS'] = folder
  return succeeds('node', ['infra/bundle-functions.ts', folder, join(folder, 'maps')])
})
const stackStart = process.argv.includes('--fast') ? undefined : beginStack()
await Promise.all([
  step('format, lint and layers', () => succeeds('biome', ['ci', '--diagnostic-level=error', '.'])),
  step('types', () => succeeds('tsc', ['--noEmit'])),
  step('what examples import', () => succeeds('node', ['infra/package/build.ts', '--for-examples'])),
])
await step('fast tests', () => jest(fast, { workers: 2 }))
if (stackStart) await testOnTheStack(stackStart)
await step('no temporary file or folder is left', async () => {
  const left = readdirSync(temporary)
  for (const name of left) console.log(`left by a test: ${name}`)
  rmSync(temporary, { recursive: true, force: true })
  return left.length === 0
})

// A machine without Chromium can prove everything else. Continuous integration installs it, and leaves nothing out.
if (counts.skipped > 0 && process.env['CI']) failed.push(`${counts.skipped} skipped`)
if (failed.length > 0) console.log(`\nFailed: ${failed.join(', ')}`)
console.log(`\n${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`)
process.exitCode = failed.length === 0 ? 0 : 1

type Started = { stack: LocalStack; small: Local; meter: CallMeter; running: AsyncDisposableStack }

/**
 * Starts one stack for all tests that need one, and beside it a small deployment whose ladder waits seconds, not minutes.
 * @returns what is there once it runs, and what the start has told so far
 */
function beginStack(): { started: Promise<Started>; told: string[] } {
  const told: string[] = []
  const progress = createProgress({ write: (text) => told.push(text) })
  const start = async (): Promise<Started> => {
    await using begun = new AsyncDisposableStack()
    const meter = await startCallMeter(join(temporary, 'invocations.log'))
    begun.defer(async () => {
      await meter.close()
      rmSync(meter.invocationsFile, { force: true })
    })
    const stack = await startStack({ stateDirectory: state, progress, meter })
    begun.defer(() => stack.close())
    const small = await stack.deploy({ stackName: 'Swift', policies: swiftPolicies() })
    return { stack, small, meter, running: begun.move() }
  }
  const started = start()
  // It is awaited after the fast tests, and may have failed long before.
  started.catch(() => {})
  return { started, told }
}

async function testOnTheStack({ started, told }: ReturnType<typeof beginStack>): Promise<void> {
  console.log(`\n── the local stack\n${told.splice(0).join('')}`)
  const { stack, small, meter, running } = await started
  console.log(told.join(''))
  try {
    const deployments = join(state, 'deployments.json')
    writeFileSync(deployments, JSON.stringify({ main: stack.local, swift: small }), { mode: 0o600 })
    const env = {
      HOTWORK_DEPLOYMENTS: deployments,
      HOTWORK_LOGS: join(state, 'log'),
      HOTWORK_METER: meter.controlUrl,
      HOTWORK_TARBALL: join(state, 'package', `hotwork-${version}.tgz`),
    }
    // Counted first, and alone on the stack: what other tests leave waiting would be counted with it.
    await Promise.all([
      step('what a request asks of AWS', () => jest(['cost'], { env })),
      step('the package', makePackage).then(() =>
        step('the package, installed', () =>
          jest(['package'], { env, heldBack: true, files: ['--testPathIgnorePatterns', deployed] }),
        ),
      ),
    ])
    // The demo before all that asks as the same people and agents. The adapters' tests have tables and keys of their own.
    await Promise.all([
      step('every chapter of the demo', () => tellDemo(stack.local, small)),
      step('adapters', () => jest(['adapters'], { env, heldBack: true })),
      // It deploys a stack of its own.
      step('the package, deployed', () =>
        jest(['package'], { env, heldBack: true, files: ['--testPathPatterns', deployed] }),
      ),
    ])
    // Two deployments: what one keeps, the tests of the other do not touch.
    await Promise.all([
      step('the deployed stack', () => jest(['stack'], { env })),
      step('the deployment that waits seconds', () => jest(['swift'], { env, heldBack: true })),
    ])
    await step('what the Lambdas have put, against their roles', () => jest(['written'], { env }))
  } finally {
    await running.disposeAsync()
  }
}

/** Once, since it also replaces `dist/`, which examples import. */
function makePackage(): Promise<boolean> {
  const folder = join(state, 'package')
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder)
  return succeeds('npm', ['pack', '--loglevel=error', `--pack-destination=${folder}`], { heldBack: true })
}

/** The sample's policies with the ladder and the terms of break-glass of test/support/policies. */
function swiftPolicies(): string {
  const folder = join(state, 'policies')
  rmSync(folder, { recursive: true, force: true })
  cpSync(join(root, 'policies'), folder, { recursive: true })
  for (const file of ['ladder.json', 'break-glass.json'])
    cpSync(join(root, 'test/support/policies', file), join(folder, file))
  return folder
}

/** On the stack that is there, where `npm run demo -- --all` would start one of its own. */
async function tellDemo(local: Local, small: Local): Promise<boolean> {
  const report = new Report()
  const running = { local, folder: state, quick: async () => small }
  await withWorld(running, report, (world) => tellChapters(world, chapterNames))
  counts.passed += report.held
  counts.failed += report.failed
  return report.finish()
}

type Run = {
  env?: NodeJS.ProcessEnv
  workers?: number
  /** Whether its output comes at its end, since another step is telling its own. */
  heldBack?: boolean
  /** Options that say which files of the projects. */
  files?: readonly string[]
}

async function jest(
  projects: readonly string[],
  { env = {}, workers = 1, heldBack = false, files = [] }: Run,
): Promise<boolean> {
  const results = join(state, `results-${projects[0]}.json`)
  rmSync(results, { force: true })
  const options = ['--json', `--outputFile=${results}`, '--silent=false', `--maxWorkers=${workers}`, ...files]
  const passed = await succeeds('jest', ['--selectProjects', ...projects, ...options], { env, heldBack })
  const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, numFailedTestSuites } = JSON.parse(
    readFileSync(results, 'utf8'),
  ) as { [count: string]: number }
  counts.passed += numPassedTests ?? 0
  // A suite that did not even load has no tests to count, and has failed all the same.
  counts.failed += Math.max(numFailedTests ?? 0, numFailedTestSuites ?? 0)
  counts.skipped += (numPendingTests ?? 0) + (numTodoTests ?? 0)
  return passed
}

/** Runs npm, or a program of node_modules/.bin, to its end. Jest's JSON is not for the reader, only what it says on standard error. */
function succeeds(
  program: string,
  args: readonly string[],
  { env = {}, heldBack = false }: Run = {},
): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(program === 'npm' ? program : join(root, 'node_modules/.bin', program), args, {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: ['ignore', program === 'jest' ? 'ignore' : 'inherit', heldBack ? 'pipe' : 'inherit'],
    })
    const told: Buffer[] = []
    child.stderr?.on('data', (chunk: Buffer) => told.push(chunk))
    child.once('error', () => resolve(false))
    child.once('close', (code) => {
      for (const chunk of told) process.stderr.write(chunk)
      resolve(code === 0)
    })
  })
}
