// Rules: test/infra/host-changes.test.ts
import { Duration, Stack } from 'aws-cdk-lib'
import { CfnEventBusPolicy, EventBus, EventField, Match, Rule, RuleTargetInput } from 'aws-cdk-lib/aws-events'
import * as targets from 'aws-cdk-lib/aws-events-targets'
import { type IRole, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { Construct } from 'constructs'
import { hearReading, WorkQueue } from './event-sources.ts'
import type { Ground } from './ground.ts'
import type { HotworkFunction } from './hotwork-function.ts'

/** The calls that may give an agent's host other rights, by service. Lambda's names end in the version of its API. */
const changes: { readonly [source: string]: readonly (string | { prefix: string })[] } = {
  'aws.iam': [
    ...['AttachRolePolicy', 'DetachRolePolicy', 'PutRolePolicy', 'DeleteRolePolicy', 'UpdateAssumeRolePolicy'],
    ...['CreateRole', 'DeleteRole', 'PutRolePermissionsBoundary', 'DeleteRolePermissionsBoundary'],
    ...['CreatePolicyVersion', 'DeletePolicyVersion', 'SetDefaultPolicyVersion'],
  ],
  'aws.eks': ['CreatePodIdentityAssociation', 'UpdatePodIdentityAssociation', 'DeletePodIdentityAssociation'],
  'aws.scheduler': ['CreateSchedule', 'UpdateSchedule', 'DeleteSchedule'],
  'aws.lambda': [
    { prefix: 'CreateFunction2' },
    { prefix: 'UpdateFunctionConfiguration' },
    { prefix: 'DeleteFunction2' },
  ],
  'aws.ecs': [
    ...['RegisterTaskDefinition', 'DeregisterTaskDefinition', 'CreateService', 'UpdateService', 'DeleteService'],
    'UpdateServicePrimaryTaskSet',
  ],
  'aws.states': ['CreateStateMachine', 'UpdateStateMachine', 'DeleteStateMachine'],
  'aws.codebuild': ['CreateProject', 'UpdateProject', 'DeleteProject'],
}

/** Calls of the look itself, one to IAM and one in the account's Region: their events prove that a trail exists. */
const proofs = { 'aws.iam': 'ListRoles', 'aws.secretsmanager': 'ListSecrets' } as const

/** The bus to which all rules of a deployment send. */
export const busOf = (hotwork: string, { partition, accountId, region }: Place): string =>
  `arn:${partition}:events:${region}:${accountId}:event-bus/${hotwork}-changes`

type Place = { partition: string; accountId: string; region: string }

type ChangeRuleProps = {
  /** The ARN of Hotwork's bus. */
  bus: string
  /** The ARN of the role in this account with which hosts are looked at. */
  looker: string
  /** The sending role of this account. */
  sender: IRole
}

/** Sends changes of hosts in one Region of one account to Hotwork. */
export class ChangeRule extends Construct {
  constructor(scope: Construct, id: string, { bus, looker, sender }: ChangeRuleProps) {
    super(scope, id)
    const rule = new Rule(this, 'Rule', {
      description: 'Changes of the rights of agents’ hosts',
      eventPattern: {
        source: [...new Set([...Object.keys(changes), ...Object.keys(proofs)])],
        detailType: ['AWS API Call via CloudTrail'],
        detail: {
          errorCode: [{ exists: false }],
          $or: [
            { eventName: Object.values(changes).flat() },
            {
              eventName: Object.values(proofs),
              userIdentity: { sessionContext: { sessionIssuer: { arn: [looker] } } },
            },
          ],
        },
      },
      targets: [new targets.EventBus(EventBus.fromEventBusArn(this, 'Bus', bus), { role: sender })],
    })
    hearReading(rule)
  }
}

/** The one role of an account that may send to Hotwork's bus. Its name is fixed, since the bus admits it by name. */
export const makeSender = (scope: Construct, hotwork: string): Role =>
  new Role(scope, 'Changes', {
    roleName: `${hotwork}-changes`,
    path: '/hotwork/',
    description: `Used by EventBridge to tell ${hotwork} of changes of agents' hosts`,
    assumedBy: new ServicePrincipal('events.amazonaws.com', {
      conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(scope).account } },
    }),
  })

type HostChangesProps = Pick<Ground, 'alarms' | 'deadLetters' | 'bundle'> & {
  looker: HotworkFunction
  /** The ARNs of the senders of other accounts. */
  senders: readonly string[]
}

/**
 * The receiver of changes: a bus on which only AWS can send events of AWS, and a queue in which each waits. The wait is
 * longer than the least time between two looks and the time in which IAM spreads a change together
 * (functions/operations/agents/look-again.ts), so that a burst costs one look at each host.
 */
export class HostChanges extends Construct {
  constructor(scope: Construct, id: string, { alarms, deadLetters, bundle, looker, senders }: HostChangesProps) {
    super(scope, id)
    const { stackName } = Stack.of(this)
    const bus = new EventBus(this, 'Bus', { eventBusName: `${stackName}-changes` })
    if (senders.length > 0) admit(bus, senders)
    const queue = new WorkQueue(this, 'ChangesQueue', {
      deadLetters,
      variable: 'CHANGES_QUEUE',
      order: 'none',
      attempts: 5,
      // SQS needs at least the worker's timeout, and retries a failed look after it.
      worker: Duration.seconds(Math.ceil((looker.descriptor.seconds ?? 0) / 6)),
      delay: Duration.seconds(75),
    })
    const rule = new Rule(this, 'Rule', {
      eventBus: bus,
      eventPattern: {
        source: Match.prefix('aws.'),
        detailType: ['AWS API Call via CloudTrail'],
        account: [...new Set(Object.values(bundle.deployment.accounts).map(({ accountId }) => accountId))],
      },
      targets: [new targets.SqsQueue(queue.queue, { message: namesAlone })],
    })
    hearReading(rule)
    alarms.watchQueue(queue, { oldest: Duration.hours(1) })
    // A burst of ten thousand events is ten batches.
    queue.consumedBy(looker, { batchSize: 1000, window: Duration.seconds(20), atOnce: 2 })
  }
}

/** Names accounts by their root, since a future role cannot be named; the condition limits them to the senders. */
function admit(bus: EventBus, senders: readonly string[]): void {
  const accounts = senders.map((sender) => sender.split(':').slice(0, 5).join(':'))
  new CfnEventBusPolicy(bus, 'Senders', {
    eventBusName: bus.eventBusName,
    statementId: 'ChangesOfOtherAccounts',
    statement: {
      Effect: 'Allow',
      Principal: { AWS: accounts.map((account) => `${account}:root`) },
      Action: 'events:PutEvents',
      Resource: bus.eventBusArn,
      Condition: { ArnEquals: { 'aws:PrincipalArn': senders } },
    },
  })
}

const parameters = [
  'roleName',
  'policyArn',
  'clusterName',
  'name',
  'functionName',
  'service',
  'serviceName',
  'family',
  'taskDefinition',
  'stateMachineArn',
]

/** The call and names in its parameters, without documents, people or addresses. A missing name is an empty text. */
const namesAlone = RuleTargetInput.fromObject({
  account: EventField.account,
  region: EventField.region,
  source: EventField.source,
  name: EventField.fromPath('$.detail.eventName'),
  at: EventField.fromPath('$.detail.eventTime'),
  about: parameters.map((each) => ` ${EventField.fromPath(`$.detail.requestParameters.${each}`)}`).join(''),
})
