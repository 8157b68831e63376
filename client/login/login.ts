/** What the API wants of a login (RFC 9470): how strong, and how old at most, in seconds. */
export type Wanted = { acr?: string; maxAge?: number }

/** A way in which a person shows who they are. */
export interface Login {
  /**
   * A token of this person for the API, by a login that is as it is wanted. Where nothing is said yet, and something is
   * going to be opened, by the login that this takes as a rule, if that is known.
   * @throws Refusal, Fault
   */
  token(wanted: Wanted | 'opening'): Promise<string>
}

export const asWords = ({ acr, maxAge }: Wanted): string =>
  [
    ...(acr === undefined ? [] : [`with \`acr_values=${acr}\``]),
    ...(maxAge === undefined ? [] : [`at most ${maxAge} s old`]),
  ].join(', ')
