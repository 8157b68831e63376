// Rules: test/domain/ledger/texts.test.ts
import * as z from 'zod'
import { RegistryEvent } from '../agents/registry.ts'
import { VouchEvent } from '../break-glass/open.ts'
import { StreamEvent } from '../events/stream.ts'
import { HaltEvent } from '../halts/halt.ts'
import { LinkEvent } from '../people/linking.ts'
import { StandInEvent } from '../people/stand-in.ts'
import { PermitEvent } from '../permits/permit.ts'
import { Event } from '../record/events.ts'
import { ErasedEvent } from './erased.ts'
import { type Entry, factsOf } from './ledger.ts'

const Any = z.discriminatedUnion('type', [
  Event,
  HaltEvent,
  StandInEvent,
  LinkEvent,
  PermitEvent,
  VouchEvent,
  ErasedEvent,
  RegistryEvent,
  StreamEvent,
])

export type AnyEvent = z.infer<typeof Any>

/** Every type of entry. */
export const eventTypes: ReadonlySet<string> = new Set(Any.options.flatMap(typesOf))

function typesOf(option: (typeof Any.options)[number]): string[] {
  return 'options' in option ? option.options.map(({ shape }) => shape.type.value) : [option.shape.type.value]
}

/** The event of an entry of any chain. Undefined for an unknown type. */
export const anyEventOf = (entry: Entry): AnyEvent | undefined => Any.safeParse(factsOf(entry)).data
