import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb'
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda'

/** A call to a program on the verifier's machine (serve.ts). */
export type Asked = {
  id: string
  program: string
  method: string
  path: string
  headers: { [name: string]: string | undefined }
  body?: string
}
export type Answered = { status: number; headers: { [name: string]: string }; cookies: string[]; body: string }

const { PROGRAM: program = '', QUEUE: QueueUrl, TABLE: TableName } = process.env
const [sqs, dynamo] = [new SQSClient({}), new DynamoDBClient({})]
/** API Gateway waits half a minute. */
const patienceMilliseconds = 25_000

/**
 * Hands a call on to the machine from which Hotwork is verified, which no Lambda can reach, and waits for the answer.
 */
export async function handler(event: APIGatewayProxyEventV2): Promise<APIGatewayProxyStructuredResultV2> {
  const { rawPath, rawQueryString, headers, cookies, body, isBase64Encoded, requestContext } = event
  const ask: Asked = {
    ...{ id: randomUUID(), program, method: requestContext.http.method },
    path: rawQueryString ? `${rawPath}?${rawQueryString}` : rawPath,
    headers: { ...headers, ...(cookies && { cookie: cookies.join('; ') }) },
    ...(body && { body: isBase64Encoded ? Buffer.from(body, 'base64').toString('utf8') : body }),
  }
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: JSON.stringify(ask) }))
  const wanted = new GetItemCommand({ TableName, Key: { id: { S: ask.id } }, ConsistentRead: true })
  for (const end = Date.now() + patienceMilliseconds; Date.now() < end; await delay(30)) {
    const { Item } = await dynamo.send(wanted)
    if (!Item) continue
    const { status, headers, cookies, body } = JSON.parse(Item['answer']?.S ?? '{}') as Answered
    return { statusCode: status, headers, cookies, body }
  }
  return { statusCode: 504, body: 'the machine from which Hotwork is verified did not answer' }
}
