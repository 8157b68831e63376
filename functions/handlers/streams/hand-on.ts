import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import type { DynamoDBBatchResponse, DynamoDBRecord, DynamoDBStreamEvent } from 'aws-lambda'
import { storedHaltsOf } from '../../adapters/dynamodb/halt-store.ts'
import { headOf } from '../../adapters/dynamodb/items.ts'
import { permitOf } from '../../adapters/dynamodb/permit-store.ts'
import { storedOf } from '../../adapters/dynamodb/request-store.ts'
import { PowertoolsLog } from '../../adapters/powertools/log.ts'
import { SqsFifoQueue, SqsQueue } from '../../adapters/sqs/queue.ts'
import { SystemClock } from '../../adapters/system/system.ts'
import type { EndMessage } from '../../operations/break-glass/ports.ts'
import type { ClickMessage } from '../../operations/cards/ports.ts'
import { handOn, handOnHalts, handOnPermit, logMeasures, logOverdueReview } from '../../operations/requests/hand-on.ts'
import type { FifoMessage } from '../../operations/requests/ports.ts'
import { environmentOf } from '../environments.ts'

const { CARDS_QUEUE, DENIES_QUEUE, PRESSES_QUEUE, REMINDERS_QUEUE, TARGET_ROLES } = environmentOf('hand-on')
const log = new PowertoolsLog()
const clock = new SystemClock()
const ports = {
  cards: new SqsFifoQueue<FifoMessage>(CARDS_QUEUE),
  denies: new SqsFifoQueue<EndMessage>(DENIES_QUEUE),
  presses: new SqsQueue<ClickMessage>(PRESSES_QUEUE),
  reminders: new SqsQueue(REMINDERS_QUEUE),
  targetRoles: TARGET_ROLES,
}

/**
 * Reads the requests' stream and hands each changed request, each kill switch, and each standing permit that was taken
 * back, on by its id, and each press on a list by its key; and says how long people took, for the metrics. A record that is none of ours is passed over.
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

async function follow(record: NonNullable<DynamoDBRecord['dynamodb']>) {
  const { NewImage, OldImage, ApproximateCreationDateTime } = record
  const image = NewImage as { [attribute: string]: AttributeValue }
  const now = clock.now()
  const since = Math.floor(ApproximateCreationDateTime ?? now)
  if (image['sk']?.S === 'PERMIT')
    return handOnPermit({ permit: permitOf(image), version: headOf(image).sequence }, ports)
  const press = image['pk']?.S ?? ''
  if (press.startsWith('PRESS#')) return ports.presses.send([{ press }])
  if (image['sk']?.S === 'HALT') return handOnHalts({ ...storedHaltsOf(image), since }, ports)
  if (image['sk']?.S !== 'REQ') return
  const { state, head } = storedOf(image)
  const before = OldImage && storedOf(OldImage as { [attribute: string]: AttributeValue }).state
  await handOn([{ state, ...(before && { before }), version: head.sequence, since }], now, ports)
  if (!before) return
  logMeasures(before, state, log)
  logOverdueReview(before, state, log)
}
