import { rfc3339 } from '../ledger/ledger.ts'
import type { Statement } from '../policy/catalogue.ts'
import type { NumericDate } from '../values.ts'

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
export const sessionPolicy = (statement: Statement, notAfter: NumericDate): string =>
  openingPolicy([statement], notAfter, { drill: false })

/**
 * The same for what a profile opened with break-glass: each action on its own resources. In a drill everything is denied:
 * the credentials are real, and can do nothing.
 */
export const openingPolicy = (
  statements: readonly Statement[],
  notAfter: NumericDate,
  { drill }: { drill: boolean },
): string =>
  policyOf([
    ...statements.map((statement, at) => ({
      Sid: at === 0 ? 'Approved' : `Approved${at}`,
      ...allowed(statement, notAfter),
    })),
    ...(drill ? [{ Sid: 'Drill', Effect: 'Deny', Action: '*', Resource: '*' }] : []),
  ])

const policyOf = (statements: readonly object[]) =>
  inAscii(
    JSON.stringify({
      Version: '2012-10-17',
      Statement: [...statements, { Sid: 'NoPivot', Effect: 'Deny', Action: pivots, Resource: '*' }],
    }),
  )

/**
 * The same JSON with each character beyond ASCII as its escape (RFC 8259 section 7): STS takes none above U+00FF, and a key in
 * DynamoDB may be any text.
 *
 * @see https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html (`Policy`)
 */
const inAscii = (json: string): string =>
  json.replace(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)

const allowed = ({ actions, resources, conditions = {} }: Statement, notAfter: NumericDate) => ({
  Effect: 'Allow',
  Action: actions,
  Resource: resources,
  Condition: {
    ...conditions,
    DateLessThan: { ...conditions['DateLessThan'], 'aws:CurrentTime': rfc3339(notAfter) },
  },
})

/**
 * What a session could reach more rights with, whatever the role behind it allows, or a trust policy that names the
 * session. All of STS: no approved action needs any of it, and each year brings it another way to get a session.
 */
const pivots = ['iam:*', 'sts:*', 'organizations:*']
