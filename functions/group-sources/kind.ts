// Rules: test/domain/people/group-source.test.ts
import type * as z from 'zod'
import type { Sentence } from '../domain/cards/sentence.ts'
import type { Seconds } from '../domain/values.ts'

/** A kind of source: it gives the members of a group beside those in the file. */
export type SourceKind<Config, Account extends string = string> = {
  /** Its name in `source` of a group, among the accounts of a person in directory.json, and in the API. */
  name: string
  /** The words in errors. */
  title: string
  config: z.ZodType<Config>
  /**
   * `schedule`: Hotwork reads the people on call, and all others in the rota; it may let people use break-glass. `chat`:
   * Hotwork reads a list that its members edit. `login`: a JWT claim of the login names it, and cannot be repeated at each use.
   */
  by: 'schedule' | 'chat' | 'login'
  /** The time that an answer counts. */
  holdsFor: Seconds
  /** Identifies a source: the answer of another source does not count. */
  key(config: Config): string
  /** `PagerDuty, schedule PONCALL, up to level 1`. */
  words(config: Config): Sentence
  /** The account of a person there, if the directory names one. */
  account?: { member: Account; schema: z.ZodType<string>; title: string }
}

/** Longer than a short outage of a source. */
export const holdsFor: Seconds = 900
