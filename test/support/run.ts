import { spawn } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chapterNames, tellChapters } from '../../infra/local/demo/chapters.ts'
import { Report } from '../../infra/local/demo/report.ts'
import { withWorld } from '../../infra/local/demo/world.ts'
import type { Local } from '../../infra/local/local-file.ts'
import { createProgress } from '../../infra/local/progress.ts'
import { startStack } from '../../infra/local/stack.ts'
import { startCallMeter } from '../stack/support/call-meter.ts'

/**
 * `npm test`: everything that proves it. Format and lint, types, the fast tests, and then the local stack, started once,
 * for the tests of adapters and of the deployment. `npm run check` (`--fast`) stops before the stack. Ends with the sum
 * of the runners' own counts; exit 0 only if nothing failed.
 */

const root = join(import.meta.dirname, '../..')
const state = join(root, '.hotwork/test')
const fast = ['domain', 'policies', 'operations', 'http', 'slack', 'client', 'local', 'infra']
const onTheStack = ['adapters', 'stack']
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

await step('format, lint and layers', () => succeeds('biome', ['ci', '--diagnostic-level=error', '.']))
await step('types', () => succeeds('tsc', ['--noEmit']))
await step('fast tests', () => jest(fast))
if (!process.argv.includes('--fast')) await testOnTheStack()
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

/** One stack for all tests that need one, and beside it a small deployment whose ladder waits seconds, not minutes. */
async function testOnTheStack(): Promise<void> {
  const meter = await startCallMeter(join(temporary, 'invocations.log'))
  const stack = await startStack({ stateDirectory: state, progress: createProgress(), meter })
  try {
    const small = await stack.deploy({ stackName: 'Swift', policies: swiftPolicies() })
    const deployments = join(state, 'deployments.json')
    writeFileSync(deployments, JSON.stringify({ main: stack.local, swift: small }), { mode: 0o600 })
    const env = {
      HOTWORK_DEPLOYMENTS: deployments,
      HOTWORK_LOGS: join(state, 'log'),
      HOTWORK_METER: meter.controlUrl,
    }
    // Counted first and alone: what other tests leave waiting would be counted with it.
    await step('what a request asks of AWS', () => jest(['cost'], env))
    // Before all that asks as the same people and agents.
    await step('every chapter of the demo', () => tellDemo(stack.local, small))
    await step('adapters, and the deployed stack', () => jest(onTheStack, env))
    await step('what the Lambdas have put, against their roles', () => jest(['written'], env))
  } finally {
    await stack.close()
    await meter.close()
    rmSync(meter.invocationsFile, { force: true })
  }
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

async function jest(projects: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<boolean> {
  const results = join(state, 'results.json')
  rmSync(results, { force: true })
  const passed = await succeeds(
    'jest',
    ['--selectProjects', ...projects, '--json', `--outputFile=${results}`, '--silent=false'],
    env,
  )
  const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, numFailedTestSuites } = JSON.parse(
    readFileSync(results, 'utf8'),
  ) as { [count: string]: number }
  counts.passed += numPassedTests ?? 0
  // A suite that did not even load has no tests to count, and has failed all the same.
  counts.failed += Math.max(numFailedTests ?? 0, numFailedTestSuites ?? 0)
  counts.skipped += (numPendingTests ?? 0) + (numTodoTests ?? 0)
  return passed
}

/** Runs a program of node_modules/.bin to its end. Its JSON, if it prints any, is not for the reader. */
function succeeds(program: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(join(root, 'node_modules/.bin', program), args, {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: ['ignore', program === 'jest' ? 'ignore' : 'inherit', 'inherit'],
    })
    child.once('error', () => resolve(false))
    child.once('exit', (code) => resolve(code === 0))
  })
}
