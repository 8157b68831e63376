import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { setPriority, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { mainJob, tellChapters } from '../../local/demo/chapters.ts'
import { recordingOf, type Told } from '../../local/demo/picture.ts'
import { Report } from '../../local/demo/report.ts'
import { withWorld } from '../../local/demo/world.ts'
import type { Local } from '../../local/local-file.ts'
import { createProgress } from '../../local/progress.ts'
import { startStack } from '../../local/stack.ts'
import { startCallMeter } from '../../tools/meter/call-meter.ts'
import { repository as root, suites, tellStale } from '../../tools/suites.ts'
import { environmentOf } from '../adapters/emulator.ts'
import { forgetWords } from '../stack/support/aws.ts'
import { startOwnEmulator } from './own-emulator.ts'
import { swiftPolicies, workspaces } from './swift-policies.ts'

/**
 * `npm test`: all tests. `npm run check` (`--fast`) is the part without a stack: format and lint, types, the fast
 * tests. Otherwise two lines of steps run at once: one calls a local stack, and mostly waits; the other computes, at a
 * lower priority, so that it does not delay the first. Concurrent steps share nothing that one of them changes, and
 * each prints its output at its end. The last line is the sum of the runners' own counts; exit 0 only if nothing
 * failed.
 */

const state = join(root, '.hotwork/test')
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
const fast = [
  'domain',
  'policies',
  'operations',
  'http',
  'channels',
  'client',
  'local',
  'infra',
  'seams',
  'adapters-alone',
]
// The one file of the package's tests that needs the stack.
const deployed = 'cdk-app-deployed'
// The temporary folder of all tests. Each test deletes its files: see the last step.
const temporary = mkdtempSync(join(tmpdir(), 'hotwork-test-'))
process.env['TMPDIR'] = temporary
// The compile cache of programs that tests start, so that each is compiled once in a run.
const compiled = join(state, 'compiled')
rmSync(compiled, { recursive: true, force: true })
process.env['NODE_COMPILE_CACHE'] = compiled
// The demo's other chapters are told on the stack by tests.
const chapters = [...mainJob, 'mcp', 'drift']
const tarball = join(state, 'package', `hotwork-${version}.tgz`)
const ofPackage = { HOTWORK_TARBALL: tarball }
const isFast = process.argv.includes('--fast')
const counts = { passed: 0, failed: 0, skipped: 0 }
const failed: string[] = []
const began = Date.now()
let runs = 0
mkdirSync(state, { recursive: true })

await step('the code of the Lambdas, bundled once for all that is synthesized', (tell) => {
  const folder = join(state, 'functions')
  rmSync(folder, { recursive: true, force: true })
  process.env['HOTWORK_BUNDLED_FUNCTIONS'] = folder
  return succeeds('node', ['infra/bundle-functions.ts', folder, join(folder, 'maps')], { tell })
})
await (isFast ? testFast() : testAll())
await step('no temporary file or folder is left', async (tell) => {
  const left = readdirSync(temporary)
  for (const name of left) tell(`left by a test: ${name}\n`)
  rmSync(temporary, { recursive: true, force: true })
  return left.length === 0
})

// A machine without Chromium skips its tests. Continuous integration installs it, and may skip none.
if (counts.skipped > 0 && process.env['CI']) failed.push(`${counts.skipped} skipped`)
if (failed.length > 0) console.log(`\nFailed: ${failed.join(', ')}`)
// A stale result fails nothing, since those suites build programs for many minutes.
const stale = tellStale(root)
if (stale.length > 0) console.log(`\nSuites beside these tests:\n${stale.join('\n')}`)
console.log(`\n${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`)
process.exitCode = failed.length === 0 ? 0 : 1

async function testFast(): Promise<void> {
  const imported = step('what examples import', (tell) =>
    succeeds('node', ['infra/package/build.ts', '--for-examples'], { tell }),
  )
  await Promise.all([...lookAtCode(), imported])
  await step('fast tests', (tell) => jest(fast, { tell, workers: 2 }))
}

function lookAtCode(): Promise<void>[] {
  return [
    step('format, lint and layers', (tell) =>
      succeeds('biome', ['ci', '--diagnostic-level=error', '.'], { tell, behind: true }),
    ),
    step('types', (tell) => succeeds('tsc', ['--noEmit'], { tell, behind: true })),
  ]
}

async function testAll(): Promise<void> {
  await using resources = new AsyncDisposableStack()
  const starting = Promise.withResolvers<Stack>()
  // Each step that needs the stack fails with the reason.
  starting.promise.catch(() => {})
  // This step replaces `dist/`, which examples and tests import, so they begin after it.
  const packed = step('the package', makePackage)
  await Promise.all([testOnStack(starting, packed, resources), testBesideStack(packed), testBesideCosts(packed)])
}

/** `swift`: resolves when the deployment whose ladder waits seconds is there too. */
type Stack = { local: Local; env: NodeJS.ProcessEnv; swift: Promise<void> }

/** Runs tests on two deployments with separate data. */
async function testOnStack(
  starting: PromiseWithResolvers<Stack>,
  packed: Promise<void>,
  resources: AsyncDisposableStack,
): Promise<void> {
  await step('the local stack', async (tell) => {
    await start(tell, resources).then(starting.resolve, starting.reject)
    return starting.promise.then(() => true)
  })
  const onStack = (name: string, run: (stack: Stack, tell: Tell) => Promise<boolean>) =>
    step(name, async (tell) => run(await starting.promise, tell))
  // The counts come first, and alone on the stack: other tests' leftovers would be counted too, and so would a retry at
  // a busy emulator.
  await onStack('what a request asks of AWS', ({ env }, tell) => jest(['cost'], { env, tell }))
  await packed
  await Promise.all([
    testMain(onStack),
    onStack('the deployment that waits seconds', async ({ env, swift }, tell) => {
      await swift
      return jest(['swift'], { env, tell })
    }),
    onStack('the package, deployed', ({ env }, tell) =>
      jest(['package'], { env: { ...ofPackage, ...env }, tell, behind: true, files: ['--testPathPatterns', deployed] }),
    ),
  ])
  await onStack('what the Lambdas have put, against their roles', ({ env }, tell) => jest(['written'], { env, tell }))
}

type OnStack = (name: string, run: (stack: Stack, tell: Tell) => Promise<boolean>) => Promise<void>

async function testMain(onStack: OnStack): Promise<void> {
  // The demo comes before all tests with the same people and agents.
  await onStack('chapters of the demo', tellDemo)
  await onStack('the deployed stack', ({ env }, tell) => jest(['stack'], { env, tell }))
}

/**
 * These begin while the costs are counted, which mostly waits, and end before tests of seconds would feel them. The
 * adapters have an AWS of their own: among their roles are some that trust everyone, which hosts would reach.
 */
async function testBesideCosts(packed: Promise<void>): Promise<void> {
  await packed
  await step('adapters', async (tell) => {
    const { emulator, close } = await startOwnEmulator()
    const env = { HOTWORK_AWS: JSON.stringify(environmentOf(emulator)) }
    return jest(['adapters'], { env, tell, behind: true }).finally(close)
  })
  await step('the package, installed', (tell) =>
    jest(['package'], { env: ofPackage, tell, behind: true, files: ['--testPathIgnorePatterns', deployed] }),
  )
}

async function testBesideStack(packed: Promise<void>): Promise<void> {
  await Promise.all([...lookAtCode(), packed])
  // Half of this step is a download, and programs that wait for one another.
  const agents = step('agents', async (tell) => {
    if (tellStale(root, { agents: suites['agents'] ?? [] }).length > 0)
      return countTests('node', ['test/agents/run.ts'], { tell, behind: true })
    tell('test/agents/result.json is of these files: `npm run test:agents` runs it again\n')
    return true
  })
  await step('fast tests', (tell) => jest(fast, { tell, behind: true, workers: 2 }))
  await agents
}

/** One stack for all tests that need one, and beside it a small deployment whose ladder waits seconds, not minutes. */
async function start(tell: Tell, resources: AsyncDisposableStack): Promise<Stack> {
  const progress = createProgress({ write: tell })
  const meter = await startCallMeter(join(temporary, 'invocations.log'))
  resources.defer(async () => {
    await meter.close()
    rmSync(meter.invocationsFile, { force: true })
  })
  const stack = await startStack({ stateDirectory: state, progress, meter })
  resources.defer(() => stack.close())
  const policies = await swiftPolicies(join(state, 'policies'))
  const deployments = join(state, 'deployments.json')
  const tellTests = (found: { main: Local; swift?: Local }) =>
    writeFileSync(deployments, JSON.stringify(found), { mode: 0o600 })
  const main = stack.local
  tellTests({ main })
  const swift = stack.deploy({ stackName: 'Swift', policies, workspaces }).then((swift) => tellTests({ main, swift }))
  // Its own step fails with the reason.
  swift.catch(() => {})
  const env = {
    HOTWORK_DEPLOYMENTS: deployments,
    HOTWORK_LOGS: join(state, 'log'),
    HOTWORK_METER: meter.controlUrl,
    HOTWORK_TARBALL: tarball,
  }
  return { local: main, env, swift }
}

function makePackage(tell: Tell): Promise<boolean> {
  const folder = dirname(tarball)
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder)
  return succeeds('npm', ['pack', '--loglevel=error', `--pack-destination=${folder}`], { tell, behind: true })
}

/** Tells the demo on the running stack. `npm run demo -- --all` starts its own. */
async function tellDemo({ local }: Stack, tell: Tell): Promise<boolean> {
  const report = new Report({ write: tell })
  await withWorld({ local, folder: state }, report, (world) => tellChapters(world, chapters))
  await forgetWords(local, 'agent:remediator', 'agent:builder')
  counts.passed += report.held
  counts.failed += report.failed
  return report.finish() && isAsDrawn(report.told, tell)
}

/** Whether the moving picture of the first page still shows what the demo tells. */
function isAsDrawn(told: readonly Told[], tell: Tell): boolean {
  const drawn =
    readFileSync(join(root, 'docs/pictures/demo.json'), 'utf8') === `${JSON.stringify(recordingOf(told), null, 2)}\n`
  if (!drawn)
    tell('docs/pictures/demo.json is of another demo: `npm run demo -- --record FILE`, then `npm run pictures`\n')
  return drawn
}

/** Runs a step, and prints its output at its end. A fault fails it, and is printed. */
async function step(name: string, run: (tell: Tell) => Promise<boolean>): Promise<void> {
  const stepBegan = Date.now()
  const told: (string | Uint8Array)[] = []
  console.log(`\n── ${name}: begins at ${seconds(began)}`)
  const good = await run((part) => told.push(part)).catch((fault: Error) => {
    told.push(`${fault.stack}\n`)
    return false
  })
  if (!good) failed.push(name)
  if (told.length > 0) console.log(`\n── ${name}:`)
  for (const part of told) process.stdout.write(part)
  console.log(`── ${name}: ${good ? 'good' : 'FAILED'} (${seconds(stepBegan)})`)
}

function seconds(since: number): string {
  return `${((Date.now() - since) / 1000).toFixed(1)} s`
}

type Tell = (part: string | Uint8Array) => unknown

type Run = {
  tell: Tell
  env?: NodeJS.ProcessEnv
  workers?: number
  /** Whether it runs at a lower priority. */
  behind?: boolean
  /** Jest's options that select files of the projects. */
  files?: readonly string[]
}

function jest(projects: readonly string[], { workers = 1, files = [], ...run }: Run): Promise<boolean> {
  // Modules that a worker keeps hold a little of each file: beyond this much, collecting garbage takes longer than loading.
  const limits = [`--maxWorkers=${workers}`, ...(workers > 1 ? ['--workerIdleMemoryLimit=600MB'] : [])]
  return countTests('jest', ['--selectProjects', ...projects, ...limits, ...files], run)
}

/** @param program jest, or a program that passes its arguments on to jest */
async function countTests(program: string, args: readonly string[], run: Run): Promise<boolean> {
  runs += 1
  const results = join(state, `results-${runs}.json`)
  rmSync(results, { force: true })
  const passed = await succeeds(program, [...args, '--json', `--outputFile=${results}`, '--silent=false'], run)
  const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, numFailedTestSuites } = JSON.parse(
    readFileSync(results, 'utf8'),
  ) as { [count: string]: number }
  counts.passed += numPassedTests ?? 0
  // A suite that failed to load has no tests to count, and counts as one failure.
  counts.failed += Math.max(numFailedTests ?? 0, numFailedTestSuites ?? 0)
  counts.skipped += (numPendingTests ?? 0) + (numTodoTests ?? 0)
  return passed
}

/** Runs npm, or a program of node_modules/.bin, to its end. Jest's JSON is dropped; its standard error is printed. */
function succeeds(program: string, args: readonly string[], { tell, env = {}, behind = false }: Run): Promise<boolean> {
  // A single line of steps is shown live.
  const out = isFast ? 'inherit' : 'pipe'
  return new Promise((resolve) => {
    const child = spawn(program === 'npm' ? program : join(root, 'node_modules/.bin', program), args, {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: ['ignore', program === 'jest' ? 'ignore' : out, out],
    })
    if (behind && child.pid !== undefined) setPriority(child.pid, 10)
    child.stdout?.on('data', tell)
    child.stderr?.on('data', tell)
    child.once('error', (fault) => {
      tell(`${fault.message}\n`)
      resolve(false)
    })
    child.once('close', (code) => resolve(code === 0))
  })
}
