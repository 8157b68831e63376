import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { startCheckoutService } from '../../examples/checkout-service/checkout-service.ts'
import { BadRequestFile, readRequestFile } from '../../examples/remediator/request-file.ts'
import { tellOwnRequest } from './demo/chapters/requests.ts'
import { tellAll } from './demo/chapters.ts'
import { createReport, describeFault, type Report } from './demo/report.ts'
import { createWorld } from './demo/world.ts'
import { clientSettings, EmulatorEnded } from './emulator.ts'
import type { Local } from './local-file.ts'
import { readOrganisation } from './organisation.ts'
import { endingWords, untilAborted, untilAsked } from './processes.ts'
import { MissingPrerequisite } from './python-environment.ts'
import { findStack, type LocalStack, StackIsRunning, startStack } from './stack.ts'

/**
 * `npm run demo`: the whole of it on this machine, unattended. Starts the local stack, tells the story with scripted
 * people who click real signed interactions, shows what must not happen not happening, verifies the record, and ends all
 * it started, also on failure and on Ctrl-C. Exit 0 only if every expectation held.
 */
const usage = `usage: npm run demo -- [--keep] [--request FILE]

  --keep          leave the local stack running when the demo is over, until Ctrl-C
  --request FILE  instead of the demo, run one AuthZEN evaluation body of yours, on the stack that runs already if one does
`

function readOptions() {
  try {
    const { values } = parseArgs({
      options: { keep: { type: 'boolean', default: false }, request: { type: 'string' }, state: { type: 'string' } },
    })
    return values
  } catch (fault) {
    process.stderr.write(`${(fault as Error).message}\n\n${usage}`)
    process.exit(2)
  }
}

/** A request that no stack can take is refused before one is started. */
function checkRequest(file: string, running: Local | undefined): void {
  const { agents } = running ?? readOrganisation(join(import.meta.dirname, '../../policies'))
  try {
    readRequestFile(
      file,
      agents.map(({ id }) => id),
    )
  } catch (fault) {
    if (!(fault instanceof BadRequestFile)) throw fault
    process.stderr.write(`${fault.message}\n`)
    process.exit(2)
  }
}

const options = readOptions()
const folder = resolve(options.state ?? join(import.meta.dirname, '../../.hotwork'))
const running = options.request === undefined ? undefined : findStack(folder)
if (options.request !== undefined) checkRequest(options.request, running)
const asked = untilAsked()
const broken = new AbortController()
const report = createReport(process.stdout, AbortSignal.any([asked, broken.signal]))
try {
  if (running) {
    process.stdout.write(`uses the local stack that runs already: ${running.apiUrl}\n`)
    await tell({ local: running, deploy: () => Promise.reject(new Error('the stack is another process')) }, report)
    process.exitCode = report.finish() ? 0 : 1
  } else await tellOnOwnStack()
} catch (fault) {
  const isForPeople = [StackIsRunning, MissingPrerequisite, EmulatorEnded].some((kind) => fault instanceof kind)
  const why = asked.aborted || isForPeople ? describeFault(fault) : String((fault as Error).stack)
  process.stderr.write(`${why}\n`)
  process.exitCode = asked.aborted ? 130 : 1
}
// What was being waited for when the demo ended would hold the process for a while.
process.exit()

async function tellOnOwnStack(): Promise<void> {
  const stack = await startStack({ stateDirectory: folder, signal: asked })
  void untilAborted(stack.signal).then(() => broken.abort(stack.signal.reason))
  try {
    await tell(stack, report)
    process.exitCode = report.finish() ? 0 : 1
    if (options.keep) await keepRunning(stack)
  } finally {
    process.stdout.write(endingWords(options.state ?? '.hotwork'))
    await stack.close()
  }
  if (stack.signal.aborted && !asked.aborted) throw stack.signal.reason
}

async function tell({ local, deploy }: Pick<LocalStack, 'local' | 'deploy'>, report: Report): Promise<void> {
  const checkout = await startCheckoutService({ aws: clientSettings(local.aws) })
  try {
    const world = createWorld(local, report, { healthUrl: `${checkout.url}/health`, folder, deploy })
    await (options.request === undefined ? tellAll(world) : tellOwnRequest(world, options.request))
  } finally {
    await checkout.close()
  }
}

async function keepRunning({ local, signal }: LocalStack): Promise<void> {
  const { apiUrl, slack, identityProviderUrl } = local
  process.stdout.write(`
Hotwork keeps running until Ctrl-C, which ends its requests and its record too.

  API                ${apiUrl}
  desk (Slack)       ${slack.deskUrl}
  identity provider  ${identityProviderUrl}
`)
  await untilAborted(signal)
}
