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
 * Corrections of fakecloud 0.51.0, which judges some policies differently from AWS: they rewrite the policies of a
 * deployed stack by AWS's API. Each says the same as the template in words that fakecloud understands.
 *
 * @param assembly the folder of the deployed assembly
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
/** On AWS a role's ARN stands for its sessions too; fakecloud matches the session's ARN alone. */
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

/** The same in conditions. A trust policy sees no tags of the requested session (faiscadev/fakecloud#1101). */
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

/** A trust policy without `sts:TagSession`: a stack may have it, the API refuses it, and no call asks for it. */
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

/**
 * Statements that fakecloud's judgement lacks: it judges a batch by an action unknown to AWS, a simulation on every
 * resource, and a call by alias as one without.
 */
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

/**
 * A policy without conditions on `s3:if-match` and `s3:if-none-match`: fakecloud gives neither, so they would refuse
 * every put.
 */
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

/** Locks buckets: fakecloud's CloudFormation leaves the lock out. */
async function lockBuckets(s3: S3Client, resources: readonly StackResource[], template: Template['Resources']) {
  for (const [id, { Properties: { ObjectLockConfiguration } = {} }] of Object.entries(template))
    if (ObjectLockConfiguration)
      await s3.send(new PutObjectLockConfigurationCommand({ Bucket: idIn(resources, id), ObjectLockConfiguration }))
}

/** Attaches managed policies: fakecloud ignores the roles that one names. */
async function attachPolicies(iam: IAMClient, resources: readonly StackResource[], template: Template['Resources']) {
  for (const [id, { Type, Properties: { Roles = [] } = {} }] of Object.entries(template)) {
    if (Type !== 'AWS::IAM::ManagedPolicy') continue
    for (const { Ref } of Roles) {
      const named = { RoleName: nameOf(idIn(resources, Ref)), PolicyArn: idIn(resources, id) }
      await iam.send(new AttachRolePolicyCommand(named))
    }
  }
}
