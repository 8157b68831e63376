import type * as z from 'zod'

/** The object of a body in which a caller says a term. */
export type BodyPart = 'context' | 'requested_access'

/** Digests of terms, by their prefixes: what people approve, which asks are alike, what a submission repeats. */
export type TermDigest = 'request' | 'open' | 'bound'

/** A request that is made of another one. */
export type Heir = 'delegation' | 'extension' | 'step'

export type Reader = 'people' | 'agent'

/** The row of one fact of an ask. Code goes over the rows and names no fact that is like others. */
export type AskTerm = {
  /** The form in which it is kept. */
  schema: z.ZodType
  /** On the wire and in digests, where it is not the name of the row. */
  name?: string
  /** Without it the server finds the fact. Its JSON Schema is published, with the description. */
  body?: { in: BodyPart; as: z.ZodType }
  digests?: readonly TermDigest[]
  /** Digests have `null` where it is absent. They leave out others. */
  orNull?: true
  /** Requests that have it from the one that they are made of. */
  passedTo?: readonly Heir[]
  /** An ask that has it draws on no standing permit. */
  asksPeople?: true
  /** Readers whose answers have it under its name. */
  readBy?: readonly Reader[]
  /** In answers it is RFC 3339. */
  time?: true
  /** A text under "The agent says", in each list of alike requests, and on a card in at most so many characters. */
  said?: { as: string; most: number }
  /** JSON pointers to its personal texts, and whose they are when it is submitted; from then on the owner's. */
  personal?: { at: readonly string[]; whose: 'actor or owner' | 'owner' }
}
