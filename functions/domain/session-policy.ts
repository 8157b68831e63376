import type { Statement } from './catalogue.ts'
import { rfc3339 } from './ledger.ts'
import type { NumericDate } from './values.ts'

/**
 * STS allows 2,048 characters of session policy and packs them in a way that it does not publish. Beyond this many a
 * request is refused before anyone is asked to approve it.
 */
export const sessionPolicyLimit = 1500

/**
 * The session policy of one approved action: its exact actions on its exact resources until `notAfter`, since STS gives
 * no session under 900 s, and an explicit deny against pivoting into another session or another right.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies.html#policies_session
 */
export function sessionPolicy(statement: Statement, notAfter: NumericDate): string {
  const conditions = statement.conditions ?? {}
  return JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      {
        Sid: 'Approved',
        Effect: 'Allow',
        Action: statement.actions,
        Resource: statement.resources,
        Condition: {
          ...conditions,
          DateLessThan: { ...conditions['DateLessThan'], 'aws:CurrentTime': rfc3339(notAfter) },
        },
      },
      { Sid: 'NoPivot', Effect: 'Deny', Action: pivots, Resource: '*' },
    ],
  })
}

/**
 * What a session could reach more rights with, whatever the role behind it allows, or a trust policy that names the
 * session. All of STS: no approved action needs any of it, and each year brings it another way to get a session.
 */
const pivots = ['iam:*', 'sts:*', 'organizations:*']
