import {
  CloudFormationClient,
  DeleteStackCommand,
  DescribeStacksCommand,
  paginateListStackResources,
  type StackResourceSummary,
  waitUntilStackDeleteComplete,
} from '@aws-sdk/client-cloudformation'
import {
  DeleteTableCommand,
  DescribeTableCommand,
  DynamoDBClient,
  UpdateTableCommand,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb'
import {
  DeleteRuleCommand,
  EventBridgeClient,
  ListRulesCommand,
  ListTargetsByRuleCommand,
  RemoveTargetsCommand,
} from '@aws-sdk/client-eventbridge'
import {
  DeactivateMFADeviceCommand,
  DeleteAccessKeyCommand,
  DeleteRolePolicyCommand,
  DeleteUserPolicyCommand,
  DeleteVirtualMFADeviceCommand,
  IAMClient,
  ListAccessKeysCommand,
  ListUserPoliciesCommand,
} from '@aws-sdk/client-iam'
import { KMSClient, ScheduleKeyDeletionCommand } from '@aws-sdk/client-kms'
import { DeleteFunctionCommand, LambdaClient } from '@aws-sdk/client-lambda'
import {
  DeleteBucketCommand,
  DeleteBucketPolicyCommand,
  DeleteObjectsCommand,
  ListObjectVersionsCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import { DeleteQueueCommand, GetQueueUrlCommand, SQSClient } from '@aws-sdk/client-sqs'
import { DeleteParameterCommand, SSMClient } from '@aws-sdk/client-ssm'
import { type AwsAccess, clientSettings } from '../../local/emulator.ts'
import { fairQueueOf, type Kept, type Made, probeOf, stacksOf } from './made.ts'
import { parametersBelow } from './sample.ts'

type Settings = ReturnType<typeof clientSettings>
type Say = (line: string) => void
/** `isLocked`: AWS lets no one remove it yet. */
export type Left = { type: string; id: string; why: string; isLocked: boolean }

class Locked extends Error {}

const keptTypes: { readonly [type: string]: Kept['type'] } = {
  'AWS::DynamoDB::Table': 'table',
  'AWS::DynamoDB::GlobalTable': 'table',
  'AWS::KMS::Key': 'key',
  'AWS::S3::Bucket': 'bucket',
}

/** What the stacks of a run keep when they go, and what was found of that before. */
export function findKept(resources: readonly StackResourceSummary[], kept: readonly Kept[] = []): readonly Kept[] {
  const found = resources.flatMap(({ ResourceType = '', PhysicalResourceId: id }): Kept[] => {
    const type = keptTypes[ResourceType]
    return type && id ? [{ type, id }] : []
  })
  return [...new Map([...kept, ...found].map((each) => [each.id, each])).values()]
}

/**
 * Removes all that a run made: stacks in the opposite order, then what they keep. It can be run again.
 *
 * @param remember writes down what is still there
 * @returns what is left, and why
 */
export async function removeAll(
  aws: AwsAccess,
  made: Made,
  say: Say,
  remember: (made: Made) => void,
): Promise<readonly Left[]> {
  const { name, accountId, stacks, paths } = made
  const settings = clientSettings(aws)
  const client = new CloudFormationClient(settings)
  const parameters = await parametersBelow(aws, paths)
  const before = await Promise.all(stacks.map((stack) => findStack(client, stack)))
  const resources = before.flatMap((stack) => stack?.resources ?? [])
  let kept = findKept(resources, made.kept)
  remember({ ...made, kept })
  const idsOf = (type: string) =>
    resources.flatMap(({ ResourceType, PhysicalResourceId: id }) => (ResourceType === type && id ? [id] : []))
  const left: Left[] = []
  const tried = async (type: string, id: string, remove: () => Promise<unknown>) => {
    await remove().then(
      () => say(`removed ${type} ${id}`),
      (fault: Error) => {
        if (isGone(fault)) return
        left.push({ type, id, why: `${fault.name}: ${fault.message}`, isLocked: fault instanceof Locked })
      },
    )
  }
  const removeStack = async (stack: string) => {
    const id = before[stacks.indexOf(stack)]?.id
    if (id === undefined) return
    await tried('stack', stack, () => deleteStack(client, id, () => liftDenies(settings, name)))
    // It may have gone on to make things when it was first looked at.
    kept = findKept((await findStack(client, id))?.resources ?? [], kept)
    remember({ ...made, kept })
  }
  // Each by itself: keys and the open relay go also where another cannot.
  await Promise.all([
    ...idsOf('AWS::Events::EventBus').map((bus) => tried('listeners of', bus, () => removeListeners(settings, bus))),
    ...idsOf('AWS::IAM::User').map((user) => tried('keys of', user, () => stripUser(settings, user, accountId))),
    ...parameters.map((Name) =>
      tried('parameter', Name, () => new SSMClient(settings).send(new DeleteParameterCommand({ Name }))),
    ),
    tried('function', probeOf(name), () => deleteFunction(settings, probeOf(name))),
    tried('queue', fairQueueOf(name), () => deleteQueue(settings, fairQueueOf(name))),
  ])
  const [toolkit = '', ...others] = stacksOf(name)
  for (const stack of others.toReversed()) await removeStack(stack)
  const removers = { table: deleteTable, key: endKey, bucket: deleteBucket }
  const removeKept = async (all: readonly Kept[]) => {
    for (const { type, id } of all) await tried(type, id, () => removers[type](settings, id))
  }
  const keptOfOthers = kept
  await removeKept(keptOfOthers)
  if (!left.some(({ type }) => type === 'stack')) await removeStack(toolkit)
  else left.push({ type: 'stack', id: toolkit, why: 'CloudFormation removes the others by its role', isLocked: false })
  await removeKept(kept.filter(({ id }) => !keptOfOthers.some((each) => each.id === id)))
  const isLeft = (id: string) => left.some((each) => each.id === id)
  remember({
    ...made,
    stacks: stacks.filter(isLeft),
    paths: parameters.some(isLeft) ? paths : [],
    kept: kept.filter(({ id }) => isLeft(id)),
  })
  return left
}

/** By its name, or also when it is gone by its id. */
async function findStack(client: CloudFormationClient, StackName: string) {
  const resources: StackResourceSummary[] = []
  try {
    const { Stacks: [stack] = [] } = await client.send(new DescribeStacksCommand({ StackName }))
    if (stack?.StackId === undefined) return undefined
    for await (const { StackResourceSummaries = [] } of paginateListStackResources({ client }, { StackName }))
      resources.push(...StackResourceSummaries)
    return { id: stack.StackId, resources }
  } catch (fault) {
    if (isGone(fault as Error)) return undefined
    throw fault
  }
}

/** Twice, since Hotwork may write a deny meanwhile. @throws with what could not be deleted, and why */
async function deleteStack(
  client: CloudFormationClient,
  StackName: string,
  before: () => Promise<void>,
): Promise<void> {
  for (const isLast of [false, true]) {
    await before()
    await client.send(new DeleteStackCommand({ StackName }))
    const wait = { client, maxWaitTime: 1800, minDelay: 2, maxDelay: 15 }
    const ended = await waitUntilStackDeleteComplete(wait, { StackName }).then(
      () => true,
      () => false,
    )
    if (ended) return
    if (isLast) break
  }
  const { resources = [] } = (await findStack(client, StackName)) ?? {}
  const why = resources.flatMap(({ ResourceStatus, LogicalResourceId, ResourceStatusReason }) =>
    ResourceStatus === 'DELETE_FAILED' ? [`${LogicalResourceId}: ${ResourceStatusReason}`] : [],
  )
  throw new Error(why.join('; ') || 'it is still being deleted after half an hour')
}

/** CloudFormation deletes no role that has an inline policy which is not the stack's. */
const liftDenies = (settings: Settings, name: string): Promise<void> =>
  quietly(
    new IAMClient(settings).send(
      new DeleteRolePolicyCommand({ RoleName: `${name}-target`, PolicyName: 'HotworkDeny' }),
    ),
  )

async function deleteFunction(settings: Settings, FunctionName: string): Promise<void> {
  await new LambdaClient(settings).send(new DeleteFunctionCommand({ FunctionName }))
}

async function deleteQueue(settings: Settings, QueueName: string | undefined): Promise<void> {
  const sqs = new SQSClient(settings)
  const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName }))
  await sqs.send(new DeleteQueueCommand({ QueueUrl }))
}

async function endKey(settings: Settings, KeyId: string): Promise<void> {
  await new KMSClient(settings).send(new ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays: 7 }))
}

/** The demo's own listeners: a bus with rules cannot go. */
async function removeListeners(settings: Settings, EventBusName: string): Promise<void> {
  const events = new EventBridgeClient(settings)
  const { Rules = [] } = await events.send(new ListRulesCommand({ EventBusName, NamePrefix: 'listener-' }))
  for (const { Name } of Rules) {
    const { Targets = [] } = await events.send(new ListTargetsByRuleCommand({ EventBusName, Rule: Name }))
    await events.send(
      new RemoveTargetsCommand({ EventBusName, Rule: Name, Ids: Targets.flatMap(({ Id }) => Id ?? []) }),
    )
    await events.send(new DeleteRuleCommand({ EventBusName, Name }))
    await quietly(deleteQueue(settings, Name))
  }
}

/** A user with keys or devices cannot go. */
async function stripUser(settings: Settings, UserName: string, accountId: string): Promise<void> {
  const iam = new IAMClient(settings)
  const { AccessKeyMetadata = [] } = await iam.send(new ListAccessKeysCommand({ UserName }))
  for (const { AccessKeyId } of AccessKeyMetadata) await iam.send(new DeleteAccessKeyCommand({ UserName, AccessKeyId }))
  const { PolicyNames = [] } = await iam.send(new ListUserPoliciesCommand({ UserName }))
  for (const PolicyName of PolicyNames) await iam.send(new DeleteUserPolicyCommand({ UserName, PolicyName }))
  // One that was made and not enabled is on no list of the user's.
  const device = { SerialNumber: `arn:aws:iam::${accountId}:mfa/${UserName}` }
  await quietly(iam.send(new DeactivateMFADeviceCommand({ UserName, ...device })))
  await quietly(iam.send(new DeleteVirtualMFADeviceCommand(device)))
}

async function deleteTable(settings: Settings, TableName: string): Promise<void> {
  const client = new DynamoDBClient(settings)
  const { Table } = await client.send(new DescribeTableCommand({ TableName }))
  // One that is being made or changed cannot go.
  const untilSettled = () => waitUntilTableExists({ client, maxWaitTime: 300, minDelay: 1, maxDelay: 5 }, { TableName })
  await untilSettled()
  if (Table?.DeletionProtectionEnabled) {
    await client.send(new UpdateTableCommand({ TableName, DeletionProtectionEnabled: false }))
    await untilSettled()
  }
  await client.send(new DeleteTableCommand({ TableName }))
}

/** With all versions in it. What is locked stays, and so does its bucket. */
async function deleteBucket(settings: Settings, Bucket: string): Promise<void> {
  const client = new S3Client({ ...settings, forcePathStyle: true })
  await client.send(new DeleteBucketPolicyCommand({ Bucket }))
  // What is removed is on no next page: the first one is asked for until it is empty.
  for (;;) {
    const { Versions = [], DeleteMarkers = [] } = await client.send(new ListObjectVersionsCommand({ Bucket }))
    const Objects = [...Versions, ...DeleteMarkers].map(({ Key, VersionId }) => ({ Key, VersionId }))
    if (Objects.length === 0) break
    const { Errors: [first] = [] } = await client.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }))
    if (first) throw new Locked(`${first.Code}: ${first.Key} is locked until a day after it was written`)
  }
  await client.send(new DeleteBucketCommand({ Bucket }))
}

const isGone = ({ name, message }: Error): boolean =>
  /NotFound|NoSuch|NonExistent|DoesNotExist|KMSInvalidState/.test(name) ||
  /does not exist|pending deletion/i.test(message)

/** It may be gone, or never have been. */
const quietly = (work: Promise<unknown>): Promise<void> =>
  work.then(
    () => {},
    () => {},
  )
