// Rules: test/infra/least-privilege.test.ts
import { Duration, Validations } from 'aws-cdk-lib'
import { Alias } from 'aws-cdk-lib/aws-kms'
import { Topic } from 'aws-cdk-lib/aws-sns'
import { Construct } from 'constructs'
import { lambdaOf } from '../functions.ts'
import type { CallReader } from './call-reader.ts'
import type { WorkQueue } from './event-sources.ts'
import type { Ground } from './ground.ts'
import type { HotworkFunction } from './hotwork-function.ts'
import { type Sealed, SealedUses } from './sealed-role.ts'
import { say } from './variables.ts'

export type ReadingGround = Ground & { calls: CallReader }

/** Break-glass. Opening needs only the tables: no queue, no workflow, no Slack. */
export class BreakGlass extends Construct {
  /** The page hook, outside Hotwork and Slack. */
  readonly topic: BreakGlassTopic
  readonly sealedUses: WorkQueue

  constructor(scope: Construct, id: string, ground: ReadingGround & { sealed: Sealed }) {
    super(scope, id)
    this.topic = new BreakGlassTopic(this, 'Openings')
    this.#makeOpening(ground)
    this.#makeConclusion(ground)
    this.sealedUses = this.#recordSealedUses(ground)
  }

  #makeOpening({ bundle, incidents, make }: Ground): void {
    for (const each of [make(this, 'open-break-glass'), make(this, 'open-on-page')]) {
      // If the incident tool is silent, openings continue.
      if (bundle.deployment.incidents) incidents.grantRead(each)
    }
  }

  #makeConclusion(ground: ReadingGround): void {
    const { incidents, tables, make } = ground
    const conclude = make(this, 'conclude-break-glass')
    incidents.grantRead(conclude)
    // Requests end with the incident that was live at their submission.
    tables.requests.grantFind(conclude, 'by-task')
    grantReadTrail(make(this, 'read-break-glass'), ground)
  }

  #recordSealedUses({ alarms, deadLetters, sealed, make }: Ground & { sealed: Sealed }): WorkQueue {
    const { uses, undelivered } = new SealedUses(this, 'Sealed', { ...sealed, deadLetters })
    if (undelivered) alarms.watchDeadLetters('SealedBell', undelivered)
    uses.consumedBy(make(this, lambdaOf('aws', 'report')), { batchSize: 1 })
    alarms.watchQueue(uses, { oldest: Duration.minutes(10) })
    return uses
  }
}

/** The trail for a review: the record, AWS's record of calls, and the times at which people were told. */
export function grantReadTrail(
  to: HotworkFunction,
  { tables: { requests, ledger, cards }, calls }: ReadingGround,
): void {
  requests.grantRead(to)
  ledger.grantRead(to)
  cards.grantRead(to)
  calls.grantAsk(to)
}

/** Separate from the alarms' topic: a different person may repair Hotwork. */
export class BreakGlassTopic extends Construct {
  readonly topic: Topic

  constructor(scope: Construct, id: string) {
    super(scope, id)
    this.topic = new Topic(this, 'Topic', {
      displayName: 'Hotwork break-glass',
      // Publishing needs no right on AWS's own key.
      masterKey: Alias.fromAliasName(this, 'Key', 'alias/aws/sns'),
    })
    say(this, { BREAK_GLASS_TOPIC: this.arn })
    Validations.of(this.topic).acknowledge({
      id: 'AwsSolutions-SNS3',
      reason:
        'The local emulator speaks http, so a TLS-only policy would deny all of it; on AWS the SDK speaks https, and a page holds no reason',
    })
  }

  get arn(): string {
    return this.topic.topicArn
  }

  /** Allows publishing, but neither subscribing nor reading the subscriptions. */
  grantPage(to: HotworkFunction): void {
    to.allow(['sns:Publish'], [this.arn])
  }
}
