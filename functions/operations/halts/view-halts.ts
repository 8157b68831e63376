// Rules: test/http/halts-page.test.ts
import { mayRead } from '../../domain/deciding/questions.ts'
import { type Halt, type HaltActor, type HaltRefusal, halt, lift } from '../../domain/halts/halt.ts'
import { defined, type HaltId, type NumericDate, ok, type PersonId, type Result, refuse } from '../../domain/values.ts'
import type { TextReader } from '../ledger/ports.ts'
import { joinHalts } from '../ledger/texts.ts'
import type { AskingPorts } from '../record/ports.ts'
import { findHaltActor, haltActors, listHalts } from './halt.ts'
import type { HaltStore } from './ports.ts'

/** `whyNotLift`: the refusal that this person would get now. */
export type ViewedHalt = { halt: Halt; whyNotLift: HaltRefusal | undefined }

/** `whyNotHalt`: the refusal that this person would get now. */
export type ViewedHalts = {
  halts: readonly ViewedHalt[]
  next?: string
  whyNotHalt: HaltRefusal | undefined
}

export type ViewHaltPorts = Pick<AskingPorts, 'policy' | 'requests' | 'clock'> & { texts: TextReader }

/** The halts in force with their reasons, and this person's possible acts on them. */
export async function viewHalts(
  asked: { person: PersonId; after?: string | undefined },
  ports: ViewHaltPorts & { halts: Pick<HaltStore, 'list'> },
): Promise<Result<ViewedHalts, 'not_permitted'>> {
  const listed = await listHalts({ ...asked, all: false }, ports)
  if (!listed.ok) return listed
  const { items, next } = listed.value
  const now = ports.clock.now()
  const [shown, actorFor] = await Promise.all([joinHalts(items, ports.texts), haltActors(asked.person, now, ports)])
  const lifter = actorFor('lift')
  return ok({
    halts: shown.map((each) => viewed(each, lifter, now)),
    whyNotHalt: refusalIn(halt([], { ...actorFor('revoke'), ...anything }, now)),
    ...defined({ next }),
  })
}

export async function viewHalt(
  { id, person }: { id: HaltId; person: PersonId },
  ports: ViewHaltPorts & { halts: Pick<HaltStore, 'find'> },
): Promise<Result<ViewedHalt, 'not_permitted' | 'unknown_halt'>> {
  const now = ports.clock.now()
  if (!mayRead(ports.policy, person, now)) return refuse('not_permitted')
  const found = await ports.halts.find(id)
  if (!found) return refuse('unknown_halt')
  const [shown = found.halt] = await joinHalts([found.halt], ports.texts)
  return ok(viewed(shown, await findHaltActor('lift', person, now, ports), now))
}

const anything = { target: { kind: 'all', value: 'all' }, reason: '' } as const

const viewed = (each: Halt, who: HaltActor, now: NumericDate): ViewedHalt => ({
  halt: each,
  whyNotLift: refusalIn(lift(each, [], who, now)),
})

const refusalIn = (came: HaltRefusal | object): HaltRefusal | undefined => (typeof came === 'string' ? came : undefined)
