// Rules: test/adapters/stepfunctions/timers.test.ts
import { ConflictException, CreateScheduleCommand, SchedulerClient } from '@aws-sdk/client-scheduler'
import { rfc3339 } from '../../domain/values.ts'
import { TimersUnavailable } from '../../operations/faults.ts'
import type { Timers } from '../../operations/ports.ts'
import { asItself, bounded } from '../aws-client.ts'

type Settings = {
  group: string
  role: string
  queue: string
  advance: string
}

/**
 * One-time entries of EventBridge Scheduler, which delete themselves after firing. Each sends a message to the queue of
 * card drawings, or calls the function that stores due changes, so that an end needs neither Step Functions nor SQS.
 * Late, repeated and needless timers are harmless.
 */
export class SchedulerTimers implements Timers {
  readonly #settings: Settings
  readonly #client: SchedulerClient

  constructor(settings: Settings, client: SchedulerClient = asItself(new SchedulerClient(bounded(3, 3000)))) {
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
      // In whole seconds without a zone, which the next member names.
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
      // An earlier call has set it: the name determines the timer.
      if (cause instanceof ConflictException) return
      throw new TimersUnavailable(`no timer was set for \`${request}\``, { cause })
    })
  }

  #targetOf({ name, request, to }: Omit<Parameters<Timers['set']>[0], 'at'>) {
    const { queue, advance } = this.#settings
    if (to === 'store') return { Arn: advance, Input: JSON.stringify({ requestId: request }) }
    return {
      Arn: queue,
      // The name makes each message unique: a FIFO queue that deduplicates by content would drop the second of two
      // equal ones.
      Input: JSON.stringify({ requestId: request, timer: name }),
      SqsParameters: { MessageGroupId: request },
    }
  }
}
