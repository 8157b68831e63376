import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import type { DynamoDBBatchResponse, DynamoDBStreamEvent } from 'aws-lambda'
import { storedOf } from '../adapters/dynamodb/request-items.ts'
import { PowertoolsLog } from '../adapters/powertools/log.ts'
import { SqsFifoQueue } from '../adapters/sqs/queue.ts'
import { SystemClock } from '../adapters/system/clock.ts'
import { handOn } from '../operations/hand-on.ts'
import { environmentOf } from './environments.ts'

const { CARDS_QUEUE, DENIES_QUEUE } = environmentOf('hand-on')
const log = new PowertoolsLog()
const clock = new SystemClock()
const ports = { cards: new SqsFifoQueue(CARDS_QUEUE), denies: new SqsFifoQueue(DENIES_QUEUE) }

/** Reads the requests' stream and hands each changed request on by its id. A record that is none of ours is passed over. */
export const handler = async (event: DynamoDBStreamEvent): Promise<DynamoDBBatchResponse> => {
  for (const { dynamodb, eventName } of event.Records) {
    const image = dynamodb?.NewImage
    if (!image || eventName === 'REMOVE' || image['sk']?.S !== 'REQ') continue
    try {
      const { state, head } = storedOf(image as { [attribute: string]: AttributeValue })
      await handOn([{ state, version: head.sequence }], clock.now(), ports)
    } catch (fault) {
      log.error('hand_on_failed', {
        record: dynamodb?.SequenceNumber,
        fault: fault instanceof Error ? fault.name : 'unknown',
      })
      if (dynamodb?.SequenceNumber !== undefined)
        return { batchItemFailures: [{ itemIdentifier: dynamodb.SequenceNumber }] }
    }
  }
  return { batchItemFailures: [] }
}
