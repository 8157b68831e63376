import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { measureColdStarts } from './cold-starts.ts'
import { countCalls } from './counts.ts'
import { measureDecisions } from './decisions.ts'
import { measureFirstDecision } from './first-decision.ts'
import { measureGate, measureStore } from './gate.ts'
import { raceRevocation } from './gate-races.ts'
import { type Finding, measure, rawVerify, tableOf } from './harness.ts'
import { measureHistory } from './history.ts'
import { measureLatency } from './latency/measure-latency.ts'
import { PolicyFolders, readBundle } from './policy-folders.ts'
import type { Published } from './published.ts'
import { measureRecord } from './record.ts'
import { measureReplay } from './replays.ts'
import { writePublished } from './write-published.ts'

/**
 * `npm run bench`: the targets of docs/performance.md, measured, in one table. `-- --quick` for CI: fewer processes,
 * shorter batches, never fewer than forty rounds, no local stack. `-- --only gate,latency` for some of it. `-- --write`
 * publishes the results: docs/performance.json, README's table and its picture. Exit 1 only when a median and its fast
 * decile both miss, or an exact number does.
 */
const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    write: { type: 'boolean', default: false },
  },
})
const { quick, only, write } = values
const how = quick ? { rounds: 40, batchMs: 4 } : { rounds: 80, batchMs: 8 }
/** Beyond this spread of the first case the other ratios are unreliable. */
const noisy = 0.2

using folders = new PolicyFolders()
const sample = () => readBundle(folders.sample())
/** The details printed under the table. */
const details: string[] = []
const [cpu] = cpus()
const machine = `Node ${process.version}, ${cpus().length} x ${cpu?.model.trim() ?? 'unknown'}`
const published: Published = { measured: new Date().toISOString().slice(0, 10), machine }

const measures: { [name: string]: { what: string; run: () => readonly Finding[] | Promise<readonly Finding[]> } } = {
  decisions: { what: 'decisions', run: () => measureDecisions(folders, how) },
  gate: { what: 'the gate', run: () => measureGate(sample(), how) },
  store: { what: 'the gate over few and over many grants', run: () => measureStore(sample(), how) },
  races: { what: 'uses that race a revocation', run: () => raceRevocation(sample(), quick ? 2000 : 10_000) },
  first: {
    what: 'first decisions, each in a new process',
    run: () => measureFirstDecision(folders.sample(), quick ? 11 : 41),
  },
  record: { what: 'the record', run: () => measureRecord(how) },
  replay: { what: 'a ledger under other policies', run: async () => [await measureReplay(sample())] },
  cold: {
    what: 'cold starts, each in new processes',
    run: () => {
      const cold = measureColdStarts(quick ? 3 : 9)
      details.push(cold.details)
      return cold.findings
    },
  },
  history: { what: 'history of many requests', run: () => measureHistory(quick ? 10_000 : 100_000) },
  calls: {
    what: 'calls of AWS',
    run: async () => {
      const counts = await countCalls()
      details.push(counts.details)
      Object.assign(published, { usd: counts.usd, sequence: counts.sequence })
      return counts.findings
    },
  },
  latency: {
    what: 'latencies, with AWS and Slack delayed',
    run: async () => {
      const { rows, raced, ...latencies } = await measureLatency({ quick })
      details.push(latencies.details)
      Object.assign(published, { rows, raced })
      return latencies.findings
    },
  },
}
const onStack = ['history', 'calls', 'latency']
const chosen = only?.split(',') ?? Object.keys(measures).filter((name) => !quick || !onStack.includes(name))
const unknown = chosen.filter((name) => !Object.hasOwn(measures, name))
if (unknown.length > 0)
  throw new Error(`there is no \`${unknown}\` to measure: it is one of ${Object.keys(measures).join(', ')}`)

const findings: Finding[] = []
for (const [name, { what, run }] of Object.entries(measures)) {
  if (!chosen.includes(name)) continue
  process.stderr.write(`  ${what} ...\n`)
  findings.push(...(await run()))
}
/** The spread of raw verifies: the noise of this machine at the moment. */
const { spread } = await measure([rawVerify()], how)

process.stdout.write(`
${machine}, ${new Date().toISOString().slice(0, 16)}Z
raw verify strayed by ${(100 * spread).toFixed(0)} %${spread > noisy ? ': NOISY, other work runs on this machine' : ''}

${tableOf(findings)}
${details.map((each) => `\n${each}\n`).join('')}`)
if (findings.some(({ verdict }) => verdict === 'missed')) process.exitCode = 1
if (write) await writePublished(published)
