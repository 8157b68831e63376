// Rules: test/infra/resources.test.ts
import { Duration, Stack } from 'aws-cdk-lib'
import { EventBus } from 'aws-cdk-lib/aws-events'
import { Construct } from 'constructs'
import { lambdaOf } from '../functions.ts'
import { notifies } from '../policy-bundle.ts'
import type { CallReader } from './call-reader.ts'
import { runEvery, StreamReader, WorkQueue } from './event-sources.ts'
import type { Ground } from './ground.ts'
import type { HotworkFunction } from './hotwork-function.ts'
import { WebhookSecret } from './secrets.ts'
import type { TargetEndpoints } from './target-endpoints.ts'
import { grantAudit, grantDeny } from './target-roles.ts'
import { say } from './variables.ts'

type RecordFollowersProps = Ground & {
  channel: { cardsQueue: WorkQueue; setReminders: HotworkFunction; decideBurst: HotworkFunction }
  follower: HotworkFunction
  caller: HotworkFunction
  recertify: HotworkFunction
  targets: TargetEndpoints
  sealedUses: WorkQueue
  callReader: CallReader
}

export class RecordFollowers extends Construct {
  readonly events: DecisionEvents
  readonly #denies: WorkQueue
  /** Makes approved changes of the registry of agents. */
  readonly #applyChange: HotworkFunction

  constructor(scope: Construct, id: string, props: RecordFollowersProps) {
    super(scope, id)
    // The options of queues with order: sixty attempts, one or two minutes apart, outlast an hour without IAM.
    const inOrder = { order: 'group', attempts: 60, deadLetters: props.deadLetters } as const
    this.#denies = new WorkQueue(this, 'DeniesQueue', { variable: 'DENIES_QUEUE', ...inOrder })
    this.events = new DecisionEvents(this, 'Events', props)
    this.#applyChange = this.#applyChanges(props)
    this.#handOn(props)
    this.#writeDenies(props)
    this.#sweep(props)
    this.#reconcile(props)
    this.#lookAfterAgents(props)
  }

  #applyChanges({ deadLetters, make }: RecordFollowersProps): HotworkFunction {
    const applyChange = make(this, 'apply-change')
    deadLetters.keepInvocations(applyChange)
    say(this, { APPLY_FUNCTION: applyChange.lambda.functionArn })
    return applyChange
  }

  /** The second reader of the stream hands on ids; the first moves the workflow. */
  #handOn({ tables, deadLetters, channel, targets, make }: RecordFollowersProps): void {
    const handOn = make(this, 'hand-on')
    for (const queue of [channel.cardsQueue, this.#denies, this.events.deliveries]) queue.grantSend(handOn)
    targets.grantEnd(handOn)
    channel.setReminders.grantInvoke(handOn)
    channel.decideBurst.grantInvoke(handOn)
    this.#applyChange.grantInvoke(handOn)
    new StreamReader(this, 'HandOnStream', {
      deadLetters,
      table: tables.requests.table,
      reader: handOn,
      of: ['HALT#', 'PERMIT#', 'CLICK#'],
      tells: ['all', 'card'],
    })
  }

  /** It also ends delegations of an ended grant and everything that a halt covers, whose sessions it denies. */
  #writeDenies({ tables: { requests }, roles, alarms, make }: RecordFollowersProps): void {
    const writeDenies = make(this, lambdaOf('aws', 'end'))
    requests.grantQuery(writeDenies)
    requests.grantFind(writeDenies, 'by-agent', 'by-status')
    grantDeny(writeDenies, roles)
    this.#denies.consumedBy(writeDenies, { batchSize: 10 })
    // An ended AWS session works until its deny is written, so this alarm is the most urgent.
    alarms.watchQueue(this.#denies, { oldest: Duration.minutes(2), urgent: true })
  }

  /** Its cost is independent of the number of waiting requests. */
  #sweep({ tables, follower, caller, callReader, targets, make }: RecordFollowersProps): void {
    const sweep = make(this, 'sweep-overdue')
    tables.requests.grantFind(sweep, 'overdue', 'uncompared')
    callReader.grantAsk(sweep)
    follower.grantInvoke(sweep)
    caller.grantInvoke(sweep)
    this.#applyChange.grantInvoke(sweep)
    this.#denies.grantSend(sweep)
    targets.grantLookUp(sweep)
    targets.grantEnd(sweep)
    runEvery(this, 'Sweep', { every: Duration.minutes(1), worker: sweep })
  }

  /** Decisions read the clock themselves: this reports due dates, and ends agents that make no request. */
  #lookAfterAgents({ tables, channel, recertify, make }: RecordFollowersProps): void {
    const lookAfter = make(this, 'look-after-agents')
    tables.requests.grantFind(lookAfter, 'by-agent')
    tables.ledger.grantRead(lookAfter)
    for (const queue of [channel.cardsQueue, this.#denies]) queue.grantSend(lookAfter)
    this.#denies.grantSend(recertify)
    runEvery(this, 'LookAfter', { every: Duration.minutes(5), worker: lookAfter })
  }

  /** Compares AWS with the tables. It may write neither. */
  #reconcile({ tables: { requests, ledger }, roles, sealedUses, make }: RecordFollowersProps): void {
    const reconcile = make(this, lambdaOf('aws', 'reconcile'))
    requests.grantRead(reconcile)
    requests.grantQuery(reconcile)
    requests.grantFind(reconcile, 'by-time', 'by-status', 'open')
    ledger.grantRead(reconcile)
    grantAudit(reconcile, roles)
    for (const queue of [this.#denies, sealedUses]) queue.grantSend(reconcile)
    runEvery(this, 'Reconcile', { every: Duration.hours(1), worker: reconcile, within: Duration.minutes(10) })
  }
}

/** Decision events for outside receivers: one message for each event and receiver, and one function that sends. */
export class DecisionEvents extends Construct {
  readonly bus: EventBus
  readonly deliveries: WorkQueue

  /** The secrets for webhooks of agents and tools. */
  readonly secret: WebhookSecret | undefined

  constructor(scope: Construct, id: string, { bundle, alarms, deadLetters, reading, tables, make }: Ground) {
    super(scope, id)
    this.bus = new EventBus(this, 'Bus', {
      eventBusName: `${Stack.of(this).stackName}-decisions`,
      description: 'Decision events of Hotwork: ids, status and times (docs/events.md)',
    })
    // The pauses between 21 attempts add up to a week (functions/operations/events/deliver-event.ts).
    this.deliveries = new WorkQueue(this, 'DeliveriesQueue', {
      deadLetters,
      variable: 'DELIVERIES_QUEUE',
      order: 'none',
      attempts: 21,
      worker: Duration.seconds(15),
      retention: Duration.days(10),
    })
    const deliver = make(this, 'deliver')
    reading.grantSigned(deliver)
    tables.requests.grantRead(deliver)
    deliver.allow(['events:PutEvents'], [this.bus.eventBusArn])
    this.secret = notifies(bundle) ? new WebhookSecret(this, 'Webhooks') : undefined
    this.secret?.grantRead(deliver)
    say(this, { EVENT_BUS: this.bus.eventBusName, WEBHOOK_SECRET: this.secret?.name })
    this.deliveries.grantHold(deliver)
    this.deliveries.consumedBy(deliver, { batchSize: 10, atOnce: 5 })
    // SQS ignores messages that were received three times, so the age measures the function, not a dead receiver.
    alarms.watchQueue(this.deliveries, { oldest: Duration.minutes(15) })
  }
}
