import { cpus } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { measureAudit } from './audit.ts'
import { measureBundles } from './bundles.ts'
import { countCalls } from './counts.ts'
import { measureDecisions } from './decisions.ts'
import { type Finding, tableOf } from './finding.ts'
import { measureFirstDecision } from './first-decision.ts'
import { measureGate } from './gate.ts'
import { raceRevocation } from './gate-races.ts'
import { measureStore } from './gate-store.ts'
import { measureModelChecker } from './model-checker.ts'
import { PolicyFolders, readBundle } from './policy-folders.ts'

/**
 * `npm run bench`: the targets of docs/performance.md, measured. `-- --quick` for CI: fewer processes, shorter batches,
 * never fewer than forty rounds. `-- --local FILE` counts on another running stack than `.hotwork/local.json`. Exit 1
 * only when a median and its fast decile both miss, or an exact number does.
 */
const { values } = parseArgs({ options: { quick: { type: 'boolean', default: false }, local: { type: 'string' } } })
const { quick } = values
const how = quick ? { rounds: 40, batchMs: 4 } : { rounds: 80, batchMs: 8 }
/** Beyond this the first case strayed too far for its company to be trusted closely. */
const noisy = 0.2

using folders = new PolicyFolders()
const findings: Finding[] = []
const telling = (name: string) => process.stderr.write(`  ${name} ...\n`)

telling('decisions')
const decisions = measureDecisions(folders, how)
findings.push(...decisions.findings)
telling('the gate')
const sample = readBundle(folders.sample())
findings.push(...(await measureGate(sample, how)), ...(await measureStore(sample, how)))
telling('uses that race a revocation')
findings.push(...(await raceRevocation(sample, quick ? 2000 : 10_000)))
telling('first decisions, each in a new process')
findings.push(...measureFirstDecision(folders.sample(), quick ? 11 : 41))
telling('the record')
findings.push(...measureAudit(how))
telling('bundles, each loaded in new processes')
findings.push(...measureBundles(quick ? 3 : 9))
telling('the model checker')
findings.push(measureModelChecker({ quick }))
telling('calls of AWS')
const counts = await countCalls(values.local ?? join(import.meta.dirname, '../../.hotwork/local.json'))
findings.push(...counts.findings)

const [cpu] = cpus()
process.stdout.write(`
${process.version}, ${cpus().length} x ${cpu?.model.trim() ?? 'unknown'}, ${new Date().toISOString().slice(0, 16)}Z
raw verify strayed by ${(100 * decisions.spread).toFixed(0)} %${decisions.spread > noisy ? ': NOISY, other work runs on this machine' : ''}

${tableOf(findings)}
${counts.details && `\n${counts.details}\n`}`)
if (findings.some(({ verdict }) => verdict === 'missed')) process.exitCode = 1
