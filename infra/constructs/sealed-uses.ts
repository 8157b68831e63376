import { Duration, Stack } from 'aws-cdk-lib'
import { CfnEventBusPolicy, EventBus, Rule } from 'aws-cdk-lib/aws-events'
import { SqsQueue } from 'aws-cdk-lib/aws-events-targets'
import { Effect, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import type { Queue } from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'
import { hearReading, undelivered, withoutAnswer } from './sealed-role.ts'
import { WorkQueue } from './work-queue.ts'

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
 * EventBridge says in another account from what somebody there makes up; so rules elsewhere send to a bus, and a rule of that
 * to the queue: nobody but AWS can say `aws.sts` on a bus.
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
      targets: [new SqsQueue(this.uses.queue, { message: withoutAnswer, ...(deadLetterQueue && { deadLetterQueue }) })],
    })
    hearReading(rule)
    return rule
  }
}
