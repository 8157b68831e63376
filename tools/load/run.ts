import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { startStack } from '../../local/stack.ts'
import { knowAlone } from '../../test/stack/support/deployment.ts'
import { SlackScreen } from '../meter/slack-screen.ts'
import { takeAccount } from './account.ts'
import { drive } from './drive.ts'
import { readFacts } from './facts.ts'
import { type Happened, startFaultyAws, startFaultySlack } from './faults.ts'
import { type Life, Lives } from './lives.ts'
import { type Options, readOptions, usage } from './options.ts'
import { planLoad } from './plan.ts'
import { drawLoad } from './plot.ts'
import { loadPolicies } from './policies.ts'
import { reportOf } from './report.ts'

/** Milliseconds. The delay has each reader read a stream by itself, as on AWS. */
const streamDelay = 20

/** `npm run load`: the local stack under load and faults, and an account of every request. Exit 1 if a rule fails. */
const options = chooseOptions()
const held = await load(options)
process.exit(held ? 0 : 1)

function chooseOptions(): Options {
  try {
    return readOptions(process.argv.slice(2))
  } catch (fault) {
    process.stderr.write(`${(fault as Error).message}\n\n${usage}`)
    process.exit(2)
  }
}

async function load(options: Options): Promise<boolean> {
  const { seed, faults, slack, repeats } = options
  const directory = mkdtempSync(join(tmpdir(), 'hotwork-load-'))
  await using ending = new AsyncDisposableStack()
  ending.defer(() => rmSync(directory, { recursive: true, force: true }))
  const happened: Happened[] = []
  const told = (each: Happened) => void happened.push(each)
  const screen = new SlackScreen()
  const quarter = faults / 4
  const repeatsFile = join(directory, 'repeats.log')
  const aws = await startFaultyAws({
    ...{ seed, told, invocationsFile: join(directory, 'invocations.log') },
    shares: { lost: quarter, throttled: quarter, slow: quarter, twice: quarter },
    repeats: { share: repeats, seed, file: repeatsFile },
  })
  ending.defer(() => aws.close())
  const desk = await startFaultySlack({
    ...{ seed, told },
    shares: { throttled: slack, broken: slack / 5, lost: slack / 10, slow: slack / 10 },
    relayed: (call) => screen.see(call),
  })
  ending.defer(() => desk.close())
  const policies = loadPolicies(join(directory, 'policies'))
  const stack = await startStack({
    stateDirectory: join(directory, 'state'),
    policies,
    meter: { ...aws, streamDelay },
    slack: desk,
  })
  ending.defer(() => stack.close())
  knowAlone(stack.local, directory)

  const arrivals = planLoad(options)
  const lives: Life[] = arrivals.map((arrival) => ({ ...arrival, tokens: 0, uses: 0, ended: false }))
  aws.begin()
  desk.begin()
  const world = new Lives(screen, options)
  const run = await drive(lives, world, stack.local, options)
  aws.end()
  desk.end()
  process.stdout.write('all has come to rest, or time is up: the account is taken\n')
  const findings = takeAccount(lives, screen, await readFacts(stack.local), run)
  const report = reportOf({ lives, world, run, happened, repeatsFile, findings, options })
  process.stdout.write(`\n${report}`)
  const out = resolve(options.out)
  mkdirSync(out, { recursive: true })
  writeFileSync(join(out, 'account.txt'), report)
  writeFileSync(join(out, 'findings.json'), JSON.stringify({ findings, lives, samples: run.samples, happened }))
  writeFileSync(join(out, 'load.svg'), await drawLoad(run.samples, happened, run.began))
  cpSync(join(directory, 'state/log'), join(out, 'log'), { recursive: true })
  return findings.every(({ broken }) => broken.length === 0)
}
