import type * as z from 'zod'
import type { Json } from '../values.ts'

/** The object of a body that has a term. */
export type BodyPart = 'context' | 'requested_access'

/**
 * The digests of terms, by prefix: for approval, for finding identical asks, and for binding a submission to its
 * evaluation.
 */
export type TermDigest = 'request' | 'open' | 'bound'

/** The ways in which a request is derived from another. */
export type Heir = 'delegation' | 'extension' | 'step'

export type Reader = 'people' | 'agent'

/** The row of one fact of an ask. Code iterates over the rows and names no fact itself. */
export type AskTerm = {
  /** The stored form. */
  schema: z.ZodType
  /** The name on the wire and in digests, if it differs from the row's. */
  name?: string
  /** The place in a body; without it the server finds the fact. Its JSON Schema is published, with the description. */
  body?: {
    in: BodyPart
    as: z.ZodType
    /** Makes the stored form, if it differs from the body's. */
    stored?: (said: never) => unknown
  }
  digests?: readonly TermDigest[]
  /** True if digests have `null` for a missing value. Digests omit other missing terms. */
  orNull?: true
  /** The part that digests cover, if that is less than the stored form. */
  pinned?: (value: never) => Json
  /** Derived requests that inherit it. */
  passedTo?: readonly Heir[]
  /** True if an ask with it cannot draw on a standing permit. */
  asksPeople?: true
  /** The readers whose answers have it. */
  readBy?: readonly Reader[]
  /** RFC 3339 in answers. */
  time?: true
  /** Its label under "The agent says", in each list of requests, and the most characters of it on a card. */
  said?: { as: string; most: number }
  /**
   * JSON pointers to its personal texts, and their owner at the submission; later it is the agent's owner. `copied`: the
   * commitments come from another record.
   */
  personal?: { at: readonly string[]; whose: 'actor or owner' | 'owner'; copied?: true }
}
