// Rules: test/operations/agents/look-after-agents.test.ts
import { afterDeployment, Parties } from '../../domain/agents/after-deployment.ts'
import type { Subject } from '../../domain/agents/agent-file.ts'
import { mostStored, sizeRetired } from '../../domain/agents/governed-registry.ts'
import {
  differenceOf,
  onRecord,
  ownerIn,
  type Registration,
  type RegistryEvent,
  registrationsIn,
} from '../../domain/agents/registry.ts'
import { system } from '../../domain/event.ts'
import { chainEntries } from '../../domain/ledger/ledger.ts'
import type { Bundle } from '../../domain/policy/bundle.ts'
import { type Digest, defined, type NumericDate } from '../../domain/values.ts'
import { faultName } from '../faults.ts'
import type { LedgerReader } from '../ledger/ports.ts'
import { loadKept } from '../policy/keep-bundle.ts'
import type { BundleStore } from '../policy/ports.ts'
import type { Clock, Log } from '../ports.ts'
import { manyWriters, runAggregate } from '../record/run-aggregate.ts'
import type { GovernedReader, GovernedSize, LifeStore } from './ports.ts'

export type RegistryPorts = {
  lives: LifeStore
  ledger: Pick<LedgerReader, 'head'>
  clock: Clock
  log: Log
}

export type DeploymentPorts = RegistryPorts & { agents: GovernedReader & GovernedSize; bundles: BundleStore }

/**
 * Records the changes that the deployment of this bundle made to agents and people, each as an entry on its own
 * chain. A run that dies is repeated and finds the rest, since a subject's row changes together with its entry.
 *
 * @param files the bundle as it was deployed, without later recertifications
 * @returns how many entries were made
 */
export async function recordRegistry(files: Bundle, ports: DeploymentPorts): Promise<number> {
  const { lives, log } = ports
  const last = await lives.registry()
  if (last?.bundle === files.hash) return 0
  if (last) await keepFormer(last.bundle as Digest, files, ports)
  const registrations = registrationsIn(files)
  const subjects = [...new Set([...(last?.subjects ?? []), ...registrations.keys()])]
  const stored = await lives.lives(subjects)
  const changed = subjects.filter((subject) =>
    isOther(stored.get(subject)?.life.registered, registrations.get(subject)),
  )
  let [made, failed] = [0, false]
  for (const subject of changed)
    try {
      if (await recordOne(subject, registrations.get(subject), files, ports)) made += 1
    } catch (fault) {
      failed = true
      log.error('look_after_failed', { subject, fault: faultName(fault) })
    }
  if (!failed) await lives.saveRegistry({ bundle: files.hash, subjects: [...registrations.keys()] })
  if (made > 0) log.info('registry_recorded', { entries: made })
  return made
}

/** Reserves identities that parties of the last folder lost. Idempotent. */
async function keepFormer(last: Digest, files: Bundle, ports: DeploymentPorts): Promise<void> {
  const kept = await loadKept(last, ports)
  const before = Parties.safeParse(typeof kept === 'object' ? kept.bundle : undefined)
  if (!before.success) return ports.log.warn('former_identities_unknown', { bundle: last })
  await runAggregate<true>('registry', manyWriters, async () => {
    const now = ports.clock.now()
    const governed = await ports.agents.governed()
    const next = afterDeployment(before.data, files, governed, now)
    // A registry that cannot be stored would stop each retirement, and the record of later deployments.
    const bytes = sizeRetired(files, next ?? governed, now, (each) => ports.agents.sizeOf(each))
    if (bytes > mostStored) {
      ports.log.warn('registry_without_room', { bytes })
      if (next) ports.log.warn('former_identities_unknown', { bundle: last, former: next.former.length })
      return true
    }
    if (next && !(await ports.lives.saveGoverned(next))) return undefined
    if (next) ports.log.info('former_identities_kept', { version: next.version, former: next.former.length })
    return true
  })
}

const isOther = (before: Registration | undefined, now: Registration | undefined): boolean =>
  before === undefined || now === undefined ? before !== now : differenceOf(before, now) !== undefined

const recordOne = (
  subject: Subject,
  now: Registration | undefined,
  files: Bundle,
  { lives, ledger, clock }: RegistryPorts,
): Promise<boolean> =>
  runAggregate<boolean>(subject, manyWriters, async () => {
    const expected = await ledger.head(subject)
    const { life = { told: [] }, version = 0 } = (await lives.lives([subject])).get(subject) ?? {}
    const event = changeOf(life.registered, now, files, clock.now())
    if (!event) return false
    const { registered: _, ...rest } = life
    const { entries, head } = chainEntries(subject, expected, [event], undefined)
    const next = { ...rest, ...defined({ registered: now }) }
    return (await lives.saveLife({ subject, life: next, version, appended: { expected, entries, head } })) || undefined
  })

function changeOf(
  before: Registration | undefined,
  now: Registration | undefined,
  { hash, deployment }: Bundle,
  at: NumericDate,
): RegistryEvent | undefined {
  const common = {
    ...{ at, actor: system, policies: [], bundle: hash },
    ...defined({ commit: deployment.commit, owner: ownerIn(now ?? before) }),
  }
  if (before === undefined) return now && { ...common, type: 'Registered', registration: onRecord(now) }
  if (now === undefined) return { ...common, type: 'Unregistered', registration: onRecord(before) }
  const difference = differenceOf(before, now)
  return difference && { ...common, type: 'RegistrationChanged', ...difference }
}
