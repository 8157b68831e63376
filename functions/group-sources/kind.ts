// Rules: test/domain/people/group-source.test.ts
import type * as z from 'zod'
import type { Sentence } from '../domain/cards/sentence.ts'
import type { Seconds } from '../domain/values.ts'

/** A kind of source, which gives a group members beside those in the file. */
export type SourceKind<Config, Account extends string = string> = {
  /** Its name in `source` of a group, among a person's accounts in directory.json, and in the API. */
  name: string
  /** The name in errors. */
  title: string
  config: z.ZodType<Config>
  /**
   * `schedule`: Hotwork reads the people on call, and all others in the rota; it may let people use break-glass.
   * `chat`: Hotwork reads a list that its members edit. `login`: a JWT claim of the login names it, and is absent at
   * each use.
   */
  by: 'schedule' | 'chat' | 'login'
  /** The time for which an answer counts. */
  holdsFor: Seconds
  /** The key of a source. Readings under other keys do not count. */
  key(config: Config): string
  /** The source in words: `PagerDuty, schedule PONCALL, up to level 1`. */
  words(config: Config): Sentence
  /** A person's account at the source, if the directory names one. */
  account?: { member: Account; schema: z.ZodType<string>; title: string }
}

/** More than a short outage of a source. Seconds. */
export const holdsFor: Seconds = 900
