import type * as z from 'zod'

/** All that the reducer, the cards and the model checker ask of a credential kind: data, so that no code of a kind runs there. */
export type CredentialData<Id extends string> = {
  /**
   * The act that hands out the right, or is the act itself: an access token, a credential of the target's own, which is
   * claimed by the id of its kind, or the one call that Hotwork makes.
   */
  act: 'access_token' | Id | 'call'
  /** For people; credentials of the target's own in the plural. */
  words: string
}

type Credentials<Id extends string> = { readonly [name: string]: CredentialData<Id> }

/** A kind of place where actions happen, as far as it is pure. `reach.ts` beside it has what reaches out. */
export interface TargetKind<
  Id extends string = string,
  Settings = unknown,
  Has extends Credentials<Id> = Credentials<Id>,
> {
  id: Id
  /** For people. */
  name: string
  credentials: Has
  /** One alias in the deployment file. */
  settings: z.ZodType<Settings>
  /** Whether a record of the target's own tells what was called there. */
  recordsCalls: boolean
}

/** A row with its own types. */
export const targetKind = <const Id extends string, Settings, const Has extends Credentials<Id>>(
  kind: TargetKind<Id, Settings, Has>,
): TargetKind<Id, Settings, Has> => kind

/** One name means one thing in all kinds. */
export const mediated = { act: 'call', words: 'one call that Hotwork makes itself' } as const
export const token = { act: 'access_token', words: 'an access token' } as const
