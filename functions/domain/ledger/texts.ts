import * as z from 'zod'
import { digestOf } from '../digest.ts'
import { personalTexts } from '../record/ask-terms.ts'
import { type PersonalMember, personalInEvents } from '../record/events.ts'
import { Digest, type Json, type JsonObject, type NumericDate, PersonId } from '../values.ts'
import type { AnyEvent } from './any-event.ts'
import type { Entry } from './ledger.ts'

/**
 * Personal texts (ADR 0029): people's words, and identifiers of a person besides their `person:` id. An entry has only
 * a commitment; the text and its salt are beside it, where they can be erased.
 */

/** A text with its salt. Without the salt a guess at the text cannot be checked. */
export type PersonalText = { commitment: Digest; person: PersonId; text: string; salt: string }

type Found = { event: AnyEvent; holder: JsonObject; owner: PersonId | undefined }

const actorOf = ({ event: { actor } }: Found) => (actor.type === 'person' ? actor.id : undefined)
const whoOf: { readonly [whose in PersonalMember['whose']]: (found: Found) => unknown } = {
  actor: actorOf,
  owner: ({ owner }) => owner,
  'actor or owner': (found) => actorOf(found) ?? found.owner,
  'owner of what a tool says': ({ event, owner }) => (event.actor.type === 'tool' ? owner : undefined),
  decider: ({ holder }) => holder['person'],
}

export const personalMembers: { readonly [type in AnyEvent['type']]?: readonly PersonalMember[] } = {
  ...personalInEvents,
  Halted: [{ at: '/reason', whose: 'actor' }],
  PermitGiven: [
    { at: '/stages/*/decisions/*/comment', whose: 'decider', copied: true },
    { at: '/stages/*/decisions/*/toAgent', whose: 'decider', copied: true },
  ],
  PermitRevoked: [{ at: '/reason', whose: 'actor' }],
  Linked: [{ at: '/account/user', whose: 'actor' }],
  Unlinked: [{ at: '/account/user', whose: 'actor' }],
  Recertified: [{ at: '/reason', whose: 'actor' }],
  Retired: [{ at: '/reason', whose: 'actor' }],
}

/** The places in a state of what people wrote to its agent. */
export const writtenToAgent = ['/stages/*/decisions/*/toAgent', '/questions/*/text'] as const

/** The places of such texts, or of their commitments, in a state. */
export const personalInRequest = [
  ...personalTexts.map(({ at }) => at),
  '/ask/agent/subject',
  '/ask/breakGlass/reason',
  '/stages/*/decisions/*/comment',
  '/questions/*/answer/text',
  ...writtenToAgent,
  '/reason',
  '/note',
  '/review/done/note',
  '/grant/uses/*/ended/note',
] as const
export const personalInHalt = ['/reason'] as const
export const personalInPermit = [
  '/revoked/reason',
  '/stages/*/decisions/*/comment',
  '/stages/*/decisions/*/toAgent',
] as const

export const commitmentTo = (text: string, salt: string): Digest => digestOf('hotwork.personal.v1', { salt, text })

export const isCommitment = (value: string): value is Digest => Digest.safeParse(value).success

/** @param owner the person who answers for the asking agent; for the events of a request */
export function setTextsApart<E extends AnyEvent>(
  events: readonly E[],
  owner: PersonId | undefined,
  newSalt: () => string,
): { events: readonly E[]; texts: readonly PersonalText[] } {
  const texts: PersonalText[] = []
  const commit = (text: string, person: PersonId): Digest => {
    const before = texts.find((each) => each.text === text && each.person === person)
    if (before) return before.commitment
    const salt = newSalt()
    const made = { commitment: commitmentTo(text, salt), person, text, salt }
    texts.push(made)
    return made.commitment
  }
  const apart = events.map((event) => {
    let changed = event as unknown as Json
    for (const { at, whose, copied } of personalMembers[event.type] ?? [])
      changed = replaceAt(changed, at, (text, holder) => {
        const person = PersonId.safeParse(whoOf[whose]({ event, holder, owner }))
        if (!person.success || (copied && isCommitment(text))) return text
        return commit(text, person.data)
      })
    return changed as unknown as E
  })
  return { events: apart, texts }
}

/** The commitments of an entry, by the JSON pointer of each. */
export function commitmentsIn({ type, facts }: Entry): ReadonlyMap<string, Digest> {
  const found = new Map<string, Digest>()
  for (const { at } of personalMembers[type as AnyEvent['type']] ?? [])
    replaceAt(facts, at, (text, _holder, pointer) => {
      if (isCommitment(text)) found.set(`/facts${pointer}`, text)
      return text
    })
  return found
}

export function commitmentsAt(value: unknown, places: readonly string[]): readonly Digest[] {
  const found: Digest[] = []
  for (const at of places)
    replaceAt(value as Json, at, (text) => {
      if (isCommitment(text)) found.push(text)
      return text
    })
  return found
}

type Beside = { text?: string; salt?: string; withheld_until?: string }
/** The texts beside entries, by entry and JSON pointer, in the form of an answer. */
export type TextsBeside = { readonly [entry: string]: { readonly [pointer: string]: Beside } }

/** The entries with the texts that match their commitments. The hashes cover the commitments. */
export const withTextsBeside = (entries: readonly Entry[], beside: TextsBeside): readonly Entry[] =>
  entries.map((entry) => {
    const texts = new Map(
      [...commitmentsIn(entry)].flatMap(([pointer, commitment]) => {
        const { text, salt } = beside[entry.id]?.[pointer] ?? {}
        if (text === undefined || salt === undefined || commitmentTo(text, salt) !== commitment) return []
        return [[commitment, text] as const]
      }),
    )
    const places = (personalMembers[entry.type as AnyEvent['type']] ?? []).map(({ at }) => at)
    return { ...entry, facts: withTextsAt(entry.facts, places, (commitment) => texts.get(commitment) ?? commitment) }
  })

/** The same value with each commitment replaced by `read`. */
export const withTextsAt = <T>(value: T, places: readonly string[], read: (commitment: Digest) => string): T =>
  places.reduce<Json>(
    (all, at) => replaceAt(all, at, (text) => (isCommitment(text) ? read(text) : text)),
    value as unknown as Json,
  ) as unknown as T

type Replace = (text: string, holder: JsonObject, pointer: string) => string

/** Copies only the path: the rest is shared. `*` stands for each item of an array. */
function replaceAt(value: Json, at: string, replace: Replace): Json {
  const [, ...steps] = at.split('/')
  return step(value, steps, '', replace)
}

function step(value: Json, [name, ...rest]: readonly string[], pointer: string, replace: Replace): Json {
  if (name === undefined || typeof value !== 'object' || value === null) return value
  if (name === '*') {
    if (!Array.isArray(value)) return value
    return value.map((item: Json, index) => step(item, rest, `${pointer}/${index}`, replace))
  }
  const holder = value as JsonObject
  const inner = holder[name]
  if (inner === undefined) return value
  const here = `${pointer}/${name}`
  if (rest.length > 0) {
    const changed = step(inner, rest, here, replace)
    return changed === inner ? value : { ...holder, [name]: changed }
  }
  return typeof inner === 'string' ? { ...holder, [name]: replace(inner, holder, here) } : value
}

export const isIdToken = (pointer: string): boolean => pointer.endsWith('/idToken')

/** The delay after an ID token's `exp` before it is shown, since clocks differ. Seconds. */
const tolerance = 60

/** A token without an end is withheld until the year 9999. */
const never = 253_402_300_799

const Claims = z.object({ exp: z.number() })

export function idTokenEnd(idToken: string): NumericDate {
  try {
    const payload = (idToken.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/')
    return Math.min(Math.ceil(Claims.parse(JSON.parse(atob(payload))).exp) + tolerance, never)
  } catch {
    return never
  }
}
