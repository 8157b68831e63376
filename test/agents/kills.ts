import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { bundlePrograms, changes, type Fault, faults } from './kills/bundle.ts'
import { Hotwork } from './kills/hotwork.ts'
import { planOf } from './kills/plan.ts'
import { Servers } from './kills/servers.ts'
import { type Programs, Story, type Told } from './kills/story.ts'

/**
 * `node test/agents/kills.ts --count 1000`: kills the MCP gate, its server, its host and Hotwork at points of a call
 * that a seed names, that many times, and prints the outcomes of the calls. `--seed N` repeats the call of one seed.
 * `--faults` does the same to gates with one seeded fault each, until it is found.
 */

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '1000' },
    from: { type: 'string', default: '1' },
    seed: { type: 'string' },
    lanes: { type: 'string', default: '4' },
    faults: { type: 'boolean', default: false },
  },
})
/** After so many runs a fault counts as not found. */
const mostToFind = 150
/** The points of a call that people approve. A shorter call may end before. */
const points = { gate: 115, host: 24, Hotwork: 12 }

/** Ctrl-C ends the running calls, and prints the outcomes so far. */
let isStopped = false
process.once('SIGINT', () => {
  isStopped = true
})

type Run = { seed: number; told: Told }
const folder = mkdtempSync(join(tmpdir(), 'hotwork-kills-'))
const servers = new Servers(join(folder, 'points.sock'))
await servers.open()
const lanes = values.seed === undefined ? Number(values.lanes) : 1
const hotworks = await Promise.all(Array.from({ length: lanes }, () => Hotwork.open()))

/** Runs call after call until `isOver`, several at once. */
async function runCalls(programs: Programs, isOver: (runs: readonly Run[]) => boolean): Promise<Run[]> {
  const runs: Run[] = []
  let next = Number(values.seed ?? values.from)
  const runLane = async (hotwork: Hotwork) => {
    while (!isStopped && !isOver(runs)) {
      const seed = next++
      runs.push({ seed, told: await new Story(planOf(seed, points), { hotwork, servers, programs }).tell() })
    }
  }
  await Promise.all(hotworks.map(runLane))
  return runs
}

const killsOf = (runs: readonly Run[]): string[] => runs.flatMap(({ told }) => told.killed)
const wrongOf = (runs: readonly Run[]): Run[] => runs.filter(({ told }) => told.wrong.length > 0)
const count = (runs: readonly Run[], words: RegExp): number =>
  runs.filter(({ told }) => told.wrong.some((each) => words.test(each))).length

function tally(words: readonly string[]): { [word: string]: number } {
  const counts: { [word: string]: number } = {}
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1
  return counts
}

/** Runs until the fault shows in its own way. */
async function find(fault: Fault): Promise<{ seed: number; kills: number } | undefined> {
  const programs = await bundlePrograms(join(folder, fault.replaceAll(' ', '-')), fault)
  const found = (all: readonly Run[]) =>
    all.find(({ told }) => told.wrong.some((each) => changes[fault].seen.test(each)))
  const runs = await runCalls(programs, (all) => found(all) !== undefined || killsOf(all).length > mostToFind)
  const run = found(runs)
  return run && { seed: run.seed, kills: killsOf(runs).length }
}

const began = Date.now()
const programs = await bundlePrograms(join(folder, 'right'))
const runs = await runCalls(programs, (all) =>
  values.seed === undefined ? killsOf(all).length >= Number(values.count) : all.length > 0,
)
const found: { [fault in Fault]?: object | string } = {}
if (values.faults) for (const fault of faults) found[fault] = (await find(fault)) ?? 'not found'
for (const wrong of values.seed === undefined ? wrongOf(runs) : runs) console.error(JSON.stringify(wrong, null, 2))
console.log(
  JSON.stringify({
    kills: killsOf(runs).length,
    calls: runs.length,
    doubleRuns: count(runs, /^double run/),
    ungatedRuns: count(runs, /^ungated run/),
    wrong: wrongOf(runs).map(({ seed }) => seed),
    killed: tally(killsOf(runs).map((each) => each.split(' at ')[0] ?? '')),
    points: new Set(killsOf(runs)).size,
    answers: tally(runs.map(({ told }) => (told.final === 'none' ? 'none' : told.final.state))),
    ...(values.faults ? { found } : {}),
    seconds: Math.round((Date.now() - began) / 1000),
  }),
)
await Promise.all(hotworks.map((each) => each.close()))
servers.close()
rmSync(folder, { recursive: true, force: true })
process.exitCode = wrongOf(runs).length > 0 || Object.values(found).includes('not found') ? 1 : 0
