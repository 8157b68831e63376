import { randomUUID } from 'node:crypto'
import { CreateRoleCommand, IAMClient, PutRolePolicyCommand } from '@aws-sdk/client-iam'

export const externalId = 'hotwork-test'

export const policyFor = (...actions: string[]) =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: actions.map((Action) => ({ Effect: 'Allow', Action, Resource: '*' })),
  })

/** A target role that trusts whoever knows its external id, and may list queues and make some, unless said. @returns its ARN */
export async function makeTargetRole(...actions: readonly string[]): Promise<string> {
  const [client, RoleName] = [new IAMClient({}), `target-${randomUUID()}`]
  const AssumeRolePolicyDocument = JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { AWS: '*' },
        Action: ['sts:AssumeRole', 'sts:TagSession', 'sts:SetSourceIdentity'],
        Condition: { StringEquals: { 'sts:ExternalId': externalId } },
      },
    ],
  })
  const { Role } = await client.send(new CreateRoleCommand({ RoleName, Path: '/hotwork/', AssumeRolePolicyDocument }))
  const PolicyDocument = policyFor(...(actions.length > 0 ? actions : ['sqs:ListQueues', 'sqs:CreateQueue']))
  await client.send(new PutRolePolicyCommand({ RoleName, PolicyName: 'target', PolicyDocument }))
  return Role?.Arn as string
}
