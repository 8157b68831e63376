import { Duration } from 'aws-cdk-lib'
import { Construct } from 'constructs'
import { grantAsk } from './agent-endpoints.ts'
import type { BreakGlassTopic } from './break-glass.ts'
import { runEvery, Timers, WorkQueue } from './event-sources.ts'
import type { Ground } from './ground.ts'
import type { HotworkFunction } from './hotwork-function.ts'
import { tellTargets } from './target-roles.ts'

/** `advance` stores what is due when a timer ends, also where the workflow has stopped. */
type SlackChannelProps = Ground & { topic: BreakGlassTopic; advance: HotworkFunction }

export class SlackChannel extends Construct {
  /** Ids of requests whose cards have to be looked at, in order for each. */
  readonly cardsQueue: WorkQueue
  readonly reminders: WorkQueue
  /** Clicks for a whole list: on record before anything follows, then each of the list is decided. */
  readonly bursts: WorkQueue
  /** Asks who is in the groups that come from elsewhere. */
  readonly groups: HotworkFunction

  constructor(scope: Construct, id: string, props: SlackChannelProps) {
    super(scope, id)
    const once = { order: 'none', attempts: 5 } as const
    // Sixty tries a minute or two apart: an hour of a Slack that does not answer. Then a person looks.
    const inOrder = { order: 'group', attempts: 60, timed: true } as const
    this.cardsQueue = new WorkQueue(this, 'CardsQueue', { variable: 'CARDS_QUEUE', ...inOrder })
    this.reminders = new WorkQueue(this, 'Reminders', { variable: 'REMINDERS_QUEUE', ...once })
    this.bursts = new WorkQueue(this, 'ClicksQueue', { variable: 'CLICKS_QUEUE', ...once })
    this.#receive(props)
    this.#drawCards(props)
    this.#setTimers(props)
    this.groups = this.#readGroups(props)
  }

  #receive(ground: Ground): void {
    const { api, reading, roles, tables, slack, alarms, make } = ground
    const receiveSlack = make(this, 'receive-slack')
    tables.cards.grantRead(receiveSlack)
    // For a person's home tab, halts in force, and to complete an id by its beginning.
    tables.requests.grantFind(receiveSlack, 'by-id', 'by-owner', 'by-status')
    // A halt may be of a role.
    tellTargets(receiveSlack, roles)
    // A person may ask on behalf of an agent.
    grantAsk(receiveSlack, ground)
    slack.grantRead(receiveSlack)
    api.routeAs('own', receiveSlack, 'POST /slack/events')

    const decideBurst = make(this, 'decide-burst')
    this.cardsQueue.grantSend(decideBurst)
    reading.grant(decideBurst)
    this.bursts.consumedBy(decideBurst, { batchSize: 1 })
    alarms.watchQueue(this.bursts, { oldest: Duration.minutes(2) })

    const linkSlack = make(this, 'link-slack')
    slack.grantRead(linkSlack)
    api.routeAs('public', linkSlack, 'GET /link', 'POST /link', 'POST /link/unlink')
  }

  #drawCards({ api, tables, slack, alarms, topic, make }: SlackChannelProps): void {
    const drawCard = make(this, 'draw-card')
    api.tellIssuer(drawCard)
    tables.requests.grantReadMany(drawCard)
    tables.requests.grantFind(drawCard, 'open')
    tables.cards.grantDraw(drawCard)
    slack.grantRead(drawCard)
    this.cardsQueue.grantSend(drawCard)
    this.cardsQueue.grantHold(drawCard)
    // An ended opening's card says what was done in it, and its pager hears that there is one.
    tables.ledger.grantRead(drawCard)
    topic.grantPage(drawCard)
    // Slack takes about one message a second in a channel.
    this.cardsQueue.consumedBy(drawCard, { batchSize: 5, atOnce: 2 })
    alarms.watchQueue(this.cardsQueue, { oldest: Duration.minutes(10) })
  }

  /** A reminder has the cards looked at; the end of an opening has it stored. */
  #setTimers({ tables, alarms, advance, make }: SlackChannelProps): void {
    const timers = new Timers(this, 'Timers', { draws: this.cardsQueue, stores: advance })
    const setReminders = make(this, 'set-reminders')
    tables.requests.grantRead(setReminders)
    timers.grantSet(setReminders)
    this.reminders.consumedBy(setReminders, { batchSize: 10 })
    alarms.watchQueue(this.reminders, { oldest: Duration.minutes(5) })
  }

  /** Only where the directory takes groups from Slack or PagerDuty. */
  #readGroups({ bundle, tables, slack, pagerDuty, make }: Ground): HotworkFunction {
    const groups = make(this, 'refresh-groups')
    slack.grantRead(groups)
    pagerDuty?.grantRead(groups)
    // Its store of links names the ledger, into which it may put nothing.
    tables.ledger.tell(groups)
    runEvery(this, 'Groups', {
      every: Duration.minutes(1),
      worker: groups,
      enabled: Object.values(bundle.directory.sources ?? {}).some(({ source }) => source.claim === undefined),
    })
    return groups
  }
}
