// Rules: test/operations/halts/halts.test.ts
import { askAboutPerson, mayRead } from '../../domain/deciding/questions.ts'
import type { Halt, HaltActor, HaltEvent, HaltRefusal, HaltTarget, NewHalt } from '../../domain/halts/halt.ts'
import { evolveHalt, halt, idOfKey, isHaltInForce, isRepeated, lift, withHalt } from '../../domain/halts/halt.ts'
import { chainEntries, type Head, noEntries } from '../../domain/ledger/ledger.ts'
import { setTextsApart } from '../../domain/ledger/texts.ts'
import { agentOf, personOf } from '../../domain/policy/bundle.ts'
import { defined, type HaltId, type NumericDate, ok, type PersonId, type Result, refuse } from '../../domain/values.ts'
import type { Page } from '../ports.ts'
import type { AskingPorts, MakingPorts } from '../record/ports.ts'
import { refuseOnRecord } from '../record/refuse.ts'
import { runAggregate } from '../record/run-aggregate.ts'
import { whatStops } from './find-halt.ts'
import type { HaltStore, StoredHalts } from './ports.ts'

type HaltPorts = MakingPorts & { halts: HaltStore }

export const haltAttempts = 30

/**
 * Recorded and in force in one transaction: every act that begins later is refused. A repeated key returns the same
 * halt while it is in force, and is refused afterwards, since the call stops nothing then.
 * @param ports `targetRoles`: the ARNs of the roles that can be halted
 * @throws StoreUnavailable, StaleRequest
 */
export async function declareHalt(
  ask: NewHalt & { person: PersonId; idempotencyKey?: string | undefined },
  ports: HaltPorts & { targetRoles: readonly string[] },
): Promise<Result<Halt, HaltRefusal | 'unknown_target' | 'duplicate_request'>> {
  const { person, idempotencyKey, ...asked } = ask
  const id = idempotencyKey === undefined ? undefined : idOfKey(person, idempotencyKey)
  const { target } = asked
  const refused = refuseOnRecord(person, 'halt', ports)
  return runAggregate<Result<Halt, HaltRefusal | 'unknown_target' | 'duplicate_request'>>(
    target.value,
    haltAttempts,
    async () => {
      const now = ports.clock.now()
      const before = id && (await ports.halts.find(id))
      if (before) {
        const { reason } = asked
        return isRepeated(before.halt, asked, now) ? ok({ ...before.halt, reason }) : refused('duplicate_request')
      }
      const who = await findHaltActor('revoke', person, now, ports)
      const { halts, version } = await ports.halts.load(target)
      const event = halt(halts, { ...who, ...asked }, now)
      if (typeof event === 'string') return refused(event)
      const unknown = unknownTarget(target, ports)
      if (unknown) return refused('unknown_target', unknown)
      const declared = evolveHalt(id ?? ports.ids.halt(), undefined, event)
      if (!(await saveHalt(undefined, event, declared.id, { halts, version, head: noEntries }, now, ports)))
        return undefined
      ports.log.warn('halted', { halt: declared.id, kind: target.kind, by: person })
      return ok(declared)
    },
  )
}

/** @returns false if another writer came first */
export function saveHalt(
  before: Halt | undefined,
  whole: HaltEvent,
  id: HaltId,
  { halts, version, head }: StoredHalts & { head: Head },
  now: NumericDate,
  ports: Pick<HaltPorts, 'halts' | 'salts'>,
): Promise<boolean> {
  const { events, texts } = setTextsApart([whole], undefined, () => ports.salts.salt())
  const halt = events.reduce<Halt | undefined>((all, event) => evolveHalt(id, all, event), before)
  if (!halt) throw new TypeError('a halt has an event')
  const { entries, head: next } = chainEntries(id, head, events, undefined)
  return ports.halts.save({
    ...{ halt, entries, head: next, texts },
    expected: { version, head },
    halts: withHalt(halts, halt, now),
  })
}

type HaltAct = 'revoke' | 'lift'

export async function findHaltActor(
  action: HaltAct,
  person: PersonId,
  now: NumericDate,
  ports: Pick<AskingPorts, 'policy' | 'requests'>,
): Promise<HaltActor> {
  return (await haltActors(person, now, ports))(action)
}

/** The actors of declaring and of lifting, if they are one person: their halts are then read once. */
export async function haltActors(
  person: PersonId,
  now: NumericDate,
  { policy, requests }: Pick<AskingPorts, 'policy' | 'requests'>,
): Promise<(action: HaltAct) => HaltActor> {
  const { stopped, readings } = await whatStops(person, { requests, policy }, { now })
  return (action) => ({
    person,
    answer: askAboutPerson(policy, action, person, now, { readings }),
    silenced: stopped,
    bundle: policy.bundle.hash,
  })
}

/** Refuses an unknown target: a halt with a typing error would stop nothing. */
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
    case 'environment': {
      const known = [...new Set(bundle.resources.map(({ environment }) => environment))]
      return known.includes(value) ? undefined : `\`environment\` should be one of \`${known.join('`, `')}\``
    }
    case 'action':
      return Object.hasOwn(bundle.actions, value) ? undefined : '`action` should be an action of the catalogue'
    case 'role':
      return targetRoles.includes(value) ? undefined : `\`role\` should be one of \`${targetRoles.join('`, `')}\``
    case 'all':
      return undefined
    default:
      return kind satisfies never
  }
}

/** @throws StoreUnavailable, StaleRequest */
export async function liftHalt(
  { id, person }: { id: HaltId; person: PersonId },
  ports: HaltPorts,
): Promise<Result<Halt, HaltRefusal | 'unknown_halt'>> {
  const refused = refuseOnRecord(person, 'lift', ports)
  return runAggregate<Result<Halt, HaltRefusal | 'unknown_halt'>>(id, haltAttempts, async () => {
    const now = ports.clock.now()
    const who = await findHaltActor('lift', person, now, ports)
    if (who.answer.error) return refused('policy_error')
    if (!who.answer.permit) return refused('not_permitted')
    const found = await ports.halts.find(id)
    if (!found) return refused('unknown_halt')
    const { halt: before, head: last } = found
    const { target } = before
    const { halts, version } = await ports.halts.load(target)
    const event = lift(before, halts, who, now)
    if (typeof event === 'string') return refused(event)
    const lifted = evolveHalt(id, before, event)
    if (!(await saveHalt(before, event, id, { halts, version, head: last }, now, ports))) return undefined
    ports.log.warn('lifted', { halt: id, kind: target.kind, by: person })
    return ok(lifted)
  })
}

const pageSize = 50

/** Lists halts, for people that policy lets read requests. */
export async function listHalts(
  { person, all, after }: { person: PersonId; all: boolean; after?: string | undefined },
  { policy, clock, halts }: Pick<AskingPorts, 'policy' | 'clock'> & { halts: Pick<HaltStore, 'list'> },
): Promise<Result<Page<Halt>, 'not_permitted'>> {
  const now = clock.now()
  if (!mayRead(policy, person, now)) return refuse('not_permitted')
  const found: Halt[] = []
  let place = after
  do {
    const { items, next } = await halts.list({ lifted: all }, { limit: pageSize, ...defined({ after: place }) })
    found.push(...(all ? items : items.filter((halt) => isHaltInForce(halt, now))))
    place = next
  } while (place !== undefined && found.length === 0)
  return ok({ items: found, ...defined({ next: place }) })
}
