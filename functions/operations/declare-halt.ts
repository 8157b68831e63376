import {
  evolveHalt,
  type Halt,
  type HaltTarget,
  halt,
  isSilenced,
  type Switching,
  withHalt,
} from '../domain/halts/halt.ts'
import { noEntries, seal } from '../domain/ledger/ledger.ts'
import { agentOf, personOf } from '../domain/policy/bundle.ts'
import type { Refusal } from '../domain/refusals.ts'
import { type NumericDate, ok, type PersonId, type Result, refuse } from '../domain/values.ts'
import { recordRefusal } from './carry-out.ts'
import { StaleRequest } from './faults.ts'
import type { DecidingPorts, HaltStore } from './ports.ts'
import { askAboutPerson } from './questions.ts'

export type HaltPorts = DecidingPorts & { halts: HaltStore }

/** Enough for as many people as would throw switches of one target at once. */
export const switchAttempts = 30

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
  const refused = async (code: Refusal, detail?: string) => {
    await recordRefusal({ type: 'person', id: person }, 'halt', code, ports)
    return refuse(code, detail)
  }
  for (let attempt = 0; attempt < switchAttempts; attempt++) {
    const now = ports.clock.now()
    const who = await switching('revoke', person, now, ports)
    const { halts, version } = await ports.halts.load(target)
    const event = halt(halts, { ...who, target, reason }, now)
    if (typeof event === 'string') return refused(event)
    const unknown = unknownTarget(target, ports)
    if (unknown) return refused('unknown_target', unknown)
    const id = ports.ids.halt()
    const declared = evolveHalt(id, undefined, event)
    const { entries, head } = seal(id, noEntries, [event], undefined)
    const expected = { version, head: noEntries }
    if (await ports.halts.save({ id, target, expected, halts: withHalt(halts, declared), entries, head })) {
      ports.log.warn('halted', { halt: id, kind: target.kind, by: person })
      return ok(declared)
    }
  }
  throw new StaleRequest('other switches of this target kept coming first')
}

/** What is found about whoever would throw or put back a switch: policy's answer, and whether they are stopped. */
export async function switching(
  action: 'revoke' | 'lift',
  person: PersonId,
  now: NumericDate,
  { policy, requests }: Pick<HaltPorts, 'policy' | 'requests'>,
): Promise<Switching> {
  const { halts } = await requests.standing([], [{ kind: 'person', value: person }])
  const answer = askAboutPerson(policy, action, person, now)
  return { person, answer, silenced: isSilenced(person, halts), bundle: policy.bundle.hash }
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
