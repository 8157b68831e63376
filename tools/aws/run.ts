import { randomBytes } from 'node:crypto'
import { join, resolve } from 'node:path'
import { root } from '../../local/cdk.ts'
import { type Chapters, chapters, tellChapters, withNeeds } from '../../local/demo/chapters.ts'
import { describeFault, endedBy, Report } from '../../local/demo/report.ts'
import { withWorld } from '../../local/demo/world.ts'
import type { AwsAccess } from '../../local/emulator.ts'
import { untilAsked } from '../../local/processes.ts'
import { createProgress } from '../../local/progress.ts'
import { findAccount, readAccess } from './account.ts'
import { tellLag } from './chapters/lag.ts'
import { tellTime } from './chapters/time.ts'
import { makeChecks } from './checks.ts'
import { deployToAws, makeFolders } from './deploy.ts'
import { type Made, readMade, stacksOf, writeMade } from './made.ts'
import { readOptions, UnusableOptions, usage } from './options.ts'
import { type Left, removeAll } from './remove.ts'
import { isGood, type Run, summaryOf, writeReport } from './report.ts'
import { checkSampleIsFree, makeSample, samplePaths } from './sample.ts'

/**
 * `npm run verify:aws`: deploys Hotwork and a target into a test account, runs the story, break-glass and the sealed
 * role, lets time run out, checks what only AWS answers, writes a report, and removes everything, also after a failure
 * and Ctrl-C. docs/verify-aws.md.
 */

/** A chapter that makes a role of its own in the account. */
const { registry: _, ...ofTheDemo } = chapters

/** Chapters of the demo, and two that measure how long AWS takes. */
const tellable: Chapters = {
  ...ofTheDemo,
  time: ['Time runs out: each use looks at the end itself, and no timer is needed', tellTime],
  lag: ['How long a dead credential lives: the same several times, for the figures', tellLag],
}
const tellableNames = Object.keys(tellable)

const say = (line: string) => process.stdout.write(`  ${line}\n`)

async function run(): Promise<boolean> {
  const options = readOptions(process.argv.slice(2), tellableNames)
  await using resources = new AsyncDisposableStack()
  const asked = untilAsked()
  const { aws, accountId } = await findAccount(options, resources, asked)
  if (options.remove) return (await remove(aws, resolve(options.remove), accountId)).length === 0

  const name = `Hwv${randomBytes(3).toString('hex')}`
  const folders = makeFolders(join(root, '.hotwork/aws', name))
  const made: Made = { name, accountId, region: aws.region, stacks: stacksOf(name), paths: samplePaths }
  await checkSampleIsFree(aws)
  writeMade(folders.directory, made)
  say(`run ${name} in account ${accountId}, ${aws.region}: all of it is in ${folders.directory}`)
  const told: Run = {
    name,
    accountId,
    region: aws.region,
    isAws: aws.endpointUrl === '',
    began: Date.now(),
    checks: [],
  }
  // The words come after the line of the running step.
  asked.addEventListener('abort', () =>
    say('\n  ending. Ctrl-C once more ends at once, and removes nothing from the account'),
  )
  try {
    await makeSample(aws)
    await verify(told, { ...folders, aws, accountId, name, asked }, options.chapters)
  } catch (fault) {
    tell(fault)
    told.endedBy = (describeFault(fault).split('\n')[0] as string).replace(/:$/, '')
  }
  writeReport(folders.directory, told)
  const later = `npm run verify:aws -- --account ${accountId} --remove ${folders.directory}`
  if (options.keep) say(`kept. To remove it: ${later}`)
  // The first credentials may have expired by now.
  const now = options.local ? aws : await readAccess().catch(() => aws)
  const left = options.keep ? [] : await remove(now, folders.directory, accountId)
  if (left.length > 0) say(options.local ? 'it ends with the emulator' : `later: ${later}`)
  say(`${summaryOf(told)}. ${join(folders.directory, 'report.md')}`)
  return isGood(told) && left.every(({ isLocked }) => isLocked)
}

type Around = ReturnType<typeof makeFolders> & { aws: AwsAccess; accountId: string; name: string; asked: AbortSignal }

async function verify(told: Run, around: Around, names: readonly string[]): Promise<void> {
  const { aws, directory, asked: signal } = around
  await using resources = new AsyncDisposableStack()
  const progress = createProgress()
  const { local, output } = await deployToAws({ ...around, region: aws.region, progress, signal, resources })
  told.deployedWithin = Date.now() - told.began
  const report = new Report(process.stdout, signal)
  // SSM takes three puts a second, and IAM spreads a deny within seconds.
  if (told.isAws) report.probes = { withinSeconds: 300, everyMilliseconds: 500 }
  const stack = { local, folder: directory }
  try {
    await withWorld(stack, report, async (world) => {
      await tellChapters(world, names, tellable)
      for (const check of makeChecks({ world, aws, output, isAws: told.isAws }))
        told.checks.push(await endedBy(check.ask(say), signal))
    })
  } finally {
    told.chapters = { names: withNeeds(names, tellableNames), held: report.held, failures: report.failures }
    told.latencies = Object.fromEntries(report.latencies)
    report.finish()
  }
}

/** @returns the resources that are left */
async function remove(aws: AwsAccess, directory: string, accountId: string): Promise<readonly Left[]> {
  const made = readMade(directory)
  if (made.accountId !== accountId || made.region !== aws.region)
    throw new UnusableOptions(
      `${directory} is of account ${made.accountId}, ${made.region}; these credentials are of ${accountId}, ${aws.region}`,
    )
  say(`removing ${made.name}`)
  const left = await removeAll(aws, made, say, (now) => writeMade(directory, now)).catch((fault: unknown) => [
    { type: 'all that is in', id: join(directory, 'made.json'), why: describeFault(fault), isLocked: false },
  ])
  for (const { type, id, why } of left) say(`NOT REMOVED: ${type} ${id}: ${why}`)
  return left
}

function tell(fault: unknown): void {
  const words = fault instanceof UnusableOptions ? fault.message : describeFault(fault)
  process.stderr.write(`\n${words}\n${fault instanceof TypeError ? fault.stack : ''}\n`)
}

try {
  process.exitCode = (await run()) ? 0 : 1
} catch (fault) {
  tell(fault)
  if (fault instanceof UnusableOptions) process.stderr.write(usage)
  process.exitCode = 1
}
process.exit()
