// Rules: test/channels/slack/cards/draw-batch.test.ts
import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda'
import * as z from 'zod'
import { Subject } from '../../domain/agents/agent-file.ts'
import { LeavingOwner } from '../../domain/agents/leaving-owner.ts'
import { BurstKind, BurstOutcome, burstKey } from '../../domain/cards/burst.ts'
import { SuspendedBecause } from '../../domain/people/organisation.ts'
import { NumericDate, PersonId, RequestId } from '../../domain/values.ts'
import type { AgentNotice } from '../../operations/agents/ports.ts'
import type { drawBurst } from '../../operations/cards/draw-burst.ts'
import { BoardUnavailable, faultName, PagerUnavailable } from '../../operations/faults.ts'
import type { Log } from '../../operations/ports.ts'
import { failing, OfRequest } from '../batches.ts'

export type Hold = (receiptHandle: string, seconds: number) => Promise<void>

type Options = {
  draw(id: RequestId): Promise<void>
  /** The part of a drawing without Slack, for use while Slack is known to be down. */
  withoutSlack(id: RequestId): Promise<void>
  hold: Hold
  isOneChat: boolean
  /** False when the function's time is nearly up. */
  mayStart(): boolean
  log: Log
}

/** The pause before drawings that could not begin in time. Seconds. */
const soon = 1

/**
 * Draws the requests of a batch. All messages of one request are one drawing of its present state; they succeed or fail
 * together, so that the order within their group holds. A fault concerns one request, unless Slack throttles or is
 * silent: then the rest of the batch is put back untried. A drawing begins only if it can finish: a card that is posted
 * but not recorded would be posted twice.
 */
export async function drawBatch(event: SQSEvent, options: Options): Promise<SQSBatchResponse> {
  const failed: SQSRecord[] = []
  let trouble: BoardUnavailable | undefined
  for (const records of Map.groupBy(event.Records, ({ body }) => requestOf(body) ?? body).values()) {
    if (!options.mayStart()) {
      failed.push(...(await later(records, options)))
      continue
    }
    const fault = await drawOne(records, trouble, options)
    if (fault === undefined) continue
    failed.push(...records)
    // If there are other chats, they may answer.
    if (options.isOneChat && fault instanceof BoardUnavailable && fault.forAll) trouble = fault
  }
  return failing(failed.map(({ messageId }) => messageId))
}

async function later(records: readonly SQSRecord[], { hold }: Pick<Options, 'hold'>): Promise<readonly SQSRecord[]> {
  await Promise.allSettled(records.map(({ receiptHandle }) => hold(receiptHandle, soon)))
  return records
}

/** @param trouble the fault of another request, because of which this one is put back untried */
async function drawOne(
  records: readonly SQSRecord[],
  trouble: BoardUnavailable | undefined,
  { draw, withoutSlack, hold, log }: Options,
): Promise<unknown> {
  const id = requestOf(records[0]?.body ?? '')
  if (id === undefined) {
    log.error('card_failed', { fault: 'message without a request' })
    return new TypeError('message without a request')
  }
  try {
    if (trouble) {
      await withoutSlack(id)
      throw trouble
    }
    await draw(id)
    return undefined
  } catch (fault) {
    log.warn('card_failed', { request: id, fault: faultName(fault) })
    const seconds = pause(fault, id, records)
    // If `hold` fails, the messages are retried after the queue's own visibility timeout.
    await Promise.allSettled(records.map(({ receiptHandle }) => hold(receiptHandle, seconds)))
    return fault ?? new Error('unknown')
  }
}

const requestOf = (body: string): RequestId | undefined => readAs(OfRequest, body)?.requestId

function readAs<Schema extends z.ZodType>(schema: Schema, body: string): z.output<Schema> | undefined {
  try {
    return schema.parse(JSON.parse(body))
  } catch {
    return undefined
  }
}

/**
 * Seconds: short at first, since the rest of the group waits too, and later up to the queue's own timeout; at least as
 * long as Slack asks. A random share keeps requests that failed together apart.
 */
function pause(fault: unknown, id: RequestId, records: readonly SQSRecord[]): number {
  const received = Math.max(...records.map(({ attributes }) => Number(attributes.ApproximateReceiveCount) || 1))
  const longer = Math.min(longestPause(fault, received), 2 ** received)
  return Math.max(retryAfterOf(fault) ?? 0, longer) + Math.floor(shareOf(id, received) * longer)
}

/** Attempts in which a busy channel has usually taken all its cards. Later ones are a minute apart, for an hour. */
const quick = 15

function longestPause(fault: unknown, received: number): number {
  // A failed page hook must not delay the next change of the card for long.
  if (fault instanceof PagerUnavailable) return 15
  // A channel takes one message a second: a pause of a minute would leave it idle.
  return retryAfterOf(fault) !== undefined && received <= quick ? 8 : 60
}

/** Jitter from 0 to 1, from the random id. */
const shareOf = (id: RequestId, received: number): number =>
  ((Number.parseInt(id.slice(-4), 36) * (2 * received + 1)) % 1009) / 1009

const retryAfterOf = (fault: unknown): number | undefined =>
  fault instanceof BoardUnavailable ? fault.retryAfterSeconds : undefined

const MessageOfBurst = z.object({
  burst: BurstKind,
  request: RequestId.optional(),
  outcome: z.strictObject({ ...BurstOutcome.shape, generation: z.int().positive() }).optional(),
})
type Because = Parameters<typeof drawBurst>[1]

type BurstOptions = Pick<Options, 'hold' | 'mayStart' | 'log'> & {
  draw(kind: BurstKind, because: Because): Promise<void>
}

/** The messages, split into those of requests, of bursts, and of notices. */
export const partition = (records: readonly SQSRecord[]) => ({
  single: records.filter((record) => !isOfBurst(record) && !isOfAgent(record)),
  several: records.filter(isOfBurst),
  notices: records.filter(isOfAgent),
})

const isOfBurst = ({ body }: SQSRecord): boolean => body.startsWith('{"burst":')
const isOfAgent = ({ body }: SQSRecord): boolean => body.startsWith('{"about":')

/** Draws each burst of a batch once: all its messages succeed or fail together. */
export async function drawBursts(
  records: readonly SQSRecord[],
  { draw, hold, mayStart, log }: BurstOptions,
): Promise<SQSBatchResponse['batchItemFailures']> {
  const failed: SQSRecord[] = []
  const read = records.flatMap((record) => {
    const message = readAs(MessageOfBurst, record.body)
    if (message) return [{ record, message }]
    log.error('card_failed', { fault: 'message without a burst' })
    failed.push(record)
    return []
  })
  for (const those of Map.groupBy(read, ({ message }) => burstKey(message.burst)).values()) {
    const [one] = those
    if (!one) continue
    const messages = those.map(({ message }) => message)
    if (!mayStart()) {
      const left = those.map(({ record }) => record)
      failed.push(...(await later(left, { hold })))
      continue
    }
    try {
      await draw(one.message.burst, {
        requests: messages.flatMap(({ request }) => request ?? []),
        outcomes: messages.flatMap(({ outcome }) => outcome ?? []),
      })
    } catch (fault) {
      log.warn('card_failed', { channel: one.message.burst.channel, fault: faultName(fault) })
      const seconds = retryAfterOf(fault) ?? 5
      // If `hold` fails, the messages are retried after the queue's own visibility timeout.
      await Promise.allSettled(those.map(({ record }) => hold(record.receiptHandle, seconds)))
      failed.push(...those.map(({ record }) => record))
    }
  }
  return failing(failed.map(({ messageId }) => messageId)).batchItemFailures
}

const MessageOfAgent = z.object({
  about: Subject,
  to: z.union([z.strictObject({ person: PersonId }), z.strictObject({ channel: z.string() })]),
  notice: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('due'), days: z.int(), due: NumericDate }),
    z.strictObject({ kind: z.literal('suspended'), why: SuspendedBecause }),
    LeavingOwner.extend({ kind: z.literal('owner') }),
  ]),
})

/** One message at a time, so that a failing one delays only its own group. */
export async function tellNotices(
  records: readonly SQSRecord[],
  { tell, hold, log }: Pick<Options, 'hold' | 'log'> & { tell(notice: AgentNotice): Promise<void> },
): Promise<SQSBatchResponse['batchItemFailures']> {
  const failed: SQSRecord[] = []
  for (const record of records) {
    const notice = readAs(MessageOfAgent, record.body)
    try {
      if (!notice) throw new TypeError('message without a notice')
      await tell(notice)
    } catch (fault) {
      log.warn('card_failed', { fault: faultName(fault) })
      await Promise.allSettled([hold(record.receiptHandle, retryAfterOf(fault) ?? 5)])
      failed.push(record)
    }
  }
  return failing(failed.map(({ messageId }) => messageId)).batchItemFailures
}
