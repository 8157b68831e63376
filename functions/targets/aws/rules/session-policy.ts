// Rules: test/domain/credentials/session-policy.test.ts
import { type NumericDate, rfc3339 } from '../../../domain/values.ts'
import type { Statement } from './statement.ts'

/**
 * The longest session policy. STS allows 2,048 characters and packs them by an undocumented method, so longer policies
 * are refused before people are asked.
 */
export const sessionPolicyLimit = 1500

/**
 * A session policy: the exact actions on the exact resources until `notAfter`, since STS sessions last at least 900 s,
 * and a deny of actions that lead to other sessions or rights. For a drill it denies everything.
 * @param options.passes the ARN of the one role that may be passed for a run
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies.html#policies_session
 */
export const sessionPolicy = (
  statements: readonly Statement[],
  notAfter: NumericDate,
  { drill, passes }: { drill: boolean; passes?: string | undefined },
): string =>
  inAscii(
    JSON.stringify({
      Version: '2012-10-17',
      Statement: [
        ...statements.map((each, at) => ({ Sid: at === 0 ? 'Approved' : `Approved${at}`, ...allowed(each, notAfter) })),
        ...(drill ? [{ Sid: 'Drill', Effect: 'Deny', Action: '*', Resource: '*' }] : []),
        ...noPivot(passes),
      ],
    }),
  )

/**
 * Escapes characters beyond ASCII (RFC 8259 section 7), since STS refuses those above U+00FF.
 * @see https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html (`Policy`)
 */
const inAscii = (json: string): string =>
  json.replace(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)

const allowed = ({ actions, resources, conditions = {} }: Statement, notAfter: NumericDate) => ({
  Effect: 'Allow',
  Action: actions,
  Resource: resources,
  Condition: { ...conditions, DateLessThan: { ...conditions['DateLessThan'], 'aws:CurrentTime': rfc3339(notAfter) } },
})

const noPivot = (passes: string | undefined): readonly object[] =>
  passes === undefined
    ? [{ Sid: 'NoPivot', Effect: 'Deny', Action: pivots, Resource: '*' }]
    : [
        { Sid: 'NoPivot', Effect: 'Deny', Action: pivots.filter((each) => each !== 'iam:*'), Resource: '*' },
        { Sid: 'NoOtherRole', Effect: 'Deny', Action: 'iam:*', NotResource: passes },
      ]

/** All of STS: approved actions never need it, and each year brings new ways to get a session. */
const pivots = ['iam:*', 'sts:*', 'organizations:*']
