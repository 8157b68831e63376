import { AccessAnalyzerClient, type PolicyType, paginateValidatePolicy } from '@aws-sdk/client-accessanalyzer'
import { CloudFormationClient, paginateListStackResources } from '@aws-sdk/client-cloudformation'
import {
  GetPolicyCommand,
  GetPolicyVersionCommand,
  GetRoleCommand,
  GetRolePolicyCommand,
  IAMClient,
  ListRolePoliciesCommand,
} from '@aws-sdk/client-iam'
import { clientSettings } from '../../../local/emulator.ts'
import { type Check, check, type Site } from './check.ts'

type Document = { name: string; policyDocument: string; policyType: PolicyType; trust?: boolean }

/** Conditions that session policies use, where IAM has them. */
const conditioned = {
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Action: 'ecs:UpdateService',
      Resource: '*',
      Condition: {
        StringEquals: { 'ecs:cluster': 'a', 'ecs:task-definition': 'b' },
        Bool: { 'ecs:enable-execute-command': 'false' },
      },
    },
    {
      Effect: 'Allow',
      Action: 'ssm:PutParameter',
      Resource: '*',
      Condition: { StringEquals: { 'ssm:Overwrite': 'true' } },
    },
    {
      Effect: 'Allow',
      Action: 'dynamodb:UpdateItem',
      Resource: '*',
      Condition: { 'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': 'a', 'dynamodb:Attributes': 'b' } },
    },
  ],
}

/** Checks of the policies by IAM Access Analyzer, which knows each action and condition key. */
export function checksOfPolicies(site: Site): readonly Check[] {
  const settings = clientSettings(site.aws)
  const analyzer = new AccessAnalyzerClient(settings)

  async function complaints({ name, policyDocument, policyType, trust }: Document): Promise<string[]> {
    const found: string[] = []
    const of = {
      ...{ policyDocument, policyType },
      ...(trust && { validatePolicyResourceType: 'AWS::IAM::AssumeRolePolicyDocument' as const }),
    }
    for await (const { findings = [] } of paginateValidatePolicy({ client: analyzer }, of))
      for (const { findingType = '', issueCode } of findings)
        if (['ERROR', 'SECURITY_WARNING'].includes(findingType)) found.push(`${name}: ${findingType} ${issueCode}`)
    return found
  }
  return [
    check(
      site,
      {
        id: 'policies-valid',
        expects: 'Access Analyzer has no error and no security warning for what roles may do, and who takes them',
        where: 'aws',
      },
      async () => {
        const documents = await documentsOf(site)
        const found: string[] = []
        // Access Analyzer throttles concurrent calls.
        for (const document of documents) found.push(...(await complaints(document)))
        return {
          held: found.length === 0,
          found: `${documents.length} policies; ${found.join('; ') || 'no complaint'}`,
        }
      },
    ),
    check(
      site,
      { id: 'condition-keys', expects: 'IAM knows each condition key that session policies use', where: 'aws' },
      async () => {
        const of = {
          name: 'session',
          policyDocument: JSON.stringify(conditioned),
          policyType: 'IDENTITY_POLICY' as const,
        }
        const found = await complaints(of)
        return { held: found.length === 0, found: found.join('; ') || 'all of them' }
      },
    ),
  ]
}

async function documentsOf({ aws, world }: Site): Promise<Document[]> {
  const settings = clientSettings(aws)
  const [client, iam] = [new CloudFormationClient(settings), new IAMClient(settings)]
  const { stackName } = world.local.aws
  const found: Document[] = []
  const text = (encoded = '') => decodeURIComponent(encoded)
  for (const StackName of [stackName, `${stackName}Target`])
    for await (const { StackResourceSummaries = [] } of paginateListStackResources({ client }, { StackName }))
      for (const { ResourceType, PhysicalResourceId: id = '' } of StackResourceSummaries) {
        if (ResourceType === 'AWS::IAM::Role') found.push(...(await ofRole(iam, id, text)))
        if (ResourceType !== 'AWS::IAM::ManagedPolicy') continue
        const { Policy } = await iam.send(new GetPolicyCommand({ PolicyArn: id }))
        const version = { PolicyArn: id, VersionId: Policy?.DefaultVersionId }
        const { PolicyVersion } = await iam.send(new GetPolicyVersionCommand(version))
        found.push({ name: id, policyDocument: text(PolicyVersion?.Document), policyType: 'IDENTITY_POLICY' })
      }
  return found
}

async function ofRole(iam: IAMClient, RoleName: string, text: (encoded?: string) => string): Promise<Document[]> {
  const { Role } = await iam.send(new GetRoleCommand({ RoleName }))
  const trust = {
    policyDocument: text(Role?.AssumeRolePolicyDocument),
    policyType: 'RESOURCE_POLICY' as const,
    trust: true,
  }
  const { PolicyNames = [] } = await iam.send(new ListRolePoliciesCommand({ RoleName }))
  const own = await Promise.all(
    PolicyNames.map(async (PolicyName) => {
      const { PolicyDocument } = await iam.send(new GetRolePolicyCommand({ RoleName, PolicyName }))
      return {
        name: `${RoleName} ${PolicyName}`,
        policyDocument: text(PolicyDocument),
        policyType: 'IDENTITY_POLICY' as const,
      }
    }),
  )
  return [{ name: `${RoleName}, trust`, ...trust }, ...own]
}
