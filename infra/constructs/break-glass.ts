import { Duration, Validations } from 'aws-cdk-lib'
import { Alias } from 'aws-cdk-lib/aws-kms'
import { Topic } from 'aws-cdk-lib/aws-sns'
import { Construct } from 'constructs'
import type { WorkQueue } from './event-sources.ts'
import type { Ground } from './ground.ts'
import type { HotworkFunction } from './hotwork-function.ts'
import { SealedUses, type SealedUsesProps } from './sealed-role.ts'
import { grantReadCalls } from './target-roles.ts'

/**
 * Break-glass: what opens, ends and reviews. To open takes the tables and nothing else: no queue, no workflow, no Slack.
 * And the record of the sealed role, for the day that Hotwork itself was down.
 */
export class BreakGlass extends Construct {
  /** The page hook: who hears of an opening outside Hotwork and outside Slack. */
  readonly topic: BreakGlassTopic
  /** Uses of a sealed role that are not on record yet. */
  readonly sealedUses: WorkQueue

  constructor(scope: Construct, id: string, ground: Ground & { sealed: SealedUsesProps }) {
    super(scope, id)
    this.topic = new BreakGlassTopic(this, 'Openings')
    this.#makeOpening(ground)
    this.#makeConclusion(ground)
    this.sealedUses = this.#recordSealedUses(ground)
  }

  #makeOpening({ api, bundle, incidents, make }: Ground): void {
    const byApi = make(this, 'open-break-glass')
    api.routeAs('own', byApi, 'POST /v1/break-glass')
    // What was prepared in Slack is opened on a page, which begins logins, as strong as that takes.
    const onPage = make(this, 'open-on-page')
    api.routeAs('own', onPage, 'GET /break-glass/open/{id}', 'POST /break-glass/open/{id}')
    for (const each of [byApi, onPage]) {
      // Only where the deployment says where incidents are asked for. That the incident tool does not answer stops no opening.
      if (bundle.deployment.incidents) incidents.grantRead(each)
      else incidents.tell(each)
    }
  }

  #makeConclusion(ground: Ground): void {
    const { api, incidents, make } = ground
    const conclude = make(this, 'conclude-break-glass')
    incidents.grantRead(conclude)
    api.routeAs(
      'own',
      conclude,
      'POST /v1/break-glass/{id}/end',
      'POST /v1/break-glass/{id}/review',
      'POST /v1/break-glass/vouchers',
      // By the tool that keeps incidents: an incident that is closed ends what was opened for it.
      'POST /v1/incident-events',
    )
    const read = make(this, 'read-break-glass')
    grantReadEvidence(read, ground)
    api.route(
      read,
      'GET /v1/break-glass',
      'GET /v1/break-glass/{id}',
      'GET /v1/break-glass/{id}/ledger',
      'GET /v1/break-glass/{id}/drill',
    )
  }

  #recordSealedUses({ alarms, sealed, make }: Ground & { sealed: SealedUsesProps }): WorkQueue {
    const { uses, undelivered } = new SealedUses(this, 'Sealed', sealed)
    if (undelivered) alarms.watchDeadLetters('SealedBell', undelivered)
    uses.consumedBy(make(this, 'report-sealed-use'), { batchSize: 1 })
    alarms.watchQueue(uses, { oldest: Duration.minutes(10) })
    return uses
  }
}

/** Allows reading what a review goes by: the record, the calls that AWS has on its own, and when people were told. */
export function grantReadEvidence(to: HotworkFunction, { tables: { requests, ledger, cards } }: Ground): void {
  requests.grantRead(to)
  ledger.grantRead(to)
  cards.grantRead(to)
  grantReadCalls(to)
}

/**
 * A topic that has no subscribers until the operator subscribes some. It is apart from the alarms' topic: who is woken for
 * an opening need not be who mends Hotwork.
 */
export class BreakGlassTopic extends Construct {
  readonly arn: string

  constructor(scope: Construct, id: string) {
    super(scope, id)
    const topic = new Topic(this, 'Topic', {
      displayName: 'Hotwork break-glass',
      // AWS's own key: who may publish needs no right on it, and it costs nothing.
      masterKey: Alias.fromAliasName(this, 'Key', 'alias/aws/sns'),
    })
    this.arn = topic.topicArn
    Validations.of(topic).acknowledge({
      id: 'AwsSolutions-SNS3',
      reason:
        'The local emulator speaks http, so a TLS-only policy would deny all of it; on AWS the SDK speaks https, and a page holds no reason',
    })
  }

  /** Allows publishing, and neither subscribing nor reading who is subscribed. */
  grantPage(to: HotworkFunction): void {
    to.tell({ BREAK_GLASS_TOPIC: this.arn })
    to.allow(['sns:Publish'], [this.arn])
  }
}
