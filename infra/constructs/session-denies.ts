// Rules: test/infra/target-account.test.ts
import { Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam'
import type { Account, Reach } from '../policy-bundle.ts'

/** Cuts a session to less and shorter: the only call of STS that a session may need. */
const scoping = 'sts:GetScopedCredentials'

/** Always denied with IAM, even if the catalogue or a session policy allows it: ways to more rights, or to lasting ones. */
const pivots = [
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
]

/** The right to cut sessions, where the broker does. */
export const scopingOf = (accounts: { readonly [alias: string]: Account }): readonly Reach[] =>
  Object.values(accounts).some(({ scopedCredentials }) => scopedCredentials)
    ? [{ actions: [scoping], resources: ['*'] }]
    : []

/** It includes all of STS, since each year brings new ways to get a session. */
export function neverPivotBut(reach: readonly Reach[], passed: readonly string[] = []): readonly PolicyStatement[] {
  const deny = { effect: Effect.DENY, resources: ['*'] }
  const sts = reach.some(({ actions }) => actions.includes(scoping)) ? [] : ['sts:*']
  if (passed.length === 0)
    return [new PolicyStatement({ sid: 'NeverPivot', ...deny, actions: ['iam:*', ...pivots, ...sts] })]
  return [
    new PolicyStatement({ sid: 'NeverPivot', ...deny, actions: [...pivots, ...sts] }),
    new PolicyStatement({
      sid: 'NeverPassAnother',
      effect: Effect.DENY,
      actions: ['iam:*'],
      notResources: [...passed],
    }),
  ]
}

/** Sessions without an approved request: those of break-glass and of the sealed role. */
const unapproved = {
  sid: 'HotworkIsBeyondBreakGlass',
  conditions: { StringNotLike: { 'aws:PrincipalTag/hotwork:request': 'req_*' } },
}

/** Denies these sessions, or all, Hotwork's own resources. */
export function neverOurselves(
  reach: readonly Reach[],
  hotwork: string,
  ours: readonly string[],
  sessions: { sid: string; conditions?: { [operator: string]: unknown } } = unapproved,
): readonly PolicyStatement[] {
  const places = new Set(reach.flatMap(({ resources }) => resources.filter((each) => each !== '*').map(placeOf)))
  const resources = [...places].flatMap((place) => {
    const [, partition, service] = place.split(':')
    const named = ours.filter((each) => each.split(':')[2] === service)
    return [
      ...(/.otwork/.test(hotwork) ? [] : [`${place}:*${hotwork}*`]),
      // Matches both cases of the first letter.
      `${place}:*?otwork*`,
      ...named.map((each) => each.replace(/^arn:\*:/, `arn:${partition}:`)),
    ]
  })
  if (resources.length === 0) return []
  return [
    new PolicyStatement({
      ...sessions,
      effect: Effect.DENY,
      actions: ['*'],
      resources: [...new Set(resources)].sort(),
    }),
  ]
}

const placeOf = (arn: string) => arn.split(':').slice(0, 5).join(':')

/**
 * Denies everything else explicitly, since a resource's own policy that names a session is not limited by the boundary.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html
 */
export const nothingBeside = (reach: readonly Reach[]) =>
  new PolicyStatement({
    sid: 'NothingBesideTheCatalogue',
    effect: Effect.DENY,
    ...(reach.length > 0 ? { notActions: reach.flatMap(({ actions }) => actions) } : { actions: ['*'] }),
    resources: ['*'],
  })
