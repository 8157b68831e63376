// Rules: test/infra/lambdas.test.ts
import type * as z from 'zod'
import type { ArgumentsSchema } from '../domain/policy/arguments.ts'
import type { PreviewSource } from '../domain/previews/preview-source.ts'
import type { JsonObject, NumericDate } from '../domain/values.ts'
import type { Say } from '../domain/what-is-wrong.ts'

/** The data of a credential kind for the reducer, the cards and the model checker, so that no code of a kind runs there. */
type CredentialData<Id extends string> = {
  /**
   * The act that hands out the right, or is the act itself: an access token, a credential of the target's own, which is
   * claimed by the id of its kind, or the one call that Hotwork makes.
   */
  act: 'access_token' | Id | 'call'
  /** Words for people; credentials of the target's own in the plural. */
  words: string
}

type Credentials<Id extends string> = { readonly [name: string]: CredentialData<Id> }

/** The part of a catalogue entry that every kind has. */
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
  settings: z.ZodObject<Settings>
  /** Settings for a policy folder that is read without a deployment. */
  example: z.infer<z.ZodObject<Settings>>
  /** The members that its actions have beside those of every entry: one, under its id. AWS's are older than that rule. */
  entry: Part
  /** The form of its resources' ids, such as `an ARN`, and the places in such a template that an alias fills. */
  ids: string
  places: readonly string[]
  facts(at: z.infer<z.ZodObject<Settings>>): { readonly [place: string]: string }
  /**
   * The place where credentials for an alias end, which a halt names. @default the kind and the alias
   * @param targetRole path and name of the role that Hotwork has in every AWS account
   */
  placeOf?(at: z.infer<z.ZodObject<Settings>>, targetRole: string): string
  /** Whether the target keeps a record of calls. */
  recordsCalls: boolean
  /** The arguments that credentials of its own leave open, unless it holds the agent to all of them. */
  open?: Open<EntryOf<Part>, z.infer<z.ZodObject<Settings>>>
  /** Templates beside the resource's in which an argument stands for itself alone: none may hold a wildcard. */
  literals?(entry: EntryOf<Part>): readonly string[]
  /** The reason why arguments that fit their schema are refused. */
  refuse?(entry: EntryOf<Part>, args: JsonObject): string | undefined
  /** Whether a call that Hotwork makes can be conditional on a state. */
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
   * The arguments that are open in some ask: a policy that reads one without `context.unpinned` judges a value that the agent
   * is not held to.
   */
  sometimes(entry: Of, at: Settings | undefined): readonly string[]
  /** The rest that every credential of its own leaves open, in words for people. */
  always: readonly string[]
}

/**
 * Reports the problems of an entry, of another kind too: a part of this kind does not belong there.
 * @param aliases of this kind in the deployment file
 */
export type Check<Of = Entry> = (entry: Of, aliases: readonly string[], say: Say) => void

/** A row with its own types. */
export const targetKind = <
  const Id extends string,
  Settings extends z.ZodRawShape,
  Part extends z.ZodRawShape,
  const Has extends Credentials<Id>,
>(
  kind: TargetKind<Id, Settings, Part, Has>,
): TargetKind<Id, Settings, Part, Has> => kind

/** A mediated call is the same in all kinds. */
export const mediated = { act: 'call', words: 'one call that Hotwork makes itself' } as const
export const token = { act: 'access_token', words: 'an access token' } as const
