// Rules: test/domain/people/group-source.test.ts
import * as z from 'zod'
import type { SourceKind } from '../kind.ts'

/** A value of `groups` in the token or ID token with which a person logs in. */
export const claimSource = {
  name: 'claim',
  title: 'a claim of a login',
  config: z.string().min(1).max(256),
  by: 'login',
  /** A login proves a membership only at the time that it is made. */
  holdsFor: 3600,
  key: (claim) => `claim ${claim}`,
  words: (claim) => [{ value: claim }, ' among the groups of a login'],
} as const satisfies SourceKind<string>
