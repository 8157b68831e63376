import { Duration, Stack, Validations } from 'aws-cdk-lib'
import { Alarm, ComparisonOperator, Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch'
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions'
import { CfnEventBusPolicy, type CfnRule, EventBus, EventField, Rule, RuleTargetInput } from 'aws-cdk-lib/aws-events'
import * as targets from 'aws-cdk-lib/aws-events-targets'
import {
  type Conditions,
  Effect,
  type IManagedPolicy,
  PolicyStatement,
  PrincipalBase,
  PrincipalPolicyFragment,
  Role,
  ServicePrincipal,
} from 'aws-cdk-lib/aws-iam'
import { Topic } from 'aws-cdk-lib/aws-sns'
import { Queue } from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'
import { deadLetters, WorkQueue } from './event-sources.ts'

/** Where Hotwork hears of a use: its queue, from its own account and Region; from anywhere else its event bus. */
export type Desk = { queue: string } | { bus: string }

type SealedRoleProps = {
  hotwork: string
  /** ARNs of the IAM users who may. */
  users: readonly string[]
  /** What it may do, and the most that it may. */
  catalogue: IManagedPolicy
  boundary: IManagedPolicy
  desk: Desk
  /** ARN of a topic in this Region. */
  alarmTopic?: string
}

/** What a person who assumes it must say. The console cannot, so each use is an `AssumeRole`, which is what the bell hears. */
const sealedExternalId = 'sealed'
/**
 * How long ago a second factor may have been shown.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-multifactorauthage
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_configure-api-require.html
 */
const mfaAge = Duration.minutes(15)

/**
 * The way in for the day that Hotwork itself is down: a role for people by name, who have shown a second factor a moment ago.
 * Each use is heard at once, by an alarm that needs nothing of Hotwork, and by Hotwork when that is back.
 */
export class SealedRole extends Construct {
  readonly role: Role

  constructor(scope: Construct, id: string, props: SealedRoleProps) {
    super(scope, id)
    const { hotwork, users, catalogue, boundary, desk, alarmTopic } = props
    const { region } = Stack.of(this)
    this.role = new Role(this, 'Role', {
      roleName: `${hotwork}-sealed`,
      path: '/hotwork/',
      description: `Assumed by people by name when ${hotwork} is down; each use raises an alarm and is reviewed`,
      assumedBy: new People(users, {
        // Not `IfExists`: a session of another role says nothing of a second factor, and does not do.
        Bool: { 'aws:MultiFactorAuthPresent': 'true' },
        // `IfExists`: a session of the user has its age with it. A code that long-lived keys show in the AssumeRole call
        // itself is verified in that call, and AWS documents an age for temporary credentials alone.
        NumericLessThanIfExists: { 'aws:MultiFactorAuthAge': String(mfaAge.toSeconds()) },
        StringEquals: {
          'sts:ExternalId': sealedExternalId,
          // Each call that CloudTrail has on record names the person.
          // biome-ignore lint/suspicious/noTemplateCurlyInString: IAM's own variable
          'sts:RoleSessionName': '${aws:username}',
          // STS of another Region would tell another Region's bus.
          'aws:RequestedRegion': region,
        },
      }),
      managedPolicies: [catalogue],
      permissionsBoundary: boundary,
      maxSessionDuration: Duration.hours(1),
    })
    const bell = this.#makeBell(`${hotwork}-sealed`)
    const deadLetterQueue = undelivered(this)
    bell.addTarget(
      'queue' in desk
        ? this.#queueTarget(desk.queue, deadLetterQueue)
        : this.#busTarget(desk.bus, deadLetterQueue, `${hotwork}-bell`),
    )
    this.#makeAlarms(bell, deadLetterQueue, alarmTopic)
  }

  /** By its name, not its token: what CloudTrail has on record is what was asked for, word for word. */
  #makeBell(ruleName: string): Rule {
    const { partition, account } = Stack.of(this)
    const rule = new Rule(this, 'Bell', {
      ruleName,
      description: 'The sealed role was used',
      eventPattern: {
        source: ['aws.sts'],
        detailType: ['AWS API Call via CloudTrail'],
        detail: {
          eventName: ['AssumeRole'],
          errorCode: [{ exists: false }],
          requestParameters: { roleArn: [`arn:${partition}:iam::${account}:role/hotwork/${ruleName}`] },
        },
      },
    })
    hearReading(rule)
    return rule
  }

  #queueTarget(queue: string, deadLetterQueue: Queue) {
    return new targets.SqsQueue(Queue.fromQueueArn(this, 'Desk', queue), { message: withoutAnswer, deadLetterQueue })
  }

  #busTarget(bus: string, deadLetterQueue: Queue, roleName: string) {
    // By its name, since the bus lets it in by that.
    const role = new Role(this, 'BellRole', {
      roleName,
      path: '/hotwork/',
      assumedBy: new ServicePrincipal('events.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
    })
    role.addToPolicy(new PolicyStatement({ actions: ['events:PutEvents'], resources: [bus] }))
    return new targets.EventBus(EventBus.fromEventBusArn(this, 'Desk', bus), { role, deadLetterQueue })
  }

  #makeAlarms({ ruleName }: Rule, deadLetterQueue: Queue, topic: string | undefined): void {
    const used = new Metric({
      namespace: 'AWS/Events',
      metricName: 'TriggeredRules',
      dimensionsMap: { RuleName: ruleName },
      statistic: 'sum',
      period: Duration.minutes(1),
    })
    const lost = deadLetterQueue.metricApproximateNumberOfMessagesVisible({
      period: Duration.minutes(5),
      statistic: 'max',
    })
    const action = topic === undefined ? undefined : new SnsAction(Topic.fromTopicArn(this, 'Topic', topic))
    const raise = (id: string, metric: Metric, alarmDescription: string) => {
      const alarm = new Alarm(this, id, {
        ...{ metric, alarmDescription, threshold: 1, evaluationPeriods: 1 },
        comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
        treatMissingData: TreatMissingData.NOT_BREACHING,
      })
      if (action) alarm.addAlarmAction(action)
    }
    raise('Used', used, 'SealedRoleUsed: a person acts outside Hotwork, in what its catalogue reaches')
    raise('BellDeadLetters', lost, 'SealedBellDeadLetters: Hotwork was not told of a use of the sealed role')
  }
}

/**
 * Where a rule leaves what it could not tell for a day: EventBridge drops it otherwise. It keeps the whole event, with the
 * session token that STS answered (of no use without the secret key, which no event has), so no role of ours may read it.
 *
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
 */
function undelivered(scope: Construct): Queue {
  const queue = deadLetters(scope)
  Validations.of(queue).acknowledge({
    id: 'AwsSolutions-SQS3',
    reason: 'This is the dead-letter queue, of a rule of EventBridge, which the check does not see',
  })
  return queue
}

/** IAM users in one statement, since a trust policy has no room for one each. */
class People extends PrincipalBase {
  readonly #users: readonly string[]
  readonly #conditions: Conditions

  constructor(users: readonly string[], conditions: Conditions) {
    super()
    this.#users = users
    this.#conditions = conditions
  }

  get policyFragment(): PrincipalPolicyFragment {
    return new PrincipalPolicyFragment({ AWS: [...this.#users] }, this.#conditions)
  }

  dedupeString(): string {
    return this.#users.join()
  }
}

/**
 * What of an event goes into a queue: all that says who did what, and not what STS answered, which holds the session's token.
 * Whole objects, which every such event has: where a path leads to nothing, EventBridge leaves a hole in the JSON.
 *
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
 */
const withoutAnswer = RuleTargetInput.fromObject({
  source: EventField.source,
  detail: Object.fromEntries(
    ['eventID', 'eventTime', 'eventName', 'userIdentity', 'requestParameters'].map((member) => [
      member,
      EventField.fromPath(`$.detail.${member}`),
    ]),
  ),
})

/**
 * Has a rule match what CloudTrail calls read-only too, which `AssumeRole` is: an enabled rule alone never sees one.
 *
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail-management.html
 */
function hearReading(rule: Rule): void {
  const resource = rule.node.defaultChild as CfnRule
  resource.state = 'ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS'
}

export type SealedUsesProps = {
  /** Whether Hotwork's own account has a sealed role, in Hotwork's own Region. */
  here: boolean
  /** ARNs of the roles that ring from elsewhere: other accounts, and other Regions of this one. */
  elsewhere: readonly string[]
}

/**
 * Where Hotwork hears that a sealed role was used: a queue that keeps it for as long as SQS keeps anything, since Hotwork may
 * be what is down.
 *
 * The rule of the own account sends to it. A queue takes nothing from another Region, and a queue's policy cannot tell what
 * EventBridge says in another account from what a caller there makes up; so rules elsewhere send to a bus, and a rule of that
 * to the queue: only AWS can say `aws.sts` on a bus.
 *
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-cross-account.html
 */
export class SealedUses extends Construct {
  readonly uses: WorkQueue
  /** What the rule of the bus could not put into that queue, where there is one. */
  readonly undelivered: Queue | undefined

  constructor(scope: Construct, id: string, { here, elsewhere }: SealedUsesProps) {
    super(scope, id)
    const { stackName, account } = Stack.of(this)
    const name = `${stackName}-sealed`
    // By name, so that target stacks can name it. A day of a Hotwork that runs and cannot write; then a person looks.
    this.uses = new WorkQueue(scope, 'SealedUses', {
      variable: 'SEALED_QUEUE',
      order: 'none',
      attempts: 1000,
      name,
      retention: Duration.days(14),
    })
    this.undelivered = elsewhere.length > 0 ? undelivered(this) : undefined
    const rules = [
      ...(here ? [Stack.of(this).formatArn({ service: 'events', resource: 'rule', resourceName: name })] : []),
      ...(elsewhere.length > 0 ? [this.#makeBus(name, elsewhere, this.undelivered).ruleArn] : []),
    ]
    if (rules.length === 0) return
    this.uses.queue.addToResourcePolicy(
      new PolicyStatement({
        effect: Effect.ALLOW,
        principals: [new ServicePrincipal('events.amazonaws.com')],
        actions: ['sqs:SendMessage'],
        resources: [this.uses.queue.queueArn],
        conditions: { ArnEquals: { 'aws:SourceArn': rules }, StringEquals: { 'aws:SourceAccount': account } },
      }),
    )
  }

  #makeBus(name: string, bells: readonly string[], deadLetterQueue: Queue | undefined): Rule {
    const bus = new EventBus(this, 'Bus', { eventBusName: name })
    for (const [index, bell] of bells.entries()) {
      const [, partition, , , accountId] = bell.split(':')
      new CfnEventBusPolicy(this, `From${index}`, {
        eventBusName: bus.eventBusName,
        statementId: `SealedRoleOf${accountId}`,
        statement: {
          Effect: 'Allow',
          // The account, since a role that is yet to be made cannot be named; and of it that role alone.
          Principal: { AWS: `arn:${partition}:iam::${accountId}:root` },
          Action: 'events:PutEvents',
          Resource: bus.eventBusArn,
          Condition: { ArnEquals: { 'aws:PrincipalArn': bell } },
        },
      })
    }
    const rule = new Rule(this, 'FromElsewhere', {
      eventBus: bus,
      eventPattern: { source: ['aws.sts'], detail: { eventName: ['AssumeRole'] } },
      targets: [
        new targets.SqsQueue(this.uses.queue, { message: withoutAnswer, ...(deadLetterQueue && { deadLetterQueue }) }),
      ],
    })
    hearReading(rule)
    return rule
  }
}
