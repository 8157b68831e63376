import { createHash } from 'node:crypto'
import { type AttributeValue, BatchWriteItemCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { requestItem } from '../../../functions/adapters/dynamodb/request-store.ts'
import type { Event } from '../../../functions/domain/record/events.ts'
import { evolve } from '../../../functions/domain/record/evolve.ts'
import type { ApprovalRequest } from '../../../functions/domain/record/request.ts'
import { decide } from '../../../functions/domain/requests/decide.ts'
import type { AgentId, PersonId, RequestId } from '../../../functions/domain/values.ts'
import { decision, sampleAsk, submit, submittedAt, wake, withdrawal } from '../ask.ts'

export type Span = { count: number; from: number; to: number }

const idOf = (n: number) => `req_${createHash('sha256').update(`request ${n}`).digest('hex').slice(0, 26)}` as RequestId

/**
 * Requests of an organisation, the oldest first and evenly in time: 40 agents of 20 owners, 20 actions, five requests
 * for a task and twenty on a resource. The last fifty wait; of the others seven in ten have expired, two are denied,
 * one is withdrawn.
 */
export function* manyRequests({ count, from, to }: Span): Generator<ApprovalRequest> {
  const lives = livesOf()
  for (let n = 0; n < count; n++) {
    const status = n >= count - 50 ? 'pending' : n % 10 < 7 ? 'expired' : n % 10 < 9 ? 'denied' : 'withdrawn'
    const state = lives[status]
    const { ask } = state
    yield {
      ...state,
      submittedAt: from + Math.floor((n * (to - from)) / count),
      ask: {
        ...ask,
        id: idOf(n),
        agent: { ...ask.agent, id: `agent:a-${n % 40}` as AgentId },
        owner: `person:p-${n % 20}` as PersonId,
        action: `app:Action${(n * 7) % 20}`,
        parentTask: { ...ask.parentTask, id: `INC-${Math.floor(n / 5)}` },
        resource: {
          ...ask.resource,
          id: `arn:aws:ssm:us-east-1:000000000000:parameter/prod/service-${(n * 13) % Math.ceil(count / 20)}`,
        },
      },
    }
  }
}

function livesOf() {
  const ask = sampleAsk()
  const from = (state: ApprovalRequest | undefined, events: readonly Event[]) =>
    events.reduce<ApprovalRequest | undefined>(evolve, state) as ApprovalRequest
  const pending = from(undefined, decide(undefined, submit(ask, 2), submittedAt).events)
  const then = (command: Parameters<typeof decide>[1], after: number) =>
    from(pending, decide(pending, command, submittedAt + after).events)
  return {
    pending,
    expired: then(wake, 86_400),
    denied: then(decision(ask, 'ana', 'deny'), 60),
    withdrawn: then(withdrawal(), 60),
  }
}

/** Writes requests in the store's form, without their ledger. */
export async function seedRequests(client: DynamoDBClient, table: string, span: Span): Promise<void> {
  let batch: { PutRequest: { Item: { [name: string]: AttributeValue } } }[] = []
  const write = async () => {
    for (let left = batch; left.length > 0; ) {
      const { UnprocessedItems } = await client.send(new BatchWriteItemCommand({ RequestItems: { [table]: left } }))
      left = (UnprocessedItems?.[table] ?? []) as typeof batch
    }
    batch = []
  }
  for (const state of manyRequests(span)) {
    batch.push({ PutRequest: { Item: requestItem(state, { sequence: 1, hash: 'sha-256:seeded' }) } })
    if (batch.length === 25) await write()
  }
  await write()
}
