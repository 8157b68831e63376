import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import type { DynamoDBBatchResponse, DynamoDBRecord, DynamoDBStreamEvent } from 'aws-lambda'
import { storedHaltsOf } from '../adapters/dynamodb/halt-items.ts'
import { storedOf } from '../adapters/dynamodb/request-items.ts'
import { PowertoolsLog } from '../adapters/powertools/log.ts'
import { SqsFifoQueue } from '../adapters/sqs/queue.ts'
import { SystemClock } from '../adapters/system/clock.ts'
import { handOn, handOnHalts } from '../operations/hand-on.ts'
import type { EndMessage, FifoMessage } from '../operations/ports.ts'
import { environmentOf } from './environments.ts'

const { CARDS_QUEUE, DENIES_QUEUE, TARGET_ROLES } = environmentOf('hand-on')
const log = new PowertoolsLog()
const clock = new SystemClock()
const ports = {
  cards: new SqsFifoQueue<FifoMessage>(CARDS_QUEUE),
  denies: new SqsFifoQueue<EndMessage>(DENIES_QUEUE),
  targetRoles: TARGET_ROLES,
}

/**
 * Reads the requests' stream and hands each changed request, and each kill switch, on by its id. A record that is none of
 * ours is passed over.
 */
export const handler = async (event: DynamoDBStreamEvent): Promise<DynamoDBBatchResponse> => {
  for (const { dynamodb, eventName } of event.Records) {
    if (!dynamodb?.NewImage || eventName === 'REMOVE') continue
    try {
      await follow(dynamodb)
    } catch (fault) {
      log.error('hand_on_failed', {
        record: dynamodb.SequenceNumber,
        fault: fault instanceof Error ? fault.name : 'unknown',
      })
      if (dynamodb.SequenceNumber !== undefined)
        return { batchItemFailures: [{ itemIdentifier: dynamodb.SequenceNumber }] }
    }
  }
  return { batchItemFailures: [] }
}

async function follow({ NewImage, ApproximateCreationDateTime }: NonNullable<DynamoDBRecord['dynamodb']>) {
  const image = NewImage as { [attribute: string]: AttributeValue }
  const now = clock.now()
  const since = Math.floor(ApproximateCreationDateTime ?? now)
  if (image['sk']?.S === 'HALT') return handOnHalts({ ...storedHaltsOf(image), since }, ports)
  if (image['sk']?.S !== 'REQ') return
  const { state, head } = storedOf(image)
  return handOn([{ state, version: head.sequence, since }], now, ports)
}
