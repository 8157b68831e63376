// Rules: test/handlers/transmitters/receive-signal.test.ts
import { digestOf } from '../../domain/digest.ts'
import { type HaltTarget, haltBySignal, haltInForceBy, haltKey } from '../../domain/halts/halt.ts'
import {
  reasonOf,
  type Signal,
  type Transmitter,
  targetsOfSignal,
  transmitterId,
  type Unused,
} from '../../domain/halts/signal.ts'
import { noEntries } from '../../domain/ledger/ledger.ts'
import { HaltId, idOfDigest, type NumericDate, type TransmitterId } from '../../domain/values.ts'
import { takeFrom } from '../rates.ts'
import type { MakingPorts, RequestStore } from '../record/ports.ts'
import { runAggregate } from '../record/run-aggregate.ts'
import { haltAttempts, saveHalt } from './halt.ts'
import type { HaltStore } from './ports.ts'

export type TakingPorts = Pick<MakingPorts, 'policy' | 'clock' | 'log' | 'salts'> & {
  requests: Pick<RequestStore, 'recall' | 'putOnce' | 'take'>
  halts: HaltStore
}

/** One token of a transmitter, whose `jti` is remembered until `rememberUntil`. */
export type ReceivedSignals = {
  alias: string
  jti: string
  rememberUntil: NumericDate
  signals: readonly (Signal | Unused)[]
}

export type TakenSignals = { outcome: 'taken' } | { outcome: 'too_many_halts'; retryAfter: number }

/**
 * Declares a halt of each target in the signals; each is recorded and in force in one transaction. A token is
 * processed once, even if it is sent twice at the same time. Policy is not asked: the deployment file names the halts
 * that a transmitter may declare.
 * @throws StoreUnavailable, StaleRequest: the transmitter sends it again
 */
export async function takeSignals(
  { alias, jti, rememberUntil, signals }: ReceivedSignals,
  ports: TakingPorts,
): Promise<TakenSignals> {
  const { requests, log, policy, clock } = ports
  const by = transmitterId(alias)
  const transmitter = policy.bundle.deployment.transmitters?.[alias]
  if (!transmitter) throw new TypeError(`\`${alias}\` is not a transmitter of the deployment`)
  const seen = `SEEN#${digestOf('hotwork.signal.v1', [by, jti])}`
  if ((await requests.recall(seen)) !== undefined) {
    log.info('signal_replayed', { transmitter: by })
    return { outcome: 'taken' }
  }
  for (const signal of signals) {
    const because = 'because' in signal ? signal.because : whyNot(signal, transmitter)
    const targets = 'kind' in signal && !because ? targetsOfSignal(signal, transmitter, policy.bundle, clock.now()) : []
    if (targets.length === 0)
      log.info('signal_without_effect', { transmitter: by, because: because ?? 'unknown_subject' })
    for (const target of targets) {
      const halted = await haltOnce({ by, jti, target, reason: reasonOf(signal as Signal) }, transmitter, ports)
      if (halted.outcome === 'too_many_halts') return halted
    }
  }
  await requests.putOnce({ key: seen, value: 'signal', expiresAt: rememberUntil })
  return { outcome: 'taken' }
}

const whyNot = ({ kind }: Signal, { events }: Transmitter): 'not_allowed' | undefined =>
  events.includes(kind) ? undefined : 'not_allowed'

type Cause = { by: TransmitterId; jti: string; reason: string; target: HaltTarget }

async function haltOnce(
  { by, jti, reason, target }: Cause,
  { haltsPerHour }: Transmitter,
  ports: TakingPorts,
): Promise<TakenSignals> {
  const { halts, log, policy, clock } = ports
  const id = HaltId.parse(idOfDigest('hlt', digestOf('hotwork.halt.v1', [by, jti, haltKey(target)])))
  let counted = false
  return runAggregate<TakenSignals>(target.value, haltAttempts, async () => {
    if (await halts.find(id)) return { outcome: 'taken' }
    const before = await halts.load(target)
    const now = clock.now()
    if (haltInForceBy(before.halts, by, now)) return { outcome: 'taken' }
    const rate = { perMinute: haltsPerHour / 60, burst: haltsPerHour }
    const token = counted || (await takeFrom(`halts#${by}`, rate, 1, ports))
    if (token !== true && !token.permitted) {
      log.error('signals_held_back', { transmitter: by })
      return { outcome: 'too_many_halts', retryAfter: token.retryAfter }
    }
    counted = true
    const event = haltBySignal({ target, reason }, { transmitter: by, bundle: policy.bundle.hash }, now)
    if (!(await saveHalt(undefined, event, id, { ...before, head: noEntries }, now, ports))) return undefined
    log.warn('halted', { halt: id, kind: target.kind, by })
    return { outcome: 'taken' }
  })
}
