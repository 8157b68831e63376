import { EventBridgeClient } from '@aws-sdk/client-eventbridge'
import { EventBridgeBus } from '../../../functions/adapters/eventbridge/event-bus.ts'
import { eventsOfHalts } from '../../../functions/domain/events/decision-events.ts'
import type { Halt } from '../../../functions/domain/halts/halt.ts'
import { ReceiverUnavailable } from '../../../functions/operations/faults.ts'
import { useServer } from '../../support/http-server.ts'

/** EventBridge answers 200 even if it took nothing. A program plays its answers. */

const halt = { id: `hlt_${'0'.repeat(26)}`, target: { kind: 'all', value: 'all' }, reason: '', by: 'person:ana', at: 5 }
const [event] = eventsOfHalts([], [halt as unknown as Halt])
if (!event) throw new Error('no event')

let got: string
let answer: { status: number; body: object }
const origin = useServer(async (request, response) => {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  got = Buffer.concat(chunks).toString()
  response.writeHead(answer.status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(answer.body))
})
const credentials = { accessKeyId: 'key', secretAccessKey: 'secret' }
const bus = () =>
  new EventBridgeBus(
    'decisions',
    new EventBridgeClient({ endpoint: origin(), region: 'eu-central-1', credentials, maxAttempts: 1 }),
  )

test('an event is put under its type, from `hotwork`, on the one bus', async () => {
  answer = { status: 200, body: { FailedEntryCount: 0, Entries: [{ EventId: '1' }] } }
  await bus().put(event)
  const { Entries } = JSON.parse(got)
  expect(Entries).toMatchObject([
    { EventBusName: 'decisions', Source: 'hotwork', DetailType: 'Halt Declared', Time: 5 },
  ])
  expect(JSON.parse(Entries[0].Detail)).toEqual({
    ...{ id: event.id, at: '1970-01-01T00:00:05Z' },
    ...{ halt: halt.id, target: halt.target },
  })
})

test('an event that EventBridge refuses in an answer of 200 is a fault', async () => {
  answer = { status: 200, body: { FailedEntryCount: 1, Entries: [{ ErrorCode: 'ThrottlingException' }] } }
  await expect(bus().put(event)).rejects.toThrow(ReceiverUnavailable)
})

test('an event that EventBridge refuses with 400 is a fault', async () => {
  answer = { status: 400, body: { __type: 'AccessDeniedException', message: 'no' } }
  await expect(bus().put(event)).rejects.toThrow(ReceiverUnavailable)
})
