import {
  CloudFormationClient,
  DeleteStackCommand,
  paginateListStackResources,
  type StackResourceSummary,
  waitUntilStackDeleteComplete,
} from '@aws-sdk/client-cloudformation'
import { DeleteTableCommand, DynamoDBClient, UpdateTableCommand } from '@aws-sdk/client-dynamodb'
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
  DeleteUserPolicyCommand,
  DeleteVirtualMFADeviceCommand,
  IAMClient,
  ListAccessKeysCommand,
  ListMFADevicesCommand,
  ListUserPoliciesCommand,
} from '@aws-sdk/client-iam'
import { KMSClient, ScheduleKeyDeletionCommand } from '@aws-sdk/client-kms'
import {
  DeleteBucketCommand,
  DeleteBucketPolicyCommand,
  DeleteObjectsCommand,
  ListObjectVersionsCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import { DeleteQueueCommand, GetQueueUrlCommand, SQSClient } from '@aws-sdk/client-sqs'
import { DeleteParameterCommand, SSMClient } from '@aws-sdk/client-ssm'
import { type AwsAccess, clientSettings } from '../../infra/local/emulator.ts'
import type { Kept, Made } from './made.ts'

type Say = (line: string) => void
type Left = { type: string; id: string; why: string }

const keptTypes: { readonly [type: string]: Kept['type'] } = {
  'AWS::DynamoDB::Table': 'table',
  'AWS::DynamoDB::GlobalTable': 'table',
  'AWS::KMS::Key': 'key',
  'AWS::S3::Bucket': 'bucket',
}

/** What the stacks of a run keep when they go, and what was found of that before. */
export async function findKept(aws: AwsAccess, { stacks, kept = [] }: Made): Promise<readonly Kept[]> {
  const found = (await resourcesOfAll(clientSettings(aws), stacks)).flatMap(
    ({ ResourceType = '', PhysicalResourceId: id }): Kept[] => {
      const type = keptTypes[ResourceType]
      return type && id ? [{ type, id }] : []
    },
  )
  return [...new Map([...kept, ...found].map((each) => [each.id, each])).values()]
}

/**
 * Removes all that a run made: stacks in the opposite order, then what they keep. It can be run again.
 *
 * @returns what is left, and why
 */
export async function removeAll(
  aws: AwsAccess,
  { stacks, parameters, kept = [] }: Made,
  say: Say,
): Promise<readonly Left[]> {
  const settings = clientSettings(aws)
  const cloudFormation = new CloudFormationClient(settings)
  const resources = await resourcesOfAll(settings, stacks)
  const idsOf = (type: string) =>
    resources.flatMap(({ ResourceType, PhysicalResourceId: id }) => (ResourceType === type && id ? [id] : []))
  const keptOf = (type: Kept['type']) => kept.flatMap((each) => (each.type === type ? [each.id] : []))
  const left: Left[] = []
  const tried = async (type: string, id: string, remove: () => Promise<unknown>) => {
    await remove().then(
      () => say(`removed ${type} ${id}`),
      (fault: Error) => {
        if (!isGone(fault)) left.push({ type, id, why: `${fault.name}: ${fault.message}` })
      },
    )
  }
  // Each by itself: keys and the open relay go also where another cannot.
  await Promise.all([
    ...idsOf('AWS::Events::EventBus').map((bus) => tried('listeners of', bus, () => removeListeners(settings, bus))),
    ...idsOf('AWS::IAM::User').map((user) => tried('keys of', user, () => stripUser(settings, user))),
    ...parameters.map((name) => quietly(new SSMClient(settings).send(new DeleteParameterCommand({ Name: name })))),
  ])
  // The last needs the roles of the first.
  const [toolkit = '', ...made] = stacks
  for (const stack of made.toReversed()) await tried('stack', stack, () => deleteStack(cloudFormation, stack))
  for (const table of keptOf('table')) await tried('table', table, () => deleteTable(settings, table))
  for (const key of keptOf('key'))
    await tried('key', key, () =>
      new KMSClient(settings).send(new ScheduleKeyDeletionCommand({ KeyId: key, PendingWindowInDays: 7 })),
    )
  for (const bucket of keptOf('bucket')) await tried('bucket', bucket, () => deleteBucket(settings, bucket))
  await tried('stack', toolkit, () => deleteStack(cloudFormation, toolkit))
  return left
}

async function resourcesOfAll(settings: ReturnType<typeof clientSettings>, stacks: readonly string[]) {
  const client = new CloudFormationClient(settings)
  const resources: StackResourceSummary[] = []
  for (const stack of stacks) resources.push(...(await resourcesOf(client, stack)))
  client.destroy()
  return resources
}

async function resourcesOf(client: CloudFormationClient, StackName: string): Promise<StackResourceSummary[]> {
  const found: StackResourceSummary[] = []
  try {
    for await (const { StackResourceSummaries = [] } of paginateListStackResources({ client }, { StackName }))
      found.push(...StackResourceSummaries)
  } catch (fault) {
    if (!isGone(fault as Error)) throw fault
  }
  return found
}

async function deleteStack(client: CloudFormationClient, StackName: string): Promise<void> {
  await client.send(new DeleteStackCommand({ StackName }))
  await waitUntilStackDeleteComplete({ client, maxWaitTime: 1800, minDelay: 2, maxDelay: 15 }, { StackName })
}

/** The demo's own listeners: a bus with rules cannot go. */
async function removeListeners(settings: ReturnType<typeof clientSettings>, EventBusName: string): Promise<void> {
  const events = new EventBridgeClient(settings)
  const sqs = new SQSClient(settings)
  const { Rules = [] } = await events.send(new ListRulesCommand({ EventBusName, NamePrefix: 'listener-' }))
  for (const { Name } of Rules) {
    const { Targets = [] } = await events.send(new ListTargetsByRuleCommand({ EventBusName, Rule: Name }))
    await events.send(
      new RemoveTargetsCommand({ EventBusName, Rule: Name, Ids: Targets.flatMap(({ Id }) => Id ?? []) }),
    )
    await events.send(new DeleteRuleCommand({ EventBusName, Name }))
    const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: Name }))
    await quietly(sqs.send(new DeleteQueueCommand({ QueueUrl })))
  }
}

/** A user with keys or devices cannot go. */
async function stripUser(settings: ReturnType<typeof clientSettings>, UserName: string): Promise<void> {
  const iam = new IAMClient(settings)
  const { AccessKeyMetadata = [] } = await iam.send(new ListAccessKeysCommand({ UserName }))
  for (const { AccessKeyId } of AccessKeyMetadata) await iam.send(new DeleteAccessKeyCommand({ UserName, AccessKeyId }))
  const { PolicyNames = [] } = await iam.send(new ListUserPoliciesCommand({ UserName }))
  for (const PolicyName of PolicyNames) await iam.send(new DeleteUserPolicyCommand({ UserName, PolicyName }))
  await quietly(
    (async () => {
      const { MFADevices = [] } = await iam.send(new ListMFADevicesCommand({ UserName }))
      for (const { SerialNumber } of MFADevices) {
        await iam.send(new DeactivateMFADeviceCommand({ UserName, SerialNumber }))
        await iam.send(new DeleteVirtualMFADeviceCommand({ SerialNumber }))
      }
    })(),
  )
}

async function deleteTable(settings: ReturnType<typeof clientSettings>, TableName: string): Promise<void> {
  const dynamo = new DynamoDBClient(settings)
  await quietly(dynamo.send(new UpdateTableCommand({ TableName, DeletionProtectionEnabled: false })))
  await dynamo.send(new DeleteTableCommand({ TableName }))
}

/** With all versions in it. What is locked stays, and so does its bucket. */
async function deleteBucket(settings: ReturnType<typeof clientSettings>, Bucket: string): Promise<void> {
  const client = new S3Client({ ...settings, forcePathStyle: true })
  await client.send(new DeleteBucketPolicyCommand({ Bucket }))
  // What is removed is on no next page: the first one is asked for until it is empty.
  for (;;) {
    const { Versions = [], DeleteMarkers = [] } = await client.send(new ListObjectVersionsCommand({ Bucket }))
    const Objects = [...Versions, ...DeleteMarkers].map(({ Key, VersionId }) => ({ Key, VersionId }))
    if (Objects.length === 0) break
    const { Errors: [first] = [] } = await client.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }))
    if (first) throw new Error(`${first.Code}: ${first.Key} is locked until a day after it was written`)
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
