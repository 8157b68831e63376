import { sessionPolicy, sessionPolicyLimit } from '../../domain/credentials/session-policy.ts'
import type { Facts } from '../../domain/policy/assess.ts'
import { accountOf, type Bundle } from '../../domain/policy/bundle.ts'
import { deriveStatement } from '../../domain/policy/catalogue.ts'
import type { NumericDate } from '../../domain/values.ts'

/** Whether AWS credentials for it could be confined to it: their session policy has a limit. */
export function isConfinable(bundle: Bundle, { entry, arguments: args }: Facts, now: NumericDate): boolean {
  const statement = deriveStatement(entry, args, accountOf(bundle, entry))
  return entry.credential === 'token' || !statement || sessionPolicy(statement, now).length <= sessionPolicyLimit
}

export const tooLargeToConfine = `the session policy for these arguments would be over ${sessionPolicyLimit} characters: ask for less at once`
