import { spawn } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { bundleFunctions } from '../../infra/bundle-functions.ts'
import { nodeDirectory, root } from '../../local/cdk.ts'
import type { Local } from '../../local/local-file.ts'
import { untilAsked } from '../../local/processes.ts'
import { createProgress } from '../../local/progress.ts'
import { type LocalStack, startStack } from '../../local/stack.ts'
import { swiftPolicies } from '../../test/support/swift-policies.ts'
import { correct } from './corrections.ts'
import { findOrInstall, startFakecloud, version } from './fakecloud.ts'
import { faults } from './faults.ts'

/**
 * `npm run test:fakecloud`: the same app on an emulator whose authors share no code with the first, and which enforces
 * IAM by an engine of its own. Deploys the template unchanged, by the code that deploys to the first, and runs the
 * tests of the deployed stack. Failures by faults of the emulator are named in faults.ts and counted as skipped; any
 * other fails the run. Arguments after `--` go to jest.
 */

const state = join(root, '.hotwork/fakecloud-test')
const log = join(state, 'log')
/** Arguments for jest. The swift deployment is made only if they name its files. */
const typed = process.argv.slice(2)
const say = (line: string) => console.log(`   ${line}`)

const assemblyOf = (stackName: string) => join(state, 'deployments', stackName, 'assembly')

type Test = { fullName: string; status: string; failureMessages: string[] }
type Results = { testResults: { name: string; message: string; assertionResults: Test[] }[] }

async function run(): Promise<boolean> {
  const asked = untilAsked()
  console.log(`fakecloud ${version}, with IAM enforced`)
  const program = await findOrInstall(say)
  rmSync(state, { recursive: true, force: true })
  mkdirSync(log, { recursive: true })
  await using resources = new AsyncDisposableStack()
  const files = { logFile: join(state, 'fakecloud.log'), lambdaLogFile: join(log, 'lambda.log') }
  const { access, close } = await startFakecloud(program, {
    directory: join(state, 'fakecloud'),
    nodeDirectory,
    ...files,
  })
  resources.defer(close)
  process.env['AWS_ENDPOINT_URL'] = access.endpointUrl
  const bundled = join(state, 'functions')
  await bundleFunctions(bundled)
  process.env['HOTWORK_BUNDLED_FUNCTIONS'] = bundled
  const stack = await startStack({ stateDirectory: state, progress: createProgress(), signal: asked })
  resources.defer(() => stack.close())
  await correct(access, 'Hotwork', assemblyOf('Hotwork'))
  const swift = typed.length > 0 && !typed.some((each) => each.includes('swift')) ? undefined : await deploySwift(stack)
  if (swift) await correct(access, 'Swift', assemblyOf('Swift'))
  return tally(await jest({ main: stack.local, ...(swift && { swift }) }, asked))
}

const deploySwift = async (stack: LocalStack): Promise<Local> =>
  stack.deploy({ stackName: 'Swift', policies: await swiftPolicies(join(state, 'policies')) })

async function jest(deployments: { main: Local; swift?: Local }, signal: AbortSignal): Promise<Results> {
  const [file, results] = [join(state, 'deployments.json'), join(state, 'results.json')]
  writeFileSync(file, JSON.stringify(deployments), { mode: 0o600 })
  const projects = ['--selectProjects', 'stack', 'swift', '--maxWorkers=2', '--silent=false']
  const args = [...projects, '--json', `--outputFile=${results}`, ...typed]
  const { promise, resolve, reject } = Promise.withResolvers<unknown>()
  const child = spawn(join(nodeDirectory, 'jest'), args, {
    cwd: root,
    env: { ...process.env, HOTWORK_DEPLOYMENTS: file, HOTWORK_LOGS: log },
    stdio: ['ignore', 'ignore', 'inherit'],
    signal,
  })
  child.on('error', reject).on('close', resolve)
  await promise
  return JSON.parse(readFileSync(results, 'utf8')) as Results
}

/** Counts and prints the results. A named fault that no longer shows is reported, and fails nothing. */
function tally({ testResults }: Results): boolean {
  const tests = testResults.flatMap(({ assertionResults }) => assertionResults)
  const broken = testResults.filter(({ assertionResults }) => assertionResults.length === 0)
  const reasonOf = ({ fullName }: Test) => faults.find(({ tests }) => tests.some((name) => fullName.includes(name)))
  const failing = tests.filter(({ status }) => status === 'failed')
  const theirs = failing.filter((test) => reasonOf(test))
  const ours = failing.filter((test) => !reasonOf(test))
  for (const { why, tests: named } of faults) {
    const shown = theirs.filter(({ fullName }) => named.some((name) => fullName.includes(name)))
    say(
      `${why}: ${shown.length} of ${named.length}${shown.length < named.length ? ', so some names can be removed' : ''}`,
    )
  }
  for (const { fullName, failureMessages } of ours) console.log(`\nFAILED ${fullName}\n${failureMessages.join('\n')}`)
  for (const { name, message } of broken) console.log(`\nFAILED ${name}\n${message}`)
  const passed = tests.filter(({ status }) => status === 'passed').length
  const skipped = tests.filter(({ status }) => status === 'pending' || status === 'todo').length + theirs.length
  const failed = ours.length + broken.length
  console.log(`\n${passed} passed, ${failed} failed, ${skipped} skipped`)
  return failed === 0 && passed > 0
}

try {
  process.exitCode = (await run()) ? 0 : 1
} catch (fault) {
  console.error(`\nFAILED: ${fault instanceof Error ? (fault.stack ?? fault.message) : String(fault)}`)
  process.exitCode = 1
}
// A Lambda may still hold a connection.
process.exit()
