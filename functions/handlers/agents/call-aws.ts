import type { APIGatewayProxyEventV2, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda'
import * as z from 'zod'
import { SdkCaller } from '../../adapters/aws-calls/sdk-caller.ts'
import { endpoint } from '../../adapters/http/endpoint.ts'
import { BadRequest } from '../../adapters/http/problem.ts'
import { KmsKeySet } from '../../adapters/kms/kms-key-set.ts'
import { StsBroker } from '../../adapters/sts/broker.ts'
import { RequestId } from '../../domain/values.ts'
import { callAws, resolveCall } from '../../operations/uses/call-aws.ts'
import { environmentOf } from '../environments.ts'
import { cedarPolicy } from '../wiring/policy.ts'
import { decidingPorts } from '../wiring/ports.ts'
import { AwsDoor } from './aws-door.ts'

const environment = environmentOf('call-aws')
const issuer = environment.ISSUER
const policy = cedarPolicy()
const deciding = decidingPorts(environment, policy)
const ports = {
  ...deciding,
  broker: new StsBroker(deciding.log),
  caller: new SdkCaller(),
  targetRole: environment.TARGET_ROLE,
}
const keys = new KmsKeySet(environment.PUBLISHED_KEYS)
const door = new AwsDoor({ path: '/aws/calls', issuer, bundle: policy.bundle, keys, clock: ports.clock })

/** `POST /aws/calls`: makes the one stored call of a mediated action, and answers what AWS answered. */
const atTheDoor = endpoint({ issuer, ...ports }, async (call) => {
  const { token, once } = await door.enter(call)
  const made = await callAws(token, once, ports)
  if (made.ok) return { status: 200, headers: { 'cache-control': 'no-store' }, body: { output: made.value } }
  if (made.code === 'call_failed')
    throw new BadRequest({
      status: 502,
      code: 'call_failed',
      title: 'AWS did not do it',
      detail: `AWS answered \`${made.detail}\`, and nothing was done: a new request is needed to try again`,
    })
  if (made.code === 'call_not_sent') {
    ports.log.error('fault', { route: call.route, fault: made.detail, requestId: call.requestId })
    throw notSent()
  }
  if (made.code === 'outcome_unknown') throw outcomeUnknown(made.detail)
  throw door.refuse(made.code, made.detail)
})

const notSent = () =>
  new BadRequest({
    status: 503,
    code: 'temporarily_unavailable',
    title: 'AWS could not be reached, and nothing was done',
    detail: 'the call was not sent and no use of the grant is spent: ask again in a moment, with a new proof',
    headers: { 'retry-after': '5' },
  })

/** @param note why nobody will ever know, where that is so */
const outcomeUnknown = (note: string | undefined) =>
  note === undefined
    ? new BadRequest({
        status: 409,
        code: 'outcome_unknown',
        title: 'The call was begun, and nobody knows yet whether it was done',
        detail: 'it is never made again: ask again in a minute, and it is looked up where the action says how',
        headers: { 'retry-after': '60' },
      })
    : new BadRequest({
        status: 409,
        code: 'outcome_unknown',
        title: 'The call was begun, and nobody can find out whether it was done',
        detail: `${note}: a person should look at what it acts on, and a new request is needed to try again`,
      })

const Message = z.object({ requestId: RequestId })

/** Calls of which nothing was heard, handed on by the sweep: each is looked up, and how it went is put on the record. */
async function lookUp({ Records }: SQSEvent): Promise<SQSBatchResponse> {
  const failed: string[] = []
  for (const record of Records) if (!(await lookUpOne(record))) failed.push(record.messageId)
  return { batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })) }
}

async function lookUpOne({ body }: SQSRecord): Promise<boolean> {
  try {
    await resolveCall(Message.parse(JSON.parse(body)).requestId, ports)
    return true
  } catch (fault) {
    ports.log.warn('resolve_again', { fault: fault instanceof Error ? fault.name : 'unknown' })
    return false
  }
}

/** Two who need the same rights to the letter: the agent at the door, and the queue of what was not heard of again. */
export const handler = (event: APIGatewayProxyEventV2 | SQSEvent) =>
  'Records' in event ? lookUp(event) : atTheDoor(event)
