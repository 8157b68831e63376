import { ConflictException, CreateScheduleCommand, SchedulerClient } from '@aws-sdk/client-scheduler'
import { rfc3339 } from '../../domain/ledger/ledger.ts'
import type { Timers } from '../../operations/break-glass/ports.ts'
import { TimersUnavailable } from '../../operations/faults.ts'

type Settings = {
  /** The group in which all timers are, and nothing else. */
  group: string
  /** ARN of the role that the Scheduler takes to send the message. */
  role: string
  /** ARN of the FIFO queue from which cards are drawn; the group is the request. */
  queue: string
  /** ARN of the function that stores what is due. */
  advance: string
}

/**
 * One-time entries of EventBridge Scheduler, which delete themselves when they have come. Each is a message to the queue
 * from which cards are drawn, or a call of the function by which the workflow itself has what is due stored, with that very
 * input: what is due is found there, so one that comes late, twice or for nothing does no harm.
 *
 * The function and no queue before it: there is nothing to keep in order, Lambda tries an asynchronous call again itself,
 * and one queue less may stand still. So the end needs neither Step Functions nor SQS.
 *
 * @see https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#one-time
 */
export class SchedulerTimers implements Timers {
  readonly #settings: Settings
  readonly #client: SchedulerClient

  constructor(settings: Settings, client: SchedulerClient = connect()) {
    this.#settings = settings
    this.#client = client
  }

  /** @throws TimersUnavailable */
  async set({ name, request, at, to }: Parameters<Timers['set']>[0]): Promise<void> {
    const { group, role } = this.#settings
    const create = new CreateScheduleCommand({
      GroupName: group,
      Name: name,
      ClientToken: name,
      // Without a zone, in whole seconds; the next member says which zone.
      ScheduleExpression: `at(${rfc3339(at).slice(0, 19)})`,
      ScheduleExpressionTimezone: 'UTC',
      FlexibleTimeWindow: { Mode: 'OFF' },
      ActionAfterCompletion: 'DELETE',
      Target: {
        ...this.#targetOf({ name, request, to }),
        RoleArn: role,
        RetryPolicy: { MaximumEventAgeInSeconds: 900, MaximumRetryAttempts: 10 },
      },
    })
    await this.#client.send(create).catch((cause: unknown) => {
      // It is there already, set by whoever came first: from the same name follows the same timer.
      if (cause instanceof ConflictException) return
      throw new TimersUnavailable(`no timer was set for \`${request}\``, { cause })
    })
  }

  #targetOf({ name, request, to }: Omit<Parameters<Timers['set']>[0], 'at'>) {
    const { queue, advance } = this.#settings
    if (to === 'store') return { Arn: advance, Input: JSON.stringify({ requestId: request }) }
    return {
      Arn: queue,
      // The name makes each message another one: a FIFO queue that goes by content would drop the second of two alike.
      Input: JSON.stringify({ requestId: request, timer: name }),
      SqsParameters: { MessageGroupId: request },
    }
  }
}

const connect = () =>
  new SchedulerClient({
    maxAttempts: 3,
    requestHandler: { connectionTimeout: 1000, requestTimeout: 3000, throwOnRequestTimeout: true },
  })
