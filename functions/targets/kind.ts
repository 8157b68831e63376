// Rules: test/infra/lambdas.test.ts
import type * as z from 'zod'
import type { ArgumentsSchema } from '../domain/policy/arguments.ts'
import type { PreviewSource, ReachSource } from '../domain/previews/preview-source.ts'
import type { JsonObject, NumericDate } from '../domain/values.ts'
import type { Say } from '../domain/what-is-wrong.ts'

/**
 * The data of a credential kind. The reducer, the cards and the model checker read it instead of running code of a
 * kind.
 */
type CredentialData<Id extends string> = {
  /**
   * The act that hands out the right, or is itself the act: an access token, a target's own credential, which is
   * claimed under the id of its kind, the one call that Hotwork makes, or a change of Hotwork's own registry.
   */
  act: 'access_token' | Id | 'call' | 'change'
  /** The credential in words for people; a target's own credentials in the plural. */
  words: string
}

type Credentials<Id extends string> = { readonly [name: string]: CredentialData<Id> }

/** The members that the catalogue entries of all kinds have. */
export type Entry = {
  name: string
  tool: string
  credential: string
  arguments: ArgumentsSchema
  resource: { type: string; id: string }
  account?: string | undefined
  target?: string | undefined
  narrowable: readonly string[]
  leavesOpen: { readonly [argument: string]: string }
  preview?: PreviewSource | undefined
  reach?: readonly ReachSource[] | undefined
}

/**
 * The pure part of a kind of target. `reach.ts` beside it does the I/O.
 * @template Settings of one alias in the deployment file
 * @template Part of a catalogue entry
 */
export interface TargetKind<
  Id extends string = string,
  Settings extends z.ZodRawShape = z.ZodRawShape,
  Part extends z.ZodRawShape = z.ZodRawShape,
  Has extends Credentials<Id> = Credentials<Id>,
> {
  id: Id
  /** The name for people. */
  name: string
  credentials: Has
  /** The credentials that an author writes under another name. */
  spelled?: { readonly [name: string]: keyof Has & string }
  /** The settings in which no two aliases are alike. */
  apart?: readonly string[]
  settings: z.ZodObject<Settings>
  /** The settings for a policy folder that is read without a deployment file. */
  example: z.infer<z.ZodObject<Settings>>
  /** The kind's part of a catalogue entry: one member, under its id. AWS's members predate that rule. */
  entry: Part
  /** The form of its resources' ids, such as `an ARN`. */
  ids: string
  places: readonly string[]
  facts(at: z.infer<z.ZodObject<Settings>>): { readonly [place: string]: string }
  /**
   * The place where credentials for an alias end, which a halt names. @default the kind and the alias
   * @param targetRole path and name of Hotwork's role in every AWS account
   */
  placeOf?(at: z.infer<z.ZodObject<Settings>>, targetRole: string): string
  /** True if the target records calls. */
  recordsCalls: boolean
  /**
   * Its own credentials in words for the table of README: whether each is good for one act, and how soon it stops when
   * its grant ends early.
   */
  own?: { singleUse: string; stopsWithin: string }
  /** The arguments that its own credentials leave open. Undefined if it holds the agent to all of them. */
  open?: Open<EntryOf<Part>, z.infer<z.ZodObject<Settings>>>
  /** Templates, besides the resource's, in which an argument must be literal: without wildcards. */
  literals?(entry: EntryOf<Part>): readonly string[]
  /**
   * The reason why arguments that match their schema are refused.
   * @param at absent where an entry is read without its deployment
   */
  refuse?(entry: EntryOf<Part>, args: JsonObject, at?: z.infer<z.ZodObject<Settings>>): string | undefined
  /** True if the call starts a run: something that acts as a role of its own. */
  startsRun?(entry: EntryOf<Part>): boolean
  /** True if the act can be conditional on a state: the call that Hotwork makes, or the one that its credential allows. */
  comparesState?(entry: EntryOf<Part>): boolean
  /** A part of credentials for these arguments that would be too large, and its limit. */
  tooLarge?(
    entry: EntryOf<Part>,
    args: JsonObject,
    at: z.infer<z.ZodObject<Settings>> | undefined,
    when: { notAfter: NumericDate; drill: boolean },
  ): { what: string; most: string } | undefined
}

type EntryOf<Part extends z.ZodRawShape> = Entry & z.infer<z.ZodObject<Part>>

export interface Open<Of, Settings> {
  with(entry: Of, args: JsonObject, at: Settings | undefined): readonly string[]
  /**
   * The arguments that are open in at least one ask. A policy that reads one without `context.unpinned` judges a value
   * that the agent may change.
   */
  sometimes(entry: Of, at: Settings | undefined): readonly string[]
  /** Everything else that its own credentials leave open, in words for people. */
  always: readonly string[]
}

/**
 * Reports the problems of an entry. Entries of other kinds are checked too, for a misplaced part of this kind.
 * @param aliases of this kind in the deployment file
 */
export type Check<Of = Entry> = (entry: Of, aliases: readonly string[], say: Say) => void

/** Infers the types of a row. */
export const targetKind = <
  const Id extends string,
  Settings extends z.ZodRawShape,
  Part extends z.ZodRawShape,
  const Has extends Credentials<Id>,
>(
  kind: TargetKind<Id, Settings, Part, Has>,
): TargetKind<Id, Settings, Part, Has> => kind

/** The mediated call, which is the same in all kinds. */
export const mediated = { act: 'call', words: 'one call that Hotwork makes itself' } as const
export const token = { act: 'access_token', words: 'an access token' } as const
