// Rules: test/stack/events.test.ts
import { randomUUID } from 'node:crypto'
import { EventBridgeClient, PutRuleCommand, PutTargetsCommand } from '@aws-sdk/client-eventbridge'
import { CreateQueueCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { clientSettings } from '../emulator.ts'
import type { Local } from '../local-file.ts'

/** An event as EventBridge delivers it. */
type Heard = { type: string; source: string; detail: { [member: string]: unknown }; heardAt: number }

/** An outside program: a rule on the bus of decision events, with a queue. */
export async function listenForEvents({ aws }: Local) {
  const sqs = new SQSClient({ ...clientSettings(aws), useQueueUrlAsEndpoint: false })
  const events = new EventBridgeClient(clientSettings(aws))
  const name = `listener-${randomUUID()}`
  const Arn = `arn:aws:sqs:${aws.region}:${aws.accountId}:${name}`
  const sender = { Effect: 'Allow', Principal: { Service: 'events.amazonaws.com' }, Action: 'sqs:SendMessage' }
  const Policy = JSON.stringify({ Version: '2012-10-17', Statement: [{ ...sender, Resource: Arn }] })
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: name, Attributes: { Policy } }))
  const rule = { EventBusName: aws.eventBus, EventPattern: JSON.stringify({ source: ['hotwork'] }) }
  await events.send(new PutRuleCommand({ ...rule, Name: name }))
  await events.send(new PutTargetsCommand({ Rule: name, EventBusName: aws.eventBus, Targets: [{ Id: 'queue', Arn }] }))
  const heard: Heard[] = []

  async function hear(): Promise<void> {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 2 }),
    )
    for (const { Body = '{}' } of Messages) {
      const { source, detail, 'detail-type': type } = JSON.parse(Body)
      heard.push({ type, source, detail, heardAt: Date.now() })
    }
  }

  return {
    /** @throws unless the event comes within half a minute */
    async until(type: string, request: string): Promise<Heard> {
      for (const end = Date.now() + 30_000; ; await hear()) {
        const found = heard.find((each) => each.type === type && each.detail['request'] === request)
        if (found) return found
        if (Date.now() > end) throw new Error(`no \`${type}\` of ${request} on the bus`)
      }
    },
  }
}

export type Listener = Awaited<ReturnType<typeof listenForEvents>>
