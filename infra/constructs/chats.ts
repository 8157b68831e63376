// Rules: test/infra/chats.test.ts
import { Duration, RemovalPolicy, Stack, Token, Validations } from 'aws-cdk-lib'
import { Grant, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { ScheduleGroup } from 'aws-cdk-lib/aws-scheduler'
import { Construct } from 'constructs'
import type { BreakGlassTopic } from './break-glass.ts'
import { runEvery, WorkQueue } from './event-sources.ts'
import type { Ground } from './ground.ts'
import { type HotworkFunction, InlineRole } from './hotwork-function.ts'
import { say } from './variables.ts'

/** `advance` stores due changes at the end of a timer, even if the workflow has stopped. */
type SlackChannelProps = Ground & { topic: BreakGlassTopic; advance: HotworkFunction }

export class SlackChannel extends Construct {
  /** Ids of requests whose cards may have to change, in order for each. */
  readonly cardsQueue: WorkQueue
  readonly setReminders: HotworkFunction
  /** Clicks for a whole list: recorded first, then each request of the list is decided. */
  readonly decideBurst: HotworkFunction
  /** Reads the members of groups with an outside source. */
  readonly groups: HotworkFunction

  constructor(scope: Construct, id: string, props: SlackChannelProps) {
    super(scope, id)
    // The last sixty attempts are a minute or two apart. After an hour without Slack a person is alerted.
    const inOrder = { order: 'group', attempts: 75, timed: true, deadLetters: props.deadLetters } as const
    this.cardsQueue = new WorkQueue(this, 'CardsQueue', { variable: 'CARDS_QUEUE', ...inOrder })
    this.#receive(props)
    this.decideBurst = this.#decideBursts(props)
    this.#drawCards(props)
    this.setReminders = this.#setTimers(props)
    this.groups = this.#readGroups(props)
  }

  #receive(ground: Ground): void {
    const { tables, chats, reading, make } = ground
    const receiveSlack = make(this, 'receive-slack')
    tables.cards.grantRead(receiveSlack)
    // For a person's home tab, and to complete an id by its beginning.
    tables.requests.grantFind(receiveSlack, 'by-id', 'by-owner', 'by-status', 'by-time', 'open')
    reading.grant(receiveSlack)
    for (const each of [receiveSlack, make(this, 'link-slack')]) for (const chat of chats) chat.grantRead(each)
  }

  #decideBursts({ deadLetters, reading, make }: Ground): HotworkFunction {
    const decideBurst = make(this, 'decide-burst')
    this.cardsQueue.grantSend(decideBurst)
    reading.grant(decideBurst)
    deadLetters.keepInvocations(decideBurst)
    say(this, { CLICKS_FUNCTION: decideBurst.lambda.functionArn })
    return decideBurst
  }

  #drawCards({ tables, chats, alarms, topic, make }: SlackChannelProps): void {
    const drawCard = make(this, 'draw-card')
    tables.requests.grantRead(drawCard)
    tables.requests.grantFind(drawCard, 'open')
    tables.cards.grantDraw(drawCard)
    for (const chat of chats) chat.grantRead(drawCard)
    this.cardsQueue.grantSend(drawCard)
    this.cardsQueue.grantHold(drawCard)
    // An ended opening's card says what was done in it, and its pager hears of it.
    tables.ledger.grantRead(drawCard)
    topic.grantPage(drawCard)
    // Slack takes about one message a second in a channel, and cards of several teams go to several.
    this.cardsQueue.consumedBy(drawCard, { batchSize: 5, atOnce: 5 })
    alarms.watchQueue(this.cardsQueue, { oldest: Duration.minutes(10) })
  }

  /** A reminder redraws cards; a timer at the end of an opening stores that end. */
  #setTimers({ tables, deadLetters, advance, make }: SlackChannelProps): HotworkFunction {
    const timers = new Timers(this, 'Timers', { draws: this.cardsQueue, stores: advance })
    const setReminders = make(this, 'set-reminders')
    tables.requests.grantRead(setReminders)
    timers.grantSet(setReminders)
    deadLetters.keepInvocations(setReminders)
    say(this, { REMINDERS_FUNCTION: setReminders.lambda.functionArn })
    return setReminders
  }

  /** Undefined unless Hotwork reads a source of groups. */
  #readGroups({ bundle, tables, chats, sourceSecrets, make }: Ground): HotworkFunction {
    const groups = make(this, 'refresh-groups')
    for (const chat of chats) chat.grantRead(groups)
    for (const secret of sourceSecrets) secret.grantRead(groups)
    tables.requests.grantRead(groups)
    runEvery(this, 'Groups', {
      every: Duration.minutes(1),
      worker: groups,
      enabled: Object.values(bundle.directory.sources ?? {}).some(({ source }) => source.claim === undefined),
    })
    return groups
  }
}

/**
 * One-time entries of EventBridge Scheduler that put a message into one queue, or have one function look at a request. One
 * role for both, because either only triggers a check.
 */
class Timers extends Construct {
  readonly #group: string
  readonly #roleArn: string

  constructor(scope: Construct, id: string, { draws, stores }: { draws: WorkQueue; stores: HotworkFunction }) {
    super(scope, id)
    const { stackName, account } = Stack.of(this)
    this.#group = `${stackName}-timers`
    const group = new ScheduleGroup(this, 'Group', {
      scheduleGroupName: this.#group,
      // CDK's default would keep it with its name, and block each deployment after a failed first one.
      removalPolicy: RemovalPolicy.DESTROY,
    })
    const role = new InlineRole(this, 'Role', {
      // Only this group's schedules may assume it.
      assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
        conditions: {
          StringEquals: { 'aws:SourceAccount': account, 'aws:SourceArn': group.scheduleGroupArn },
        },
      }),
    })
    const [queue, advance] = [draws.queue.queueArn, stores.lambda.functionArn]
    Grant.addToPrincipal({ grantee: role, actions: ['sqs:SendMessage'], resourceArns: [queue] })
    Grant.addToPrincipal({ grantee: role, actions: ['lambda:InvokeFunction'], resourceArns: [advance] })
    this.#roleArn = role.roleArn
    say(this, {
      TIMER_GROUP: this.#group,
      TIMER_ROLE: role.roleArn,
      TIMER_QUEUE: queue,
      ADVANCE_FUNCTION: advance,
    })
  }

  /** Allows making timers in this group, with this role; not changing or removing them. */
  grantSet(to: HotworkFunction): void {
    const { region, account, partition } = Stack.of(this)
    const timersOf = (...place: string[]) => `arn:${place.join(':')}:schedule/${this.#group}/*`
    to.allow(['scheduler:CreateSchedule'], [timersOf(partition, 'scheduler', region, account)])
    to.allow(['iam:PassRole'], [this.#roleArn], {
      StringEquals: { 'iam:PassedToService': 'scheduler.amazonaws.com' },
    })
    Validations.of(to.role).acknowledge({
      id: `AwsSolutions-IAM5[Resource::${timersOf('<AWS::Partition>', 'scheduler', known(region, '<AWS::Region>'), known(account, '<AWS::AccountId>'))}]`,
      reason: 'A timer is named by what it is for; its group holds nothing else',
    })
  }
}

/** A stack's account or Region in cdk-nag's form: a value, or CloudFormation's placeholder. */
const known = (value: string, otherwise: string) => (Token.isUnresolved(value) ? otherwise : value)
