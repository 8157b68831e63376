// Rules: test/infra/catalogue.test.ts
/** Ways to more rights. The boundary of every target role refuses them (`NeverPivot`), so no entry could do its work. */
export const never: readonly string[] = [
  'iam:*',
  'organizations:*',
  'account:*',
  'sso:*',
  'sso-directory:*',
  'identitystore:*',
  'kms:CreateGrant',
  'kms:PutKeyPolicy',
  'kms:ScheduleKeyDeletion',
  'kms:DisableKey',
  'cloudtrail:*',
  'sts:*',
]

export const isNever = (action: string): boolean =>
  never.some((each) => (each.endsWith(':*') ? action.startsWith(each.slice(0, -1)) : each === action))
