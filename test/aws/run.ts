import { randomBytes } from 'node:crypto'
import { join, resolve } from 'node:path'
import { root } from '../../infra/local/cdk.ts'
import { chapterNames, tellChapters } from '../../infra/local/demo/chapters.ts'
import { describeFault, Report } from '../../infra/local/demo/report.ts'
import { withWorld } from '../../infra/local/demo/world.ts'
import type { AwsAccess } from '../../infra/local/emulator.ts'
import { untilAsked } from '../../infra/local/processes.ts'
import { createProgress } from '../../infra/local/progress.ts'
import { findAccount } from './account.ts'
import { makeChecks } from './checks.ts'
import { deployToAws, makeFolders } from './deploy.ts'
import { type Made, readMade, stacksOf, writeMade } from './made.ts'
import { readOptions, usage } from './options.ts'
import { findKept, removeAll } from './remove.ts'
import { type Run, writeReport } from './report.ts'
import { checkSampleIsFree, makeSample, sample } from './sample.ts'

/**
 * `npm run verify:aws`: deploys Hotwork and a target into a test account, runs the story, break-glass, a drill and the sealed
 * role, asks what only AWS answers, writes a report, and removes all of it: after a failure and Ctrl-C too. docs/verify-aws.md.
 */

const say = (line: string) => process.stdout.write(`  ${line}\n`)

async function run(): Promise<boolean> {
  const options = readOptions(process.argv.slice(2), chapterNames)
  await using resources = new AsyncDisposableStack()
  const asked = untilAsked()
  const { aws, accountId } = await findAccount(options, resources, asked)
  if (options.remove) return remove(aws, resolve(options.remove), accountId)

  const name = `Hwv${randomBytes(3).toString('hex')}`
  const folders = makeFolders(join(root, '.hotwork/aws', name))
  const made: Made = { name, accountId, region: aws.region, stacks: stacksOf(name), parameters: sample }
  await checkSampleIsFree(aws)
  writeMade(folders.directory, made)
  say(`run ${name} in account ${accountId}, ${aws.region}: all of it is in ${folders.directory}`)
  const kept: Run = {
    name,
    accountId,
    region: aws.region,
    isAws: aws.endpointUrl === '',
    began: Date.now(),
    checks: [],
  }
  try {
    await makeSample(aws)
    return await verify(kept, { ...folders, aws, accountId, name, asked }, options.chapters)
  } finally {
    if (options.keep) say(`kept: npm run verify:aws -- --account ${accountId} --remove ${folders.directory}`)
    else await remove(aws, folders.directory, accountId)
  }
}

type Around = ReturnType<typeof makeFolders> & { aws: AwsAccess; accountId: string; name: string; asked: AbortSignal }

async function verify(kept: Run, around: Around, chapters: readonly string[]): Promise<boolean> {
  const { aws, directory, asked: signal } = around
  await using resources = new AsyncDisposableStack()
  const progress = createProgress()
  const { local, output } = await deployToAws({ ...around, region: aws.region, progress, signal, resources })
  kept.deployedWithin = Date.now() - kept.began
  const report = new Report(process.stdout, signal)
  // SSM takes three puts a second, and IAM spreads a deny within seconds.
  if (kept.isAws) report.probes = { withinSeconds: 300, everyMilliseconds: 500 }
  const stack = { local, folder: directory, quick: () => Promise.reject(new Error('there is one deployment here')) }
  await withWorld(stack, report, async (world) => {
    await tellChapters(world, chapters)
    for (const check of makeChecks({ world, aws, output, isAws: kept.isAws })) kept.checks.push(await check.ask(say))
  })
  kept.chapters = { held: report.held, failed: report.failed }
  kept.latencies = Object.fromEntries(report.latencies)
  const good = report.finish()
  const failed = writeReport(directory, kept, say)
  return good && failed === 0
}

async function remove(aws: AwsAccess, directory: string, accountId: string): Promise<boolean> {
  const made = readMade(directory)
  if (made.accountId !== accountId || made.region !== aws.region)
    throw new Error(
      `${directory} is of account ${made.accountId}, ${made.region}; these credentials are of ${accountId}, ${aws.region}`,
    )
  say(`removing ${made.name}`)
  const kept = await findKept(aws, made)
  writeMade(directory, { ...made, kept })
  const left = await removeAll(aws, { ...made, kept }, say)
  for (const { type, id, why } of left) say(`NOT REMOVED: ${type} ${id}: ${why}`)
  if (left.length > 0) say(`later: npm run verify:aws -- --account ${accountId} --remove ${directory}`)
  return left.length === 0
}

try {
  process.exitCode = (await run()) ? 0 : 1
} catch (fault) {
  process.stderr.write(`\n${describeFault(fault)}\n${fault instanceof TypeError ? fault.stack : ''}\n`)
  if (fault instanceof Error && fault.name === 'UnusableOptions') process.stderr.write(usage)
  process.exitCode = 1
}
process.exit()
