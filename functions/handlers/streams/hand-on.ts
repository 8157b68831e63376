// Rules: test/operations/requests/hand-on.test.ts, test/operations/events/hand-on-events.test.ts
import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import type { DynamoDBBatchResponse, DynamoDBRecord, DynamoDBStreamEvent } from 'aws-lambda'
import { storedHaltsOf } from '../../adapters/dynamodb/halt-store.ts'
import { headOf } from '../../adapters/dynamodb/items.ts'
import { permitOf } from '../../adapters/dynamodb/permit-store.ts'
import { storedOf } from '../../adapters/dynamodb/request-store.ts'
import { LambdaQueue } from '../../adapters/lambda/queue.ts'
import { PowertoolsLog } from '../../adapters/powertools/log.ts'
import { SqsFairQueue, SqsFifoQueue } from '../../adapters/sqs/queue.ts'
import { SystemClock } from '../../adapters/system/system.ts'
import type { Delivery } from '../../domain/events/receivers.ts'
import type { ClickMessage } from '../../operations/cards/ports.ts'
import { placesIn } from '../../operations/credentials/place.ts'
import { handOnEventsOfHalts, handOnEventsOfRequest } from '../../operations/events/hand-on-events.ts'
import { faultName } from '../../operations/faults.ts'
import type { Clock, Log, Queue } from '../../operations/ports.ts'
import { handOn, handOnHalts, handOnPermit, logMeasures, logOverdueReview } from '../../operations/requests/hand-on.ts'
import type { FifoMessage } from '../../operations/requests/ports.ts'
import { failing } from '../batches.ts'
import type { Wiring } from '../environment.ts'
import { currentPolicy } from '../wiring/ports.ts'
import { endsQueue } from '../wiring/targets.ts'

type Ports = Parameters<typeof handOn>[2] &
  Parameters<typeof handOnHalts>[1] &
  Parameters<typeof handOnEventsOfRequest>[2] & { clicks: Queue<ClickMessage>; clock: Clock; log: Log }

/**
 * Reads the requests' stream. It hands on each changed request, halt and revoked standing permit by its id, each click
 * on a list by its key, and the events for outside receivers. It also logs the time that people took, for metrics.
 * Other records are ignored.
 */
export const createHandler =
  (ports: Ports) =>
  async (event: DynamoDBStreamEvent): Promise<DynamoDBBatchResponse> => {
    for (const { dynamodb, eventName } of event.Records) {
      if (!dynamodb?.NewImage || eventName === 'REMOVE') continue
      try {
        await follow(dynamodb, ports)
      } catch (fault) {
        const { SequenceNumber } = dynamodb
        ports.log.error('hand_on_failed', { record: SequenceNumber, fault: faultName(fault) })
        if (SequenceNumber !== undefined) return failing([SequenceNumber])
      }
    }
    return failing([])
  }

async function follow(record: NonNullable<DynamoDBRecord['dynamodb']>, ports: Ports) {
  const { NewImage, OldImage, ApproximateCreationDateTime } = record
  const image = NewImage as { [attribute: string]: AttributeValue }
  const now = ports.clock.now()
  const since = Math.floor(ApproximateCreationDateTime ?? now)
  if (image['sk']?.S === 'PERMIT')
    return handOnPermit({ permit: permitOf(image), version: headOf(image).sequence }, ports)
  const click = image['pk']?.S ?? ''
  if (click.startsWith('CLICK#')) return ports.clicks.send([{ click }])
  const old = OldImage as { [attribute: string]: AttributeValue } | undefined
  if (image['sk']?.S === 'HALT') {
    const stored = storedHaltsOf(image)
    await handOnHalts({ ...stored, since }, ports)
    return handOnEventsOfHalts(old ? storedHaltsOf(old).halts : [], stored.halts, ports)
  }
  if (image['sk']?.S !== 'REQ') return
  const { state, head } = storedOf(image)
  const before = old && storedOf(old).state
  await handOn([{ state, ...(before && { before }), version: head.sequence, since }], now, ports)
  await handOnEventsOfRequest(before, state, ports)
  if (!before) return
  logMeasures(before, state, ports.log)
  logOverdueReview(before, state, ports.log)
}

export const wire: Wiring<
  typeof createHandler,
  | 'REQUESTS_TABLE'
  | 'CARDS_QUEUE'
  | 'DENIES_QUEUE'
  | 'DELIVERIES_QUEUE'
  | 'CLICKS_FUNCTION'
  | 'REMINDERS_FUNCTION'
  | 'APPLY_FUNCTION'
  | 'TARGET_ROLES'
> = (told) => {
  const policy = currentPolicy(told)
  return {
    cards: new SqsFifoQueue<FifoMessage>(told.CARDS_QUEUE),
    denies: endsQueue(told),
    clicks: new LambdaQueue<ClickMessage>(told.CLICKS_FUNCTION),
    reminders: new LambdaQueue(told.REMINDERS_FUNCTION),
    changes: new LambdaQueue(told.APPLY_FUNCTION),
    deliveries: new SqsFairQueue<Delivery>(told.DELIVERIES_QUEUE),
    policy,
    // Read for each record, since an agent's address may change.
    get bundle() {
      return policy.bundle
    },
    targetRoles: placesIn(policy.bundle, told.TARGET_ROLES),
    clock: new SystemClock(),
    log: new PowertoolsLog(),
  }
}
