// Rules: test/infra/guardrail.test.ts
import { type Account, type PolicyBundle, type Reach, reachOf, readsOf, rolesOf, runsOf } from './policy-bundle.ts'
import { must } from './settings.ts'

export const kinds = ['scp', 'rcp', 'boundary'] as const
export type Kind = (typeof kinds)[number]

export type GuardrailSettings = {
  kind: Kind
  stackName: string
  home: string
  accounts: { readonly [alias: string]: Account }
  actions: readonly PolicyBundle['actions'][string][]
  /** ARN patterns of roles that may bypass Hotwork, besides the sealed ones. */
  exempt: readonly string[]
  deployers: readonly string[]
  rcpServices: readonly string[]
}

/**
 * The services, by IAM prefix. Each year adds some:
 * https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps.html
 */
export const rcpServices = ['kms', 's3', 'secretsmanager', 'sqs', 'sts']

/** AWS's limits in characters. */
const longest: { readonly [kind in Kind]: number } = { scp: 5120, rcp: 5120, boundary: 6144 }

type Statement = {
  Sid: string
  Effect: 'Allow' | 'Deny'
  Principal?: '*'
  Action: string | readonly string[]
  Resource: string | readonly string[]
  Condition?: { readonly [operator: string]: { readonly [key: string]: string | readonly string[] } }
}
export type Guardrail = {
  document: { Version: '2012-10-17'; Statement: readonly Statement[] }
  unguarded: readonly string[]
}

/**
 * Denies the catalogue's actions on its resources to all sessions except those of the target role and the runner with a
 * request or an opening as source identity. Both are required: other sessions may be able to set a source identity, and without one
 * CloudTrail cannot attribute a session to a request.
 * @throws UnusableSettings with the fix if AWS would refuse it
 * @see https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html
 */
export function guardrail(settings: GuardrailSettings): Guardrail {
  const { kind, accounts, actions } = settings
  // Leaves out look-ups, which change nothing.
  const changing = actions.map(({ resolve: _, ...entry }) => entry)
  const reach = [...reachOf(changing, accounts), ...runsOf(changing, accounts)]
  const guardable = kind === 'rcp' ? onlyOf(reach, settings.rcpServices) : reach
  const guarded = new Set(guardable.flatMap((each) => each.actions))
  const unguarded = reach.flatMap((each) => each.actions.filter((action) => !guarded.has(action)))
  const statements = [
    // A boundary must also allow; SCPs and RCPs have a second policy for that.
    ...(kind === 'boundary' ? [everything] : []),
    ...onlyThroughHotwork(guardable, settings),
    ...(kind === 'rcp' ? [onlyTheBroker(settings)] : [asDeployed(settings)]),
    ...(kind === 'boundary' ? [keepsItself] : []),
  ]
  const Statement = kind === 'rcp' ? statements.map((each) => ({ ...each, Principal: '*' as const })) : statements
  const document = { Version: '2012-10-17', Statement } as const
  const { length } = JSON.stringify(document)
  must(
    length <= longest[kind],
    `a guardrail for ${Object.keys(accounts).length} accounts has ${length} characters and a ${kind} takes ${longest[kind]}: make one for each with --account ALIAS`,
  )
  return { document, unguarded }
}

const onlyOf = (reach: readonly Reach[], services: readonly string[]): readonly Reach[] =>
  reach
    .map(({ actions, resources }) => ({
      actions: actions.filter((action) => services.includes(action.split(':')[0] ?? '')),
      resources,
    }))
    .filter(({ actions }) => actions.length > 0)

const everything: Statement = { Sid: 'EverythingElse', Effect: 'Allow', Action: '*', Resource: '*' }

/** All actions on all resources is shorter. A negated operator also matches a missing key. */
function onlyThroughHotwork(reach: readonly Reach[], settings: GuardrailSettings): readonly Statement[] {
  if (reach.length === 0) return []
  const deny = {
    Effect: 'Deny',
    Action: reach.flatMap(({ actions }) => actions),
    Resource: [...new Set(reach.flatMap(({ resources }) => resources))],
  } as const
  const sealed = Object.values(settings.accounts).filter((account) => account.sealed !== undefined)
  // Exempts the sealed role, which is for the day that Hotwork is down, and people's reads, which change nothing.
  const reads = readsOf(settings.actions, settings.accounts).length > 0
  const readers = reads ? rolesOf('reader', settings.stackName, Object.values(settings.accounts)) : []
  const exempt = [...settings.exempt, ...rolesOf('sealed', settings.stackName, sealed), ...readers]
  return [
    {
      Sid: 'OnlyForARequest',
      ...deny,
      Condition: {
        StringNotLike: { 'aws:SourceIdentity': ['req_*', 'bgl_*'] },
        ...(exempt.length > 0 && { ArnNotLike: { 'aws:PrincipalArn': exempt } }),
        ...byPeople(settings),
      },
    },
    {
      Sid: 'OnlyByHotwork',
      ...deny,
      Condition: {
        ArnNotLike: { 'aws:PrincipalArn': [...targetsOf(settings), ...exempt] },
        ...byPeople(settings),
      },
    },
  ]
}

/** It holds even if a target role's trust is changed. Only an RCP covers callers of other accounts. */
const onlyTheBroker = (settings: GuardrailSettings): Statement => ({
  Sid: 'OnlyTheBroker',
  Effect: 'Deny',
  Action: ['sts:AssumeRole', 'sts:SetSourceIdentity', 'sts:TagSession'],
  Resource: targetsOf(settings),
  Condition: { ArnNotEquals: { 'aws:PrincipalArn': brokersOf(settings) }, ...byPeople(settings) },
})

/** Denies changes from inside: another trust policy, another boundary, other rights, or another role. */
const asDeployed = (settings: GuardrailSettings): Statement => ({
  Sid: 'AsDeployed',
  Effect: 'Deny',
  Action: [
    ...['iam:Attach*', 'iam:Create*', 'iam:Delete*', 'iam:Detach*', 'iam:Put*', 'iam:SetDefaultPolicyVersion'],
    ...['iam:Tag*', 'iam:Untag*', 'iam:Update*'],
  ],
  Resource: [
    ...new Set(
      Object.values(settings.accounts).flatMap(({ partition, accountId }) =>
        ['role', 'policy'].map((kind) => `arn:${partition}:iam::${accountId}:${kind}/hotwork/*`),
      ),
    ),
  ],
  Condition: {
    ArnNotLike: {
      'aws:PrincipalArn': [
        ...rolesOf('revoker', settings.stackName, Object.values(settings.accounts)),
        ...settings.deployers,
      ],
    },
  },
})

/** A principal with a boundary can neither remove boundaries, nor make roles or users without one. */
const keepsItself: Statement = {
  Sid: 'KeepsItself',
  Effect: 'Deny',
  Action: [
    ...['iam:CreateRole', 'iam:CreateUser', 'iam:DeleteRolePermissionsBoundary', 'iam:DeleteUserPermissionsBoundary'],
    ...['iam:PutRolePermissionsBoundary', 'iam:PutUserPermissionsBoundary', 'iam:CreatePolicyVersion'],
    ...['iam:SetDefaultPolicyVersion', 'iam:DeletePolicyVersion', 'iam:DeletePolicy', 'iam:UpdateAssumeRolePolicy'],
  ],
  Resource: '*',
}

/** Excludes AWS's own services, which an RCP covers and an SCP does not. */
const byPeople = ({ kind }: GuardrailSettings) =>
  kind === 'rcp' ? { BoolIfExists: { 'aws:PrincipalIsAWSService': 'false' } } : {}

/** Each makes only its own calls, by its boundary. */
const targetsOf = ({ stackName, accounts, actions }: GuardrailSettings) =>
  ['target', ...(runsOf(actions, accounts).length > 0 ? ['runner'] : [])].flatMap((role) =>
    rolesOf(role, stackName, Object.values(accounts)),
  )

/** The brokers in each partition of the accounts. */
const brokersOf = ({ stackName, accounts, home }: GuardrailSettings) =>
  rolesOf(
    'broker',
    stackName,
    Object.values(accounts).map((account) => ({ ...account, accountId: home })),
  )
