import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { CloudFormationClient, DescribeStackResourcesCommand, type StackResource } from '@aws-sdk/client-cloudformation'
import {
  AttachRolePolicyCommand,
  GetRoleCommand,
  GetRolePolicyCommand,
  IAMClient,
  ListRolePoliciesCommand,
  PutRolePolicyCommand,
  UpdateAssumeRolePolicyCommand,
} from '@aws-sdk/client-iam'
import { GetKeyPolicyCommand, KMSClient, PutKeyPolicyCommand } from '@aws-sdk/client-kms'
import {
  GetBucketPolicyCommand,
  type ObjectLockConfiguration,
  PutBucketPolicyCommand,
  PutObjectLockConfigurationCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import { type AwsAccess, clientSettings } from '../../local/emulator.ts'

type Statement = {
  Effect: string
  Action?: string | string[]
  Resource?: unknown
  Principal?: { AWS?: string | string[] } | string
  Condition?: { [operator: string]: { [key: string]: string | string[] } }
}
type Document = { Version: string; Statement: Statement[] }

/**
 * What fakecloud 0.51.0 judges otherwise than AWS, put right in the policies of a deployed stack, by AWS's own API. Each
 * correction says the same as the template in the words that fakecloud understands.
 *
 * @param assembly the folder of what was deployed
 */
export async function correct(aws: AwsAccess, stackName: string, assembly: string): Promise<void> {
  const settings = clientSettings(aws)
  const [cloudFormation, iam] = [new CloudFormationClient(settings), new IAMClient(settings)]
  for (const stack of [stackName, `${stackName}Target`]) {
    const { StackResources = [] } = await cloudFormation.send(new DescribeStackResourcesCommand({ StackName: stack }))
    const idsOf = (type: string) =>
      StackResources.flatMap(({ ResourceType, PhysicalResourceId: id }) => (ResourceType === type && id ? [id] : []))
    for (const role of idsOf('AWS::IAM::Role')) await correctRole(iam, nameOf(role))
    for (const key of idsOf('AWS::KMS::Key')) await correctKey(new KMSClient(settings), key)
    const { Resources } = JSON.parse(readFileSync(join(assembly, `${stack}.template.json`), 'utf8')) as Template
    const s3 = new S3Client({ ...settings, forcePathStyle: true })
    for (const bucket of idsOf('AWS::S3::Bucket')) await correctBucket(s3, bucket)
    await lockBuckets(s3, StackResources, Resources)
    await attachPolicies(iam, StackResources, Resources)
  }
}

/** A role's id in a stack is its name; here it is its ARN. */
const nameOf = (role = ''): string => role.split('/').at(-1) ?? ''
const roleArn = /^arn:aws:iam::(\d{12}):role\/(?:.*\/)?([^/]+)$/
/** A role's ARN stands for its sessions too; fakecloud knows a caller by the session's alone. */
const sessionsOf = (arn: string): string => arn.replace(roleArn, 'arn:aws:sts::$1:assumed-role/$2/*')
const listed = (value: string | string[] = []): string[] => [value].flat()

function namingSessions(document: Document): Document {
  return { ...document, Statement: document.Statement.map((statement) => conditioned(named(statement))) }
}

function named(statement: Statement): Statement {
  const { Principal, Condition = {} } = statement
  const principals = typeof Principal === 'object' ? listed(Principal.AWS) : []
  if (principals.length === 0 || !principals.every((arn) => roleArn.test(arn))) return statement
  const ArnLike = { ...Condition['ArnLike'], 'aws:PrincipalArn': principals.map(sessionsOf) }
  return { ...statement, Principal: { AWS: '*' }, Condition: { ...Condition, ArnLike } }
}

/** In conditions likewise; and a trust policy is told of no tags that a session asks for (faiscadev/fakecloud#1101). */
function conditioned(statement: Statement): Statement {
  const { Condition } = statement
  if (!Condition) return statement
  const kept = Object.entries(Condition).flatMap(([operator, tested]) => {
    const keys = Object.entries(tested).filter(([key]) => !/^aws:(RequestTag|TagKeys)/i.test(key))
    const ofSessions = keys.map(([key, value]) =>
      key === 'aws:PrincipalArn' ? [key, listed(value).map(sessionsOf)] : [key, value],
    )
    const like = operator.replace(/^Arn(Not)?Equals$/, 'Arn$1Like')
    return keys.length === 0 ? [] : [[like, Object.fromEntries(ofSessions)]]
  })
  return { ...statement, Condition: Object.fromEntries(kept) }
}

/** A stack may say `sts:TagSession` in a trust policy, and the API refuses it, though nothing asks for that action. */
const assumableOnly = (document: Document): Document => ({
  ...document,
  Statement: document.Statement.flatMap((statement) => {
    const Action = listed(statement.Action).filter((action) => action.startsWith('sts:AssumeRole'))
    return Action.length === 0 ? [] : [{ ...statement, Action }]
  }),
})

async function correctRole(iam: IAMClient, RoleName: string): Promise<void> {
  const { Role } = await iam.send(new GetRoleCommand({ RoleName }))
  const trust = decodeURIComponent(Role?.AssumeRolePolicyDocument ?? '')
  const mended = JSON.stringify(assumableOnly(namingSessions(JSON.parse(trust) as Document)))
  if (mended !== trust) await iam.send(new UpdateAssumeRolePolicyCommand({ RoleName, PolicyDocument: mended }))

  const { PolicyNames = [] } = await iam.send(new ListRolePoliciesCommand({ RoleName }))
  const more: Statement[] = []
  for (const PolicyName of PolicyNames) {
    const { PolicyDocument } = await iam.send(new GetRolePolicyCommand({ RoleName, PolicyName }))
    const { Statement } = JSON.parse(decodeURIComponent(PolicyDocument ?? '')) as Document
    more.push(...[Statement].flat().flatMap(missed))
  }
  if (more.length === 0) return
  const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement: more })
  await iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: 'fakecloud', PolicyDocument }))
}

/** A batch is judged by an action that AWS has not, a simulation on every resource, and a call by an alias as one without. */
function missed(statement: Statement): Statement[] {
  const actions = listed(statement.Action)
  const batches = actions
    .filter((action) => /^sqs:(Send|Delete)Message$/.test(action))
    .map((action) => `${action}Batch`)
  const functions = listed(statement.Resource as string | string[]).flatMap((arn) => byAlias.exec(arn)?.[1] ?? [])
  return [
    ...(functions.length > 0 ? [{ ...statement, Resource: functions }] : []),
    ...(batches.length > 0 ? [{ ...statement, Action: batches }] : []),
    ...(actions.includes('iam:SimulatePrincipalPolicy')
      ? [{ Effect: 'Allow', Action: 'iam:SimulatePrincipalPolicy', Resource: '*' }]
      : []),
  ]
}

/** A function's ARN, with an alias after it. */
const byAlias = /^(arn:[^:]+:lambda:[^:]*:\d{12}:function:[^:]+):[^:]+$/

async function correctKey(kms: KMSClient, KeyId: string): Promise<void> {
  const { Policy = '' } = await kms.send(new GetKeyPolicyCommand({ KeyId, PolicyName: 'default' }))
  const mended = JSON.stringify(namingSessions(JSON.parse(Policy) as Document))
  await kms.send(new PutKeyPolicyCommand({ KeyId, PolicyName: 'default', Policy: mended }))
}

async function correctBucket(s3: S3Client, Bucket: string): Promise<void> {
  const { Policy = '' } = await s3.send(new GetBucketPolicyCommand({ Bucket }))
  const mended = JSON.stringify(withoutPutsConditions(namingSessions(JSON.parse(Policy) as Document)))
  await s3.send(new PutBucketPolicyCommand({ Bucket, Policy: mended }))
}

/** It gives policies no `s3:if-match` and no `s3:if-none-match`, so what demands one of them refuses every put. */
const withoutPutsConditions = (document: Document): Document => ({
  ...document,
  Statement: document.Statement.filter(
    ({ Condition }) => !Object.keys(Condition?.['Null'] ?? {}).includes('s3:if-none-match'),
  ),
})

type Template = {
  Resources: {
    [id: string]: {
      Type: string
      Properties?: { Roles?: { Ref?: string }[]; ObjectLockConfiguration?: ObjectLockConfiguration }
    }
  }
}

const idIn = (resources: readonly StackResource[], logicalId = '') =>
  resources.find((each) => each.LogicalResourceId === logicalId)?.PhysicalResourceId

/** A bucket's lock is left out of what is made. */
async function lockBuckets(s3: S3Client, resources: readonly StackResource[], template: Template['Resources']) {
  for (const [id, { Properties: { ObjectLockConfiguration } = {} }] of Object.entries(template))
    if (ObjectLockConfiguration)
      await s3.send(new PutObjectLockConfigurationCommand({ Bucket: idIn(resources, id), ObjectLockConfiguration }))
}

/** A managed policy that names its roles is attached to none. */
async function attachPolicies(iam: IAMClient, resources: readonly StackResource[], template: Template['Resources']) {
  for (const [id, { Type, Properties: { Roles = [] } = {} }] of Object.entries(template)) {
    if (Type !== 'AWS::IAM::ManagedPolicy') continue
    for (const { Ref } of Roles) {
      const named = { RoleName: nameOf(idIn(resources, Ref)), PolicyArn: idIn(resources, id) }
      await iam.send(new AttachRolePolicyCommand(named))
    }
  }
}
