import { randomUUID } from 'node:crypto'
import {
  CreateScheduleGroupCommand,
  GetScheduleCommand,
  ListSchedulesCommand,
  SchedulerClient,
} from '@aws-sdk/client-scheduler'
import { CreateQueueCommand, GetQueueAttributesCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { SchedulerTimers } from '../../../functions/adapters/scheduler/timers.ts'
import { SystemClock } from '../../../functions/adapters/system/system.ts'
import { until } from '../../stack/support/aws.ts'
import { requestId } from '../../support/ask.ts'
import { useAws } from '../emulator.ts'

useAws()
jest.setTimeout(60_000)

const role = 'arn:aws:iam::000000000000:role/Hotwork-TimersRole'
const advance = 'arn:aws:lambda:us-east-1:000000000000:function:Hotwork-AdvanceWorkflow'
let group: string
let queueUrl: string
let timers: SchedulerTimers
beforeEach(async () => {
  group = `timers-${randomUUID()}`
  await new SchedulerClient({}).send(new CreateScheduleGroupCommand({ Name: group }))
  const sqs = new SQSClient({})
  const Attributes = { FifoQueue: 'true', ContentBasedDeduplication: 'true' }
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: `${group}.fifo`, Attributes }))
  queueUrl = QueueUrl as string
  const found = await sqs.send(new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ['QueueArn'] }))
  timers = new SchedulerTimers({ group, role, advance, queue: found.Attributes?.['QueueArn'] as string })
})

const names = async () =>
  ((await new SchedulerClient({}).send(new ListSchedulesCommand({ GroupName: group }))).Schedules ?? []).map(
    ({ Name }) => Name,
  )

test('a timer is one entry for one time, to the second, which deletes itself', async () => {
  await timers.set({ name: 'one', request: requestId(), at: 1_900_000_000, to: 'draw' })
  const entry = await new SchedulerClient({}).send(new GetScheduleCommand({ GroupName: group, Name: 'one' }))
  expect(entry).toMatchObject({
    ScheduleExpression: 'at(2030-03-17T17:46:40)',
    ScheduleExpressionTimezone: 'UTC',
    FlexibleTimeWindow: { Mode: 'OFF' },
    ActionAfterCompletion: 'DELETE',
    Target: { RoleArn: role, SqsParameters: { MessageGroupId: requestId() } },
  })
  // An id and a name: nothing else of a request leaves for the Scheduler.
  expect(JSON.parse(entry.Target?.Input ?? '')).toEqual({ requestId: requestId(), timer: 'one' })
})

test("a timer that stores due changes calls the workflow's function with the workflow's input", async () => {
  await timers.set({ name: 'end', request: requestId(), at: 1_900_000_000, to: 'store' })
  const entry = await new SchedulerClient({}).send(new GetScheduleCommand({ GroupName: group, Name: 'end' }))
  expect(entry).toMatchObject({
    ScheduleExpression: 'at(2030-03-17T17:46:40)',
    ActionAfterCompletion: 'DELETE',
    Target: { Arn: advance, RoleArn: role, Input: JSON.stringify({ requestId: requestId() }) },
  })
})

test('a timer that is set twice keeps its first time', async () => {
  await timers.set({ name: 'one', request: requestId(), at: 1_900_000_000, to: 'draw' })
  await timers.set({ name: 'one', request: requestId(), at: 1_900_000_600, to: 'draw' })
  expect(await names()).toEqual(['one'])
  const entry = await new SchedulerClient({}).send(new GetScheduleCommand({ GroupName: group, Name: 'one' }))
  expect(entry.ScheduleExpression).toBe('at(2030-03-17T17:46:40)')
})

test('a fired timer has its message in the queue, in the group of its request, and is gone', async () => {
  await timers.set({ name: 'soon', request: requestId(), at: new SystemClock().now() + 1, to: 'draw' })
  const sqs = new SQSClient({})
  const receive = new ReceiveMessageCommand({
    QueueUrl: queueUrl,
    WaitTimeSeconds: 20,
    MessageSystemAttributeNames: ['MessageGroupId'],
  })
  const [message] = (await sqs.send(receive)).Messages ?? []
  expect(JSON.parse(message?.Body ?? '{}')).toEqual({ requestId: requestId(), timer: 'soon' })
  expect(message?.Attributes?.MessageGroupId).toBe(requestId())
  // It deletes itself when the message has been sent, and not before.
  expect(await until(names, (left) => left.length === 0, 10)).toEqual([])
})

test('a refusal of the Scheduler is a fault', async () => {
  const elsewhere = new SchedulerTimers({
    group: 'no-such-group',
    role,
    advance,
    queue: 'arn:aws:sqs:us-east-1:000000000000:q',
  })
  await expect(
    elsewhere.set({ name: 'one', request: requestId(), at: 1_900_000_000, to: 'draw' }),
  ).rejects.toMatchObject({ name: 'TimersUnavailable' })
})
