import {
  evolveHalt,
  type Halt,
  type HaltActor,
  type HaltEvent,
  type HaltTarget,
  halt,
  lift,
  withHalt,
} from '../../domain/halts/halt.ts'
import { chainEntries, type Head, noEntries } from '../../domain/ledger/ledger.ts'
import { agentOf, personOf } from '../../domain/policy/bundle.ts'
import type { Refusal } from '../../domain/refusals.ts'
import { type HaltId, type NumericDate, ok, type PersonId, type Result } from '../../domain/values.ts'
import { askAboutPerson } from '../policy/questions.ts'
import { refuseOnRecord, runAggregate } from '../requests/carry-out.ts'
import type { DecidingPorts } from '../requests/ports.ts'
import { isStopped } from './find-halt.ts'
import type { HaltStore, StoredHalts } from './ports.ts'

type HaltPorts = DecidingPorts & { halts: HaltStore }

/** Enough for as many people as would halt one target at once. */
const haltAttempts = 30

/**
 * Declares a halt, if policy lets this person revoke: once this has returned, nothing that begins later is decided,
 * issued or used for what it covers. Recorded and in force in one transaction, so there is no one without the other.
 *
 * @param ports `targetRoles`: the ARNs of the roles that can be halted
 * @throws StoreUnavailable, StaleRequest
 */
export async function declareHalt(
  ask: { target: HaltTarget; reason: string; person: PersonId },
  ports: HaltPorts & { targetRoles: readonly string[] },
): Promise<Result<Halt, Refusal>> {
  const { target, reason, person } = ask
  const refused = refuseOnRecord(person, 'halt', ports)
  return runAggregate<Result<Halt, Refusal>>(target.value, haltAttempts, async () => {
    const now = ports.clock.now()
    const who = await findHaltActor('revoke', person, now, ports)
    const { halts, version } = await ports.halts.load(target)
    const event = halt(halts, { ...who, target, reason }, now)
    if (typeof event === 'string') return refused(event)
    const unknown = unknownTarget(target, ports)
    if (unknown) return refused('unknown_target', unknown)
    const declared = evolveHalt(ports.ids.halt(), undefined, event)
    if (!(await save(declared, event, { halts, version, head: noEntries }, ports))) return undefined
    ports.log.warn('halted', { halt: declared.id, kind: target.kind, by: person })
    return ok(declared)
  })
}

/**
 * Saves a halt with the event that made it so, in its chain and beside the others of its target.
 *
 * @returns false where another writer came first
 */
function save(
  halt: Halt,
  event: HaltEvent,
  { halts, version, head }: StoredHalts & { head: Head },
  ports: Pick<HaltPorts, 'halts'>,
): Promise<boolean> {
  const { id, target } = halt
  const { entries, head: next } = chainEntries(id, head, [event], undefined)
  return ports.halts.save({
    ...{ id, target, entries, head: next },
    expected: { version, head },
    halts: withHalt(halts, halt),
  })
}

/** What is found about the person who would declare or lift a halt: policy's answer, and whether they are stopped. */
async function findHaltActor(
  action: 'revoke' | 'lift',
  person: PersonId,
  now: NumericDate,
  { policy, requests }: Pick<HaltPorts, 'policy' | 'requests'>,
): Promise<HaltActor> {
  const answer = askAboutPerson(policy, action, person, now)
  return { person, answer, silenced: await isStopped(person, { requests }), bundle: policy.bundle.hash }
}

/** What is wrong with a target that nothing here has, in a sentence that names the member. A typing error halts nothing. */
function unknownTarget(
  { kind, value }: HaltTarget,
  { policy: { bundle }, targetRoles }: Pick<HaltPorts, 'policy'> & { targetRoles: readonly string[] },
): string | undefined {
  switch (kind) {
    case 'agent':
      return agentOf(bundle, value) ? undefined : '`agent` should be an agent that is registered here'
    case 'owner':
    case 'person':
      return personOf(bundle, value) ? undefined : `\`${kind}\` should be a person of the directory`
    case 'role':
      return targetRoles.includes(value) ? undefined : `\`role\` should be one of \`${targetRoles.join('`, `')}\``
    case 'all':
      return undefined
    default:
      return kind satisfies never
  }
}

/**
 * Lifts a halt, if policy lets this person lift, and another person declared it. What was there before stays stopped: new
 * requests are let through, and nothing else.
 *
 * @throws StoreUnavailable, StaleRequest
 */
export async function liftHalt(
  { id, person }: { id: HaltId; person: PersonId },
  ports: HaltPorts,
): Promise<Result<Halt, Refusal>> {
  const refused = refuseOnRecord(person, 'lift', ports)
  return runAggregate<Result<Halt, Refusal>>(id, haltAttempts, async () => {
    const now = ports.clock.now()
    const who = await findHaltActor('lift', person, now, ports)
    if (who.answer.error) return refused('policy_error')
    if (!who.answer.permit) return refused('not_permitted')
    const found = await ports.halts.find(id)
    if (!found) return refused('unknown_halt')
    const { target, head: last } = found
    const { halts, version } = await ports.halts.load(target)
    const before = halts.find((each) => each.id === id)
    // One that was lifted long ago may be forgotten where decisions read, and never where it is recorded.
    if (!before) return refused('already_lifted')
    const event = lift(before, halts, who, now)
    if (typeof event === 'string') return refused(event)
    const lifted = evolveHalt(id, before, event)
    if (!(await save(lifted, event, { halts, version, head: last }, ports))) return undefined
    ports.log.warn('lifted', { halt: id, kind: target.kind, by: person })
    return ok(lifted)
  })
}
