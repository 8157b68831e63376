// Rules: test/local/demo-options.test.ts
import { existsSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { Refusal } from '../client/outcome.ts'
import { readRequestFile } from '../client/requests/request-file.ts'
import { tellOwnRequest } from './demo/chapters/requests.ts'
import { chapterNames, describeChapters, mainJob, tellChapters } from './demo/chapters.ts'
import { type Options, readOptions, usage } from './demo/options.ts'
import { recordingOf } from './demo/picture.ts'
import { describeFault, layOut, Report } from './demo/report.ts'
import { type RunningStack, withWorld } from './demo/world.ts'
import type { Local } from './local-file.ts'
import { readOrganisation } from './organisation.ts'
import { endingWords, FaultForPeople, untilAborted, untilAsked } from './processes.ts'
import { findStack, type LocalStack, startStack } from './stack.ts'

/**
 * `npm run demo`, unattended. It ends everything it started, also on failure and on Ctrl-C. Exit 0 only if every
 * expectation held.
 */
const options = chooseOptions()
if ('list' in options) {
  for (const row of layOut(describeChapters())) process.stdout.write(`${row}\n`)
  process.exit()
}
const root = join(import.meta.dirname, '..')
mustBeBuilt()
const folder = resolve(root, options.state)
const running = 'request' in options ? findStack(folder) : undefined
if ('request' in options) checkRequest(options.request, running)
const asked = untilAsked()
const broken = new AbortController()
const report = new Report(process.stdout, AbortSignal.any([asked, broken.signal]))
try {
  if (running) {
    process.stdout.write(`uses the local stack that runs already: ${running.apiUrl}\n`)
    await tell({ local: running, folder })
  } else await tellOnOwnStack()
  if (!options.keep || running) process.exitCode = report.finish() ? 0 : 1
} catch (fault) {
  const isForPeople = asked.aborted || fault instanceof FaultForPeople
  const why = isForPeople ? describeFault(fault) : String((fault as Error).stack)
  process.stderr.write(`${why}\n`)
  process.exitCode = asked.aborted ? 130 : 1
}
// Exits, since an aborted wait would keep the process for a while.
process.exit()

function chooseOptions(): Options {
  try {
    return readOptions(process.argv.slice(2), chapterNames, mainJob)
  } catch (fault) {
    process.stderr.write(`${(fault as Error).message}\n\n${usage}`)
    process.exit(2)
  }
}

/** Checks for the built package, which the examples import. `npm ci` builds it, unless scripts are off. */
function mustBeBuilt(): void {
  if (['index.js', 'gate.js'].every((name) => existsSync(join(root, 'dist', name)))) return
  process.stderr.write('the demo needs `dist/`, which is missing: run `npm run build`, then this again\n')
  process.exit(1)
}

/** Checks the file before the stack is started. */
function checkRequest(file: string, running: Local | undefined): void {
  const { agents } = running ?? readOrganisation(join(root, 'policies'))
  try {
    readRequestFile(
      file,
      agents.map(({ id }) => id),
    )
  } catch (fault) {
    if (!(fault instanceof Refusal)) throw fault
    process.stderr.write(`${fault.told.title}; ${fault.told.detail}\n`)
    process.exit(2)
  }
}

async function tellOnOwnStack(): Promise<void> {
  const stack = await startStack({ stateDirectory: folder, signal: asked })
  void untilAborted(stack.signal).then(() => broken.abort(stack.signal.reason))
  try {
    await tell({ local: stack.local, folder, deploy: stack.deploy })
    if (options.keep) {
      process.exitCode = report.finish() ? 0 : 1
      await keepRunning(stack)
    }
  } finally {
    process.stdout.write(endingWords(options.state))
    await stack.close()
  }
  if (stack.signal.aborted && !asked.aborted) throw stack.signal.reason
}

function tell(stack: RunningStack): Promise<void> {
  return withWorld(stack, report, async (world) => {
    if ('request' in options) await tellOwnRequest(world, options.request)
    if ('chapters' in options) await tellChapters(world, options.chapters)
    if (options.record) writeFileSync(options.record, `${JSON.stringify(recordingOf(report.told), null, 2)}\n`)
  })
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
