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
import { DeleteDocumentCommand, DeleteParameterCommand, SSMClient } from '@aws-sdk/client-ssm'
import { type AwsAccess, clientSettings } from '../../local/emulator.ts'
import { fairQueueOf, type Kept, type Made, probeOf, stacksOf, waitingDocumentOf } from './made.ts'
import { parametersBelow } from './sample.ts'

type Settings = ReturnType<typeof clientSettings>
type Say = (line: string) => void
/** `isLocked`: AWS refuses its deletion for now. */
export type Left = { type: string; id: string; why: string; isLocked: boolean }

class Locked extends Error {}

const keptTypes: { readonly [type: string]: Kept['type'] } = {
  'AWS::DynamoDB::Table': 'table',
  'AWS::DynamoDB::GlobalTable': 'table',
  'AWS::KMS::Key': 'key',
  'AWS::S3::Bucket': 'bucket',
}

/** The resources that outlive the stacks of a run, with those found before. */
export function findKept(resources: readonly StackResourceSummary[], kept: readonly Kept[] = []): readonly Kept[] {
  const found = resources.flatMap(({ ResourceType = '', PhysicalResourceId: id }): Kept[] => {
    const type = keptTypes[ResourceType]
    return type && id ? [{ type, id }] : []
  })
  return [...new Map([...kept, ...found].map((each) => [each.id, each])).values()]
}

/**
 * Removes all that a run made: stacks in the opposite order, then the resources that outlive them. It can be repeated.
 *
 * @param remember records what is still left @returns the resources that are left, with reasons
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
    // The stack may have made more since the first look.
    kept = findKept((await findStack(client, id))?.resources ?? [], kept)
    remember({ ...made, kept })
  }
  // Each removal is independent: keys and the open relay go even if another removal fails.
  await Promise.all([
    ...idsOf('AWS::Events::EventBus').map((bus) => tried('listeners of', bus, () => removeListeners(settings, bus))),
    ...idsOf('AWS::IAM::User').map((user) => tried('keys of', user, () => stripUser(settings, user, accountId))),
    ...parameters.map((Name) =>
      tried('parameter', Name, () => new SSMClient(settings).send(new DeleteParameterCommand({ Name }))),
    ),
    tried('function', probeOf(name), () => deleteFunction(settings, probeOf(name))),
    tried('queue', fairQueueOf(name), () => deleteQueue(settings, fairQueueOf(name))),
    tried('document', waitingDocumentOf(name), () =>
      new SSMClient(settings).send(new DeleteDocumentCommand({ Name: waitingDocumentOf(name) })),
    ),
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

/** Finds a stack by its name, or a deleted one by its id. */
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

/**
 * Deletes a stack, at the second attempt if Hotwork writes a deny meanwhile. @throws with the resources that are left,
 * and the reasons
 */
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

/** Removes Hotwork's denies: CloudFormation deletes no role with an inline policy from outside the stack. */
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

/** Removes the demo's listeners: a bus with rules cannot be deleted. */
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

/** Removes keys and devices: a user with them cannot be deleted. */
async function stripUser(settings: Settings, UserName: string, accountId: string): Promise<void> {
  const iam = new IAMClient(settings)
  const { AccessKeyMetadata = [] } = await iam.send(new ListAccessKeysCommand({ UserName }))
  for (const { AccessKeyId } of AccessKeyMetadata) await iam.send(new DeleteAccessKeyCommand({ UserName, AccessKeyId }))
  const { PolicyNames = [] } = await iam.send(new ListUserPoliciesCommand({ UserName }))
  for (const PolicyName of PolicyNames) await iam.send(new DeleteUserPolicyCommand({ UserName, PolicyName }))
  // A device that was never enabled is on no list of the user's.
  const device = { SerialNumber: `arn:aws:iam::${accountId}:mfa/${UserName}` }
  await quietly(iam.send(new DeactivateMFADeviceCommand({ UserName, ...device })))
  await quietly(iam.send(new DeleteVirtualMFADeviceCommand(device)))
}

async function deleteTable(settings: Settings, TableName: string): Promise<void> {
  const client = new DynamoDBClient(settings)
  const { Table } = await client.send(new DescribeTableCommand({ TableName }))
  // A table that is being made or changed cannot be deleted.
  const untilSettled = () => waitUntilTableExists({ client, maxWaitTime: 300, minDelay: 1, maxDelay: 5 }, { TableName })
  await untilSettled()
  if (Table?.DeletionProtectionEnabled) {
    await client.send(new UpdateTableCommand({ TableName, DeletionProtectionEnabled: false }))
    await untilSettled()
  }
  await client.send(new DeleteTableCommand({ TableName }))
}

/** Deletes a bucket with all versions. Locked versions stay, and so does their bucket. */
async function deleteBucket(settings: Settings, Bucket: string): Promise<void> {
  const client = new S3Client({ ...settings, forcePathStyle: true })
  await client.send(new DeleteBucketPolicyCommand({ Bucket }))
  // Deletions shift the pages, so the first page is fetched until it is empty.
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
  /NotFound|NoSuch|NonExistent|DoesNotExist|KMSInvalidState|InvalidDocument|InvalidAction/.test(name) ||
  /does not exist|pending deletion/i.test(message)

/** Ignores a fault: the resource may be gone, or was never made. */
const quietly = (work: Promise<unknown>): Promise<void> =>
  work.then(
    () => {},
    () => {},
  )
