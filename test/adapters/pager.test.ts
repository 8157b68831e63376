import { randomUUID } from 'node:crypto'
import { CreateTopicCommand, SNSClient, SubscribeCommand } from '@aws-sdk/client-sns'
import { CreateQueueCommand, GetQueueAttributesCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { SnsPager } from '../../functions/adapters/sns/pager.ts'
import type { RequestId } from '../../functions/domain/values.ts'
import type { OpeningPage } from '../../functions/operations/break-glass/ports.ts'
import { person } from '../support/world.ts'
import { useAws } from './emulator.ts'

useAws()
jest.setTimeout(60_000)

const page: OpeningPage = {
  event: 'opened',
  id: `bgl_${'0'.repeat(26)}` as RequestId,
  person: person('jade'),
  incident: 'INC-2041',
  what: 'checkout-recovery',
  environment: 'prod',
  until: 1_800_001_800,
  reviewDue: 1_800_086_400,
  drill: false,
}

type Heard = { Subject: string; Message: string; MessageAttributes: { [name: string]: { Value: string } } }
let topic: string
let queue: string
beforeEach(async () => {
  const name = `openings-${randomUUID()}`
  const [sns, sqs] = [new SNSClient({}), new SQSClient({})]
  topic = (await sns.send(new CreateTopicCommand({ Name: name }))).TopicArn as string
  // A queue takes from a topic only if its own policy allows it.
  const Policy = JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { Service: 'sns.amazonaws.com' },
        Action: 'sqs:SendMessage',
        Resource: '*',
        Condition: { ArnEquals: { 'aws:SourceArn': topic } },
      },
    ],
  })
  queue = (await sqs.send(new CreateQueueCommand({ QueueName: name, Attributes: { Policy } }))).QueueUrl as string
  const found = await sqs.send(new GetQueueAttributesCommand({ QueueUrl: queue, AttributeNames: ['QueueArn'] }))
  const Endpoint = found.Attributes?.['QueueArn']
  await sns.send(new SubscribeCommand({ TopicArn: topic, Protocol: 'sqs', Endpoint }))
})

/** The next message of a subscriber. */
async function heard(): Promise<Heard> {
  const got = await new SQSClient({}).send(new ReceiveMessageCommand({ QueueUrl: queue, WaitTimeSeconds: 10 }))
  return JSON.parse(got.Messages?.[0]?.Body ?? '{}') as Heard
}

test('a page names the event, the person, the profile, the place, the end and the command for more', async () => {
  await new SnsPager(topic).page(page)
  const { Subject, Message, MessageAttributes } = await heard()
  expect(Subject).toBe('Break-glass opened: checkout-recovery, person:jade')
  expect(Message.split('\n')).toEqual([
    'Break-glass opened.',
    `id: ${page.id}`,
    'person: person:jade',
    'incident: INC-2041',
    'what: checkout-recovery in prod',
    'until: 2027-01-15T08:30:00Z',
    'review due: 2027-01-16T08:00:00Z',
    `More: npx --no-install hotwork break-glass status ${page.id}`,
  ])
  // Subscribers filter by these.
  const attributes = Object.entries(MessageAttributes).map(([name, { Value }]) => [name, Value])
  expect(Object.fromEntries(attributes)).toEqual({ event: 'opened', id: page.id, drill: 'false' })
})

test('a page of a drill begins with DRILL', async () => {
  await new SnsPager(topic).page({ ...page, drill: true, event: 'ended' })
  const { Subject, Message } = await heard()
  expect(Subject).toBe('DRILL: Break-glass ended, to be reviewed: checkout-recovery, person:jade')
  expect(Message).toMatch(/^This is a DRILL/)
  expect(Message).toContain('ended: 2027-01-15T08:30:00Z')
})

test('a page has a short ASCII subject and one line for each fact, with any characters in its names', async () => {
  await new SnsPager(topic).page({ ...page, what: `größe\n${'x'.repeat(300)}`, incident: 'INC\nid: forged' })
  const { Subject, Message } = await heard()
  expect(Subject).toMatch(/^[ -~]{1,99}$/)
  expect(Message.split('\n').filter((line) => line.startsWith('id: '))).toEqual([`id: ${page.id}`])
})

test('a missing topic and a silent SNS are both unavailable', async () => {
  await expect(new SnsPager(`${topic}-gone`).page(page)).rejects.toMatchObject({ name: 'PagerUnavailable' })
  const silent = new SNSClient({ endpoint: 'http://127.0.0.1:9', maxAttempts: 1 })
  await expect(new SnsPager(topic, silent).page(page)).rejects.toMatchObject({ name: 'PagerUnavailable' })
})
