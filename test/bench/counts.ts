import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startStack } from '../../infra/local/stack.ts'
import { startCallMeter } from '../stack/support/call-meter.ts'
import { Deployment } from '../stack/support/deployment.ts'
import { priceOf } from '../stack/support/price.ts'
import { callsOf, liveOnce, Meter, tableOf } from '../stack/support/usage.ts'
import { compared, type Finding } from './harness.ts'

/** P8 and P9, on a local stack of its own. */
export async function countCalls(): Promise<{ findings: Finding[]; details: string }> {
  const directory = mkdtempSync(join(tmpdir(), 'hotwork-bench-counts-'))
  await using ending = new AsyncDisposableStack()
  ending.defer(() => rmSync(directory, { recursive: true, force: true }))
  const counter = await startCallMeter(join(directory, 'invocations.log'))
  ending.defer(() => counter.close())
  const stack = await startStack({ stateDirectory: directory, meter: counter })
  ending.defer(() => stack.close())
  const { local } = stack
  const deployments = join(directory, 'deployments.json')
  writeFileSync(deployments, JSON.stringify({ main: local, swift: local }), { mode: 0o600 })
  process.env['HOTWORK_DEPLOYMENTS'] = deployments
  const hotwork = new Deployment()
  const meter = new Meter(local, counter.controlUrl)
  await liveOnce(hotwork, meter) // What each process asks once and keeps.
  const usage = await liveOnce(hotwork, meter)
  const { total, ...parts } = priceOf(usage)
  const sweep = await meter.ofOneSweep()
  const most = Object.entries(parts)
    .toSorted(([, a], [, b]) => b - a)
    .slice(0, 3)
    .map(([what, dollars]) => `${what} $${dollars.toFixed(3)}`)
  const signatures = callsOf(usage, 'kms', 'Sign')
  return {
    findings: [
      {
        id: '',
        what: 'state transitions of an approved two-stage request',
        target: '<= 6',
        measured: `${usage.states.length}: ${usage.states.join(', ')}`,
        verdict: usage.states.length <= 6 ? 'met' : 'missed',
      },
      {
        id: '',
        what: 'KMS signatures for one access token',
        target: '1',
        measured: String(signatures),
        verdict: signatures === 1 ? 'met' : 'missed',
      },
      {
        id: 'P8',
        what: 'USD for 1,000 such requests',
        target: '<= $0.20',
        measured: `$${total.toFixed(3)}: ${most.join(', ')}`,
        // The bound that holds is in test/stack/cost.test.ts.
        verdict: total <= 0.2 ? 'met' : 'below target',
      },
      compared('P9: AWS calls of one sweep', sweep.map(({ operation, calls }) => `${calls} ${operation}`).join(', ')),
    ],
    details: tableOf(usage),
  }
}
