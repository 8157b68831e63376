import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb'
import { DeleteMessageCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { type AwsAccess, clientSettings } from '../../../local/emulator.ts'
import type { Answered, Asked } from './handler.ts'

/** Headers of the connection, or written by `fetch`. */
const ofConnection = new Set(['host', 'connection', 'content-length', 'transfer-encoding', 'accept-encoding', 'expect'])

/**
 * The paths that Hotwork calls. The desk's pages and switches and the provider's signals are for this machine alone.
 */
const asked: { readonly [program: string]: RegExp } = {
  idp: /^\/(?!signals$)/,
  slack: /^\/(?:api|response)\//,
  pager: /^\/(?:oncalls$|(?:schedules|incidents)\/)/,
}

type Relay = {
  aws: AwsAccess
  queueUrl: string
  tableName: string
  /** The address of each program on this machine. */
  programs: ReadonlyMap<string, string>
  log: (line: string) => void
}

/**
 * This machine's end of the relay: takes a call from the queue, sends it to the program, and puts the answer into the
 * table.
 */
export function serveRelay({ aws, queueUrl: QueueUrl, tableName, programs, log }: Relay) {
  const sqs = new SQSClient({ ...clientSettings(aws), useQueueUrlAsEndpoint: aws.endpointUrl === '' })
  const dynamo = new DynamoDBClient(clientSettings(aws))
  const ending = new AbortController()

  async function answer(ask: Asked): Promise<void> {
    const answered = await callProgram(ask, programs.get(ask.program))
    const Item = {
      id: { S: ask.id },
      answer: { S: JSON.stringify(answered) },
      expires: { N: String(Math.floor(Date.now() / 1000) + 600) },
    }
    await dynamo.send(new PutItemCommand({ TableName: tableName, Item }))
  }

  async function take(): Promise<void> {
    while (!ending.signal.aborted) {
      try {
        const receive = new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 10 })
        const { Messages = [] } = await sqs.send(receive, { abortSignal: ending.signal })
        await Promise.all(
          Messages.map(async ({ Body = '{}', ReceiptHandle }) => {
            await answer(JSON.parse(Body) as Asked)
            await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }))
          }),
        )
      } catch (fault) {
        if (!ending.signal.aborted) log(`relay: ${fault}`)
      }
    }
  }

  // Six workers, so that a slow answer delays no other call.
  const takers = Array.from({ length: 6 }, take)
  return {
    async close(): Promise<void> {
      ending.abort()
      await Promise.all(takers)
      sqs.destroy()
      dynamo.destroy()
    },
  }
}

export async function callProgram(
  { program, method, path, headers, body }: Omit<Asked, 'id'>,
  url: string | undefined,
): Promise<Answered> {
  const to = url === undefined ? undefined : new URL(url + path)
  if (!to || !asked[program]?.test(to.pathname))
    return { status: 404, headers: {}, cookies: [], body: 'Hotwork asks nothing there' }
  const passed = Object.entries(headers).filter(([name, value]) => value !== undefined && !ofConnection.has(name))
  const response = await fetch(to, {
    method,
    headers: Object.fromEntries(passed) as Record<string, string>,
    redirect: 'manual',
    ...(body !== undefined && method !== 'GET' && method !== 'HEAD' && { body }),
  })
  const answered = [...response.headers].filter(([name]) => name !== 'set-cookie' && !ofConnection.has(name))
  return {
    status: response.status,
    headers: Object.fromEntries(answered.filter(([name]) => name !== 'content-encoding')),
    cookies: response.headers.getSetCookie(),
    body: await response.text(),
  }
}
