import * as z from 'zod'
import { SecureUrl } from '../../domain/people/identity-issuer.ts'
import { holdsFor, type SourceKind } from '../kind.ts'

/** The address of a file with the people on duty. */
export const Roster = z.strictObject({ url: SecureUrl })
export type Roster = z.infer<typeof Roster>

export const rosterSource = {
  name: 'roster',
  title: 'a roster',
  config: Roster,
  by: 'schedule',
  holdsFor,
  key: ({ url }) => `roster ${url}`,
  words: ({ url }) => ['the roster at ', { value: url }],
} as const satisfies SourceKind<Roster>
