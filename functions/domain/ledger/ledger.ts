import * as z from 'zod'
import { VouchEvent } from '../break-glass/open.ts'
import { digestOf } from '../digest.ts'
import { evolveHalt, type Halt, HaltEvent } from '../halts/halt.ts'
import { type ChatAccount, evolveLink, LinkEvent } from '../people/linking.ts'
import { evolveStandIn, type StandIn, StandInEvent } from '../people/stand-in.ts'
import { evolvePermit, PermitEvent, type StandingPermit } from '../permits/permit.ts'
import { Event } from '../requests/events.ts'
import { evolve } from '../requests/evolve.ts'
import type { ApprovalRequest, ParentTask } from '../requests/request.ts'
import {
  type AgentId,
  type Digest,
  type HaltId,
  type Json,
  JsonObject,
  type NumericDate,
  type PersonId,
  type Resource,
  type StandInId,
  type StandingPermitId,
  type ToolId,
} from '../values.ts'

/** For clocks that differ, after the `exp` of an ID token. Seconds. */
const tolerance = 60

/** Beyond the year 9999 no date is written: a token without an end is withheld until then. */
const never = 253_402_300_799

const Shown = z.looseObject({
  login: z.looseObject({
    evidence: z.looseObject({ idToken: z.string().optional(), withheldUntil: z.int().optional() }),
  }),
})
const Claims = z.object({ exp: z.number() })

/**
 * An entry as an answer may show it. An ID token that is still good is left out, since another client of the provider
 * may take it as a bearer token.
 */
export function shownEntry(entry: Entry, now: NumericDate): Entry {
  const found = Shown.safeParse(entry.facts).data
  if (found?.login.evidence.idToken === undefined) return entry
  const { idToken, ...evidence } = found.login.evidence
  const until = endOf(idToken)
  if (now >= until) return entry
  const login = { ...found.login, evidence: { withheldUntil: until, ...evidence } }
  return { ...entry, facts: JsonObject.parse({ ...entry.facts, login }) }
}

export const withheldUntil = (entry: Entry): NumericDate | undefined =>
  Shown.safeParse(entry.facts).data?.login.evidence.withheldUntil

function endOf(idToken: string): NumericDate {
  try {
    const payload = (idToken.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/')
    return Math.min(Math.ceil(Claims.parse(JSON.parse(atob(payload))).exp) + tolerance, never)
  } catch {
    return never
  }
}

/**
 * One entry: an event with its place in its aggregate's chain. `hash` is over the rest of the entry and `previous` is
 * the hash before. `facts` is the event as the reducer takes it; the members beside it are for readers.
 */
export type Entry = {
  /** `<aggregate id>/<sequence>`, the first sequence is 1. */
  id: string
  type: string
  at: string
  actor: { type: string; id: string; chain?: readonly string[] }
  parent_task: ParentTask | null
  resource: Resource | null
  digest: Digest | null
  policies: readonly string[]
  bundle: string
  previous: string | null
  facts: JsonObject
  hash: string
}

export type Head = { sequence: number; hash: string | null }
export const noEntries: Head = { sequence: 0, hash: null }

type EntryContext = { parentTask?: ParentTask; resource?: Resource; digest?: Digest } | undefined

export const contextOf = ({ ask }: ApprovalRequest) => ({
  parentTask: ask.parentTask,
  resource: ask.resource,
  digest: ask.digest,
})

export const rfc3339 = (at: NumericDate): string => new Date(at * 1000).toISOString().replace('.000Z', 'Z')

export function chainEntries(
  aggregate: string,
  head: Head,
  events: readonly (Event | HaltEvent | StandInEvent | LinkEvent | PermitEvent | VouchEvent)[],
  context: EntryContext,
): { entries: Entry[]; head: Head } {
  const entries: Entry[] = []
  let { sequence, hash } = head
  for (const event of events) {
    sequence += 1
    const { type, at, actor, policies, bundle, ...facts } = event
    const open = {
      id: `${aggregate}/${sequence}`,
      type,
      at: rfc3339(at),
      actor: actor as Entry['actor'],
      parent_task: context?.parentTask ?? null,
      resource: context?.resource ?? null,
      digest: context?.digest ?? null,
      policies,
      bundle,
      previous: hash,
      facts: facts as unknown as JsonObject,
    }
    hash = entryHash(open)
    entries.push({ ...open, hash })
  }
  return { entries, head: { sequence, hash } }
}

/** SHA-256 over `hotwork.entry.v1`, a newline and the RFC 8785 form of the entry without its `hash`. */
export function entryHash({ hash: _, ...rest }: Omit<Entry, 'hash'> & { hash?: string }): string {
  return digestOf('hotwork.entry.v1', rest as unknown as Json)
}

/** `withheld`: an answer left out a part that the hash is over. */
export type Broken = { at: string; why: 'sequence' | 'previous' | 'hash' | 'withheld' | 'event' | 'state' }

/** A long chain goes on from here with its next entries. */
export type Replayed<S> = { head: Head; state: S | undefined }

/** Verifies a request's chain and replays it. Compare the state with the stored one to find a cut tail. */
export const verify = (
  aggregate: string,
  entries: readonly Entry[],
  from?: Replayed<ApprovalRequest>,
): { state: ApprovalRequest | undefined; broken?: Broken } => replayChain(aggregate, entries, eventOf, evolve, from)

export const verifyHalt = (id: HaltId, entries: readonly Entry[]): { state: Halt | undefined; broken?: Broken } =>
  replayChain(
    id,
    entries,
    (entry) => HaltEvent.safeParse(factsOf(entry)).data,
    (halt: Halt | undefined, event: HaltEvent) => evolveHalt(id, halt, event),
  )

export const verifyPermit = (
  id: StandingPermitId,
  entries: readonly Entry[],
): { state: StandingPermit | undefined; broken?: Broken } =>
  replayChain(
    id,
    entries,
    (entry) => PermitEvent.safeParse(factsOf(entry)).data,
    (permit: StandingPermit | undefined, event: PermitEvent) => evolvePermit(id, permit, event),
  )

export const verifyStandIn = (
  id: StandInId,
  entries: readonly Entry[],
): { state: StandIn | undefined; broken?: Broken } =>
  replayChain(
    id,
    entries,
    (entry) => StandInEvent.safeParse(factsOf(entry)).data,
    (standIn: StandIn | undefined, event: StandInEvent) => evolveStandIn(id, standIn, event),
  )

/** The hashes of a chain of any kind; its events are not read. */
export const verifyHashes = (aggregate: string, entries: readonly Entry[], head = noEntries): Broken | undefined =>
  replayChain<true, true>(
    aggregate,
    entries,
    () => true,
    () => true,
    { head, state: true },
  ).broken

export const verifyPerson = (
  id: PersonId,
  entries: readonly Entry[],
): { state: { linked?: ChatAccount } | undefined; broken?: Broken } =>
  replayChain(
    id,
    entries,
    (entry) => {
      const facts = factsOf(entry)
      return LinkEvent.safeParse(facts).data ?? VouchEvent.safeParse(facts).data ?? refusedOf(entry)
    },
    ({ linked }: { linked?: ChatAccount } = {}, event) => {
      const after = event.type === 'Refused' || event.type === 'Vouched' ? linked : evolveLink(linked, event)
      return after === undefined ? {} : { linked: after }
    },
  )

export const verifyActor = (
  id: AgentId | ToolId,
  entries: readonly Entry[],
): { state: { refused: number } | undefined; broken?: Broken } =>
  replayChain(id, entries, refusedOf, ({ refused }: { refused: number } = { refused: 0 }) => ({ refused: refused + 1 }))

const refusedOf = (entry: Entry) => {
  const found = eventOf(entry)
  return found?.type === 'Refused' ? found : undefined
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
    if (entryHash(entry) !== entry.hash) return broken(withheldUntil(entry) === undefined ? 'hash' : 'withheld')
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

export const eventOf = (entry: Entry): Event | undefined => Event.safeParse(factsOf(entry)).data

const factsOf = ({ type, at, actor, policies, bundle, facts }: Entry) => ({
  ...facts,
  type,
  at: Date.parse(at) / 1000,
  actor,
  policies,
  bundle,
})
