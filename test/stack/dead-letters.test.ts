import { randomUUID } from 'node:crypto'
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda'
import { DeleteMessageCommand, ListQueuesCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { administrator, connection, functionNamed, until } from './support/aws.ts'
import { deployed } from './support/deployment.ts'

/** Invocations that Lambda gave up, read and sent back as in docs/runbooks/invocations-dead-letters.md. */

const { local } = deployed()
const admin = { ...connection(local), credentials: administrator(local) }
const [lambda, sqs] = [new LambdaClient(admin), new SQSClient(admin)]

type Letter = { requestContext: { functionArn: string }; requestPayload: { click?: string } }

/** Waits for the letter of one click, and deletes it. */
async function letterOf(QueueUrl: string, click: string): Promise<Letter> {
  const look = async () => {
    const command = new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, VisibilityTimeout: 1 })
    for (const { Body = '', ReceiptHandle } of (await sqs.send(command)).Messages ?? []) {
      const letter = JSON.parse(Body) as Letter
      if (letter.requestPayload?.click !== click) continue
      await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }))
      return letter
    }
    return undefined
  }
  return (await until(look, (letter) => letter !== undefined, 50)) as Letter
}

test('an invocation that fails to the end is a dead letter, which names its function and is sent back to it', async () => {
  const FunctionName = await functionNamed(local, 'DecideBurst')
  const { QueueUrls = [] } = await sqs.send(new ListQueuesCommand({ QueueNamePrefix: `${local.aws.stackName}-` }))
  const queue = QueueUrls.find((url) => url.includes('DeadLettersInvocations')) ?? ''
  const click = `CLICK#unknown-${randomUUID()}`
  const invoke = (name: string, payload: unknown) =>
    lambda.send(
      new InvokeCommand({ FunctionName: name, InvocationType: 'Event', Payload: Buffer.from(JSON.stringify(payload)) }),
    )
  await invoke(FunctionName, { click })
  const { requestContext, requestPayload } = await letterOf(queue, click)
  expect(requestContext.functionArn).toContain(FunctionName)
  expect(requestPayload).toEqual({ click })
  await invoke(requestContext.functionArn.replace(/:\$LATEST$/, ''), requestPayload)
  expect((await letterOf(queue, click)).requestContext.functionArn).toBe(requestContext.functionArn)
})
