// Rules: test/domain/people/group-source.test.ts
import * as z from 'zod'
import type { SourceKind } from '../kind.ts'

/** A value of `groups` in a token or ID token of a login. */
export const claimSource = {
  name: 'claim',
  title: 'a claim of a login',
  config: z.string().min(1).max(256),
  by: 'login',
  /** An hour, since a login only proves a membership at its own time. */
  holdsFor: 3600,
  key: (claim) => `claim ${claim}`,
  words: (claim) => [{ value: claim }, ' among the groups of a login'],
} as const satisfies SourceKind<string>
