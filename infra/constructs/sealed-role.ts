// Rules: test/infra/sealed-role.test.ts
import { Duration, Stack } from 'aws-cdk-lib'
import { Metric } from 'aws-cdk-lib/aws-cloudwatch'
import { CfnEventBusPolicy, EventBus, EventField, Rule, RuleTargetInput } from 'aws-cdk-lib/aws-events'
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
import type { ITopic } from 'aws-cdk-lib/aws-sns'
import { Queue } from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'
import { alarmsIn, lettersIn } from './alarms.ts'
import { type DeadLetters, hearReading, undelivered, WorkQueue } from './event-sources.ts'

/** The receiver of a use: Hotwork's queue from its own account and Region, its event bus from elsewhere. */
export type Desk = { queue: string } | { bus: string }

type SealedRoleProps = {
  hotwork: string
  users: readonly string[]
  catalogue: IManagedPolicy
  boundary: IManagedPolicy
  desk: Desk
  alarmTopic?: ITopic
}

/** Access for a day on which Hotwork itself is down. The alarm at each use does not need Hotwork. */
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
        // Without `IfExists`, so that a role's session is refused: it proves no second factor.
        Bool: { 'aws:MultiFactorAuthPresent': 'true' },
        // `IfExists`: only temporary credentials have an age. With others the AssumeRole call itself verifies a code.
        NumericLessThanIfExists: { 'aws:MultiFactorAuthAge': String(Duration.minutes(15).toSeconds()) },
        StringEquals: {
          // The console cannot send it, so each use is an `AssumeRole`, which triggers the bell.
          'sts:ExternalId': 'sealed',
          // Each recorded call of CloudTrail names the person.
          // biome-ignore lint/suspicious/noTemplateCurlyInString: IAM's own variable
          'sts:RoleSessionName': '${aws:username}',
          // STS of another Region would report to another Region's bus.
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
        ? new targets.SqsQueue(Queue.fromQueueArn(this, 'Desk', desk.queue), {
            message: withoutAnswer,
            deadLetterQueue,
          })
        : this.#busTarget(desk.bus, deadLetterQueue, `${hotwork}-bell`),
    )
    const used = new Metric({
      namespace: 'AWS/Events',
      metricName: 'TriggeredRules',
      dimensionsMap: { RuleName: bell.ruleName },
      statistic: 'sum',
      period: Duration.minutes(1),
    })
    const raise = alarmsIn(this, alarmTopic)
    raise('Used', used, 1, 'SealedRoleUsed: a person acts outside Hotwork, in what its catalogue reaches')
    const untold = 'SealedBellDeadLetters: Hotwork was not told of a use of the sealed role'
    raise('BellDeadLetters', lettersIn(deadLetterQueue), 1, untold)
  }

  /** The rule matches the role's name: CloudTrail records the request as sent. */
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

  #busTarget(bus: string, deadLetterQueue: Queue, roleName: string) {
    // A fixed name, by which the bus admits it.
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
}

/** IAM users in one statement, since a trust policy has no room for several. */
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
 * The actor and the action, without STS's answer, which has the session's token. They are whole objects that every such
 * event has: for a path without a value EventBridge writes invalid JSON.
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

export type Sealed = {
  here: boolean
  elsewhere: readonly string[]
}
type SealedUsesProps = Sealed & { deadLetters: DeadLetters }

/**
 * The receivers of sealed roles' uses. The rule in Hotwork's own account sends to the queue. Rules elsewhere send to a
 * bus, on which only AWS can send `aws.sts`: a queue cannot receive from another Region, nor tell EventBridge in
 * another account from a caller there.
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-cross-account.html
 */
export class SealedUses extends Construct {
  readonly uses: WorkQueue
  readonly undelivered: Queue | undefined

  constructor(scope: Construct, id: string, { here, elsewhere, deadLetters }: SealedUsesProps) {
    super(scope, id)
    const { stackName, account } = Stack.of(this)
    const name = `${stackName}-sealed`
    // A fixed name, so that target stacks can refer to it. Retries cover a day in which Hotwork runs but cannot write;
    // after it a person is alerted.
    this.uses = new WorkQueue(scope, 'SealedUses', {
      deadLetters,
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
          // The account, since a future role cannot be named; the condition limits it to that role.
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
