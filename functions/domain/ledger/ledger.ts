import * as z from 'zod'
import { Subject } from '../agents/agent-file.ts'
import { RegistryEvent } from '../agents/registry.ts'
import { VouchEvent } from '../break-glass/open.ts'
import { digestOfEntry } from '../digest.ts'
import { StreamEvent } from '../events/stream.ts'
import { evolveHalt, HaltEvent } from '../halts/halt.ts'
import { evolveLink, LinkEvent, type LinkedAccounts } from '../people/linking.ts'
import { evolveStandIn, StandInEvent } from '../people/stand-in.ts'
import { evolvePermit, PermitEvent } from '../permits/permit.ts'
import type { ParentTask } from '../record/ask-terms.ts'
import { Event } from '../record/events.ts'
import { evolve } from '../record/evolve.ts'
import type { ApprovalRequest } from '../record/request.ts'
import {
  type Digest,
  defined,
  HaltId,
  IssuerChain,
  type JsonObject,
  PersonId,
  type Resource,
  rfc3339,
  StandInId,
  StandingPermitId,
  ToolId,
} from '../values.ts'
import type { AnyEvent } from './any-event.ts'
import { ErasedEvent } from './erased.ts'

/**
 * One entry: an event with its place in its aggregate's chain. `hash` covers the rest of the entry, and `previous` is
 * the hash before. `facts` is the event as the reducer reads it; the members beside it are for readers.
 */
export type Entry = {
  /** The version of the entry's form. Version 1 lacks the member. */
  v?: number
  /** `<aggregate id>/<sequence>`. The first sequence is 1. */
  id: string
  type: string
  at: string
  actor: { type: string; id: string; chain?: readonly string[] }
  parent_task: ParentTask | null
  resource: Resource | null
  digest: Digest | null
  policies: readonly string[]
  bundle: string
  /** The version of the registry of agents that counted beside the bundle. Absent before its first change. */
  registry?: number
  previous: string | null
  facts: JsonObject
  hash: string
}

/** Since version 2, entries have commitments in place of personal texts. */
export const entryVersion = 2

export type Head = { sequence: number; hash: string | null }
export const noEntries: Head = { sequence: 0, hash: null }

type EntryContext = { parentTask?: ParentTask; resource?: Resource; digest?: Digest; registry?: number } | undefined

export const contextOf = ({ ask }: ApprovalRequest) => ({
  parentTask: ask.parentTask,
  resource: ask.resource,
  digest: ask.digest,
})

export function chainEntries(
  aggregate: string,
  head: Head,
  events: readonly AnyEvent[],
  context: EntryContext,
): { entries: Entry[]; head: Head } {
  const entries: Entry[] = []
  let { sequence, hash } = head
  for (const event of events) {
    sequence += 1
    const { type, at, actor, policies, bundle, ...facts } = event
    const open = {
      v: entryVersion,
      id: `${aggregate}/${sequence}`,
      type,
      at: rfc3339(at),
      actor: actor as Entry['actor'],
      parent_task: context?.parentTask ?? null,
      resource: context?.resource ?? null,
      digest: context?.digest ?? null,
      policies,
      bundle,
      ...defined({ registry: context?.registry }),
      previous: hash,
      facts: facts as unknown as JsonObject,
    }
    hash = entryHash(open)
    entries.push({ ...open, hash })
  }
  return { entries, head: { sequence, hash } }
}

export const entryHash = (entry: Omit<Entry, 'hash'> & { hash?: string }): string =>
  digestOfEntry(entry as unknown as JsonObject)

/** `version`: newer code wrote it, and this code does not know its meaning. */
export type Broken = { at: string; why: 'sequence' | 'previous' | 'hash' | 'version' | 'event' | 'state' }

/** The replayed state so far, from which the rest of a long chain continues. */
export type Replayed<S> = { head: Head; state: S | undefined }

/** Verifies a request's chain and replays it. Comparing the result with the stored state finds a cut tail. */
export const verify = (
  aggregate: string,
  entries: readonly Entry[],
  from?: Replayed<ApprovalRequest>,
): { state: ApprovalRequest | undefined; broken?: Broken } => replayChain(aggregate, entries, eventOf, evolve, from)

/** The verifier for chains whose state has their id. */
const verifierOf =
  <Id extends string, E, S>(shape: z.ZodType<E>, apply: (id: Id, state: S | undefined, event: E) => S) =>
  (id: Id, entries: readonly Entry[]): { state: S | undefined; broken?: Broken } =>
    replayChain(
      id,
      entries,
      (entry) => shape.safeParse(factsOf(entry)).data,
      (state: S | undefined, event: E) => apply(id, state, event),
    )
export const verifyHalt = verifierOf(HaltEvent, evolveHalt)
export const verifyPermit = verifierOf(PermitEvent, evolvePermit)
export const verifyStandIn = verifierOf(StandInEvent, evolveStandIn)

/** Verifies the hashes of any chain, without reading its events. */
export const verifyHashes = (aggregate: string, entries: readonly Entry[], head = noEntries): Broken | undefined =>
  replayChain<true, true>(
    aggregate,
    entries,
    () => true,
    () => true,
    { head, state: true },
  ).broken

const OfPerson = z.union([LinkEvent, VouchEvent, ErasedEvent])

export const verifyPerson = (
  id: PersonId,
  entries: readonly Entry[],
): { state: { linked?: LinkedAccounts } | undefined; broken?: Broken } =>
  replayChain(
    id,
    entries,
    (entry) => OfPerson.safeParse(factsOf(entry)).data ?? ofActor(entry),
    ({ linked = [] }: { linked?: LinkedAccounts } = {}, event) => {
      const links = event.type === 'Linked' || event.type === 'Unlinked'
      const after = links ? evolveLink(linked, event) : linked
      return after.length === 0 ? {} : { linked: after }
    },
  )

/** Verifies the chain of an agent or tool, of a group or sealed role's names, or of an issuer. */
export const verifyActor = (
  id: Subject | ToolId | IssuerChain,
  entries: readonly Entry[],
): { state: { refused: number } | undefined; broken?: Broken } =>
  replayChain(id, entries, ofActor, ({ refused }: { refused: number } = { refused: 0 }, { type }) => ({
    refused: refused + (type === 'Refused' ? 1 : 0),
  }))

/** Verifies and replays the chain of a halt, a standing permit, a stand-in or an actor. Undefined for a request's. */
export function verifyOther(aggregate: string, entries: readonly Entry[]) {
  const permit = StandingPermitId.safeParse(aggregate)
  if (permit.success) return verifyPermit(permit.data, entries)
  const standIn = StandInId.safeParse(aggregate)
  if (standIn.success) return verifyStandIn(standIn.data, entries)
  const person = PersonId.safeParse(aggregate)
  if (person.success) return verifyPerson(person.data, entries)
  const halt = HaltId.safeParse(aggregate)
  if (halt.success) return verifyHalt(halt.data, entries)
  const actor = Subject.or(ToolId).or(IssuerChain).safeParse(aggregate)
  return actor.success ? verifyActor(actor.data, entries) : undefined
}

const ofActor = (entry: Entry) => {
  const found = eventOf(entry)
  return found?.type === 'Refused' ? found : RegistryEvent.or(StreamEvent).safeParse(factsOf(entry)).data
}

function replayChain<S, E>(
  aggregate: string,
  entries: readonly Entry[],
  read: (entry: Entry) => E | undefined,
  apply: (state: S | undefined, event: E) => S,
  from: Replayed<S> = { head: noEntries, state: undefined },
): { state: S | undefined; broken?: Broken } {
  let { state } = from
  let previous = from.head.hash
  for (const [index, entry] of entries.entries()) {
    const broken = (why: Broken['why']) => ({ state, broken: { at: entry.id, why } })
    if (entry.id !== `${aggregate}/${from.head.sequence + index + 1}`) return broken('sequence')
    if (entry.previous !== previous) return broken('previous')
    if (hashIn(entry) !== entry.hash) return broken('hash')
    if ((entry.v ?? 1) > entryVersion) return broken('version')
    const event = read(entry)
    if (!event) return broken('event')
    try {
      state = apply(state, event)
    } catch {
      return broken('state')
    }
    previous = entry.hash
  }
  return { state }
}

/** Undefined if the row has no RFC 8785 form, as with a lone surrogate. */
export function hashIn(entry: Entry): string | undefined {
  try {
    return entryHash(entry)
  } catch {
    return undefined
  }
}

export const eventOf = (entry: Entry): Event | undefined => Event.safeParse(factsOf(entry)).data

export const factsOf = ({ type, at, actor, policies, bundle, facts }: Entry) => ({
  ...facts,
  type,
  at: Date.parse(at) / 1000,
  actor,
  policies,
  bundle,
})
