import type * as z from 'zod'

/** The object of a body that has a term. */
export type BodyPart = 'context' | 'requested_access'

/** The digests of terms, by prefix: for approval, for alike asks, for a submission after its evaluation. */
export type TermDigest = 'request' | 'open' | 'bound'

/** A request that is derived from another one. */
export type Heir = 'delegation' | 'extension' | 'step'

export type Reader = 'people' | 'agent'

/** The row of one fact of an ask. Code iterates over the rows and names no fact itself. */
export type AskTerm = {
  /** The stored form. */
  schema: z.ZodType
  /** The name on the wire and in digests, if it differs from the row's. */
  name?: string
  /** The place in a body; the server finds the fact otherwise. Its JSON Schema is published, with the description. */
  body?: { in: BodyPart; as: z.ZodType }
  digests?: readonly TermDigest[]
  /** Digests have `null` if it is absent. They leave out other absent terms. */
  orNull?: true
  /** Derived requests that inherit it. */
  passedTo?: readonly Heir[]
  /** An ask with it draws on no standing permit. */
  asksPeople?: true
  /** The readers whose answers have it. */
  readBy?: readonly Reader[]
  /** RFC 3339 in answers. */
  time?: true
  /** A text under "The agent says", in each list of alike requests, and on a card up to so many characters. */
  said?: { as: string; most: number }
  /** JSON pointers to its personal texts, and the person they belong to at the submission; later the owner. */
  personal?: { at: readonly string[]; whose: 'actor or owner' | 'owner' }
}
