import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startStack } from '../../local/stack.ts'
import { chainsOfLives, wantedInSequence } from '../../test/stack/support/chains.ts'
import { Deployment, knowAlone } from '../../test/stack/support/deployment.ts'
import { priceOf } from '../../test/stack/support/price.ts'
import { liveOnce, Meter, splitOff, tableOf } from '../../test/stack/support/usage.ts'
import { startCallMeter } from '../meter/call-meter.ts'
import { compared, type Finding } from './harness.ts'

export type Counted = { findings: Finding[]; details: string; usd: number; sequence: { [verb: string]: number } }

/** L1, L4, P8 and P9, on a local stack of its own. */
export async function countCalls(): Promise<Counted> {
  const directory = mkdtempSync(join(tmpdir(), 'hotwork-bench-counts-'))
  await using ending = new AsyncDisposableStack()
  ending.defer(() => rmSync(directory, { recursive: true, force: true }))
  const counter = await startCallMeter(join(directory, 'invocations.log'))
  ending.defer(() => counter.close())
  const stack = await startStack({ stateDirectory: directory, meter: counter })
  ending.defer(() => stack.close())
  const { local } = stack
  knowAlone(local, directory)
  const hotwork = new Deployment()
  const meter = new Meter(local, counter.controlUrl)
  await liveOnce(hotwork, meter) // The first life also pays for the calls that each process makes once.
  const usage = await liveOnce(hotwork, meter)
  // The log is priced apart: it follows the record, and costs more when each step of a single request is a batch.
  const [approval, log] = splitOff('NotaryNotarizeEntries', usage)
  const { total, ...parts } = priceOf(approval)
  const sweep = await meter.ofOneSweep()
  const sequence = await countInSequence(hotwork, meter)
  const most = Object.entries(parts)
    .toSorted(([, a], [, b]) => b - a)
    .slice(0, 3)
    .map(([what, dollars]) => `${what} $${dollars.toFixed(3)}`)
  return {
    usd: total,
    sequence,
    findings: [
      ...Object.entries(sequence).map(([verb, calls]) => inSequence(verb, calls)),
      {
        id: '',
        what: 'state transitions of an approved two-stage request',
        target: '<= 2',
        measured: `${usage.states.length}: ${usage.states.join(', ')}`,
        verdict: usage.states.length <= 2 ? 'met' : 'missed',
      },
      {
        id: 'L4',
        what: 'USD for 1,000 such requests (P8)',
        target: '<= $0.20',
        measured: `$${total.toFixed(3)}: ${most.join(', ')}`,
        // The bound that holds is in test/stack/cost.test.ts.
        verdict: total <= 0.2 ? 'met' : 'below target',
      },
      compared('  the log beside it', `$${priceOf(log).total.toFixed(3)}, where nothing shares its batches`),
      compared('P9: AWS calls of one sweep', sweep.map(({ operation, calls }) => `${calls} ${operation}`).join(', ')),
    ],
    details: tableOf(usage),
  }
}

/** The fewest calls of some lives: the first ones include the calls that each process makes once. */
async function countInSequence(hotwork: Deployment, meter: Meter): Promise<Counted['sequence']> {
  // Long enough that concurrent calls overlap.
  await meter.hold(80)
  const fewest: Counted['sequence'] = {}
  for (let lives = 0; lives < 3; lives++)
    for (const [verb, { length }] of Object.entries(await chainsOfLives(hotwork, meter)))
      fewest[verb] = Math.min(length, fewest[verb] ?? length)
  await meter.hold(0)
  return fewest
}

function inSequence(verb: string, calls: number): Finding {
  const wanted = wantedInSequence[verb] ?? 0
  return {
    id: 'L1',
    what: `calls of AWS in sequence: ${verb}`,
    target: `<= ${wanted}`,
    measured: String(calls),
    // The bound that holds is in test/stack/sequence.test.ts.
    verdict: calls <= wanted ? 'met' : 'below target',
  }
}
