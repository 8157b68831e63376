import type { Halt } from '../domain/halts/halt.ts'
import { evolveHalt, lift, withHalt } from '../domain/halts/halt.ts'
import { seal } from '../domain/ledger/ledger.ts'
import type { Refusal } from '../domain/refusals.ts'
import { type HaltId, ok, type PersonId, type Result, refuse } from '../domain/values.ts'
import { recordRefusal } from './carry-out.ts'
import { type HaltPorts, switchAttempts, switching } from './declare-halt.ts'
import { StaleRequest } from './faults.ts'

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
  const refused = async (code: Refusal) => {
    await recordRefusal({ type: 'person', id: person }, 'lift', code, ports)
    return refuse(code)
  }
  for (let attempt = 0; attempt < switchAttempts; attempt++) {
    const now = ports.clock.now()
    const who = await switching('lift', person, now, ports)
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
    const { entries, head } = seal(id, last, [event], undefined)
    const expected = { version, head: last }
    if (await ports.halts.save({ id, target, expected, halts: withHalt(halts, lifted), entries, head })) {
      ports.log.warn('lifted', { halt: id, kind: target.kind, by: person })
      return ok(lifted)
    }
  }
  throw new StaleRequest('other switches of this target kept coming first')
}
