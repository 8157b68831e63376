import { runSimulation } from '@cloud-copilot/iam-simulate'

type Statement = { readonly [element: string]: unknown }
export type Policy = { Version: '2012-10-17'; Statement: readonly Statement[] }

export type Case = {
  /** ARN of the role whose session calls, or of the user who does. */
  role?: string
  user?: string
  action: string
  resource: string
  /** The account of the resource, unless its ARN has it. */
  owner?: string
  context?: { readonly [key: string]: string | string[] }
  identity: readonly Policy[]
  session?: Policy
  boundary?: readonly Policy[]
  scp?: readonly Policy[]
  rcp?: readonly Policy[]
  /** The resource's own policy: one statement of it, or all. */
  trust?: Statement | readonly Statement[] | undefined
}

export const everything = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }],
} as const satisfies Policy

/**
 * Whether AWS would allow a call, judged by a third party's engine, which also refuses invalid policies.
 * @throws Error if a policy is invalid for its use
 */
export async function isAllowed(call: Case): Promise<boolean> {
  const {
    user,
    role = user ?? '',
    action,
    resource,
    owner,
    context = {},
    identity,
    session,
    boundary,
    scp = [],
    rcp = [],
    trust,
  } = call
  const [, , , , accountId = '', name = ''] = role.split(':')
  const named = (policies: readonly Policy[]) => policies.map((policy, index) => ({ name: `p${index}`, policy }))
  const result = await runSimulation(
    {
      request: {
        principal: user ?? `arn:aws:sts::${accountId}:assumed-role/${name.split('/').at(-1)}/caller`,
        action,
        resource: { resource, accountId: owner ?? (resource.split(':')[4] || accountId) },
        contextVariables: { 'aws:PrincipalArn': role, ...context },
      },
      identityPolicies: named(identity),
      sessionPolicy: session,
      ...(boundary && { permissionBoundaryPolicies: named(boundary) }),
      serviceControlPolicies: [{ orgIdentifier: 'root', policies: named([everything, ...scp]) }],
      resourceControlPolicies: [{ orgIdentifier: 'root', policies: named(rcp) }],
      ...(trust && { resourcePolicy: { Version: '2012-10-17', Statement: [trust].flat() } }),
    },
    {},
  )
  if (result.resultType === 'error') throw new Error(JSON.stringify(result.errors))
  return result.overallResult === 'Allowed'
}
