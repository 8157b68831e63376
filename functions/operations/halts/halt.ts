import {
  evolveHalt,
  type Halt,
  type HaltChanger,
  type HaltTarget,
  halt,
  lift,
  withHalt,
} from '../../domain/halts/halt.ts'
import { chainEntries, noEntries } from '../../domain/ledger/ledger.ts'
import { agentOf, personOf } from '../../domain/policy/bundle.ts'
import type { Refusal } from '../../domain/refusals.ts'
import { type HaltId, type NumericDate, ok, type PersonId, type Result } from '../../domain/values.ts'
import { askAboutPerson } from '../policy/questions.ts'
import { refuseOnRecord, runAggregate } from '../requests/carry-out.ts'
import type { DecidingPorts } from '../requests/ports.ts'
import { isStopped } from './find-halt.ts'
import type { HaltStore } from './ports.ts'

type HaltPorts = DecidingPorts & { halts: HaltStore }

/** Enough for as many people as would throw switches of one target at once. */
const haltAttempts = 30

/**
 * Throws a kill switch, if policy lets this person revoke: once this has returned, nothing that begins later is decided,
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
    const who = await changing('revoke', person, now, ports)
    const { halts, version } = await ports.halts.load(target)
    const event = halt(halts, { ...who, target, reason }, now)
    if (typeof event === 'string') return refused(event)
    const unknown = unknownTarget(target, ports)
    if (unknown) return refused('unknown_target', unknown)
    const id = ports.ids.halt()
    const declared = evolveHalt(id, undefined, event)
    const { entries, head } = chainEntries(id, noEntries, [event], undefined)
    const expected = { version, head: noEntries }
    if (!(await ports.halts.save({ id, target, expected, halts: withHalt(halts, declared), entries, head })))
      return undefined
    ports.log.warn('halted', { halt: id, kind: target.kind, by: person })
    return ok(declared)
  })
}

/** What is found about whoever would throw or put back a switch: policy's answer, and whether they are stopped. */
async function changing(
  action: 'revoke' | 'lift',
  person: PersonId,
  now: NumericDate,
  { policy, requests }: Pick<HaltPorts, 'policy' | 'requests'>,
): Promise<HaltChanger> {
  const answer = askAboutPerson(policy, action, person, now)
  return { person, answer, silenced: await isStopped(person, { requests }), bundle: policy.bundle.hash }
}

/** What is wrong with a target that nothing here has, in a sentence that names the member. A typing error halts nobody. */
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
 * Puts a kill switch back, if policy lets this person lift, and they are not the one who threw it. Whatever was there
 * before stays stopped: new requests are let through, and nothing else.
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
    const who = await changing('lift', person, now, ports)
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
    const { entries, head } = chainEntries(id, last, [event], undefined)
    const expected = { version, head: last }
    if (!(await ports.halts.save({ id, target, expected, halts: withHalt(halts, lifted), entries, head })))
      return undefined
    ports.log.warn('lifted', { halt: id, kind: target.kind, by: person })
    return ok(lifted)
  })
}
