import type { DynamoDBStreamEvent, SQSEvent, SQSRecord } from 'aws-lambda'
import { createHandler as createFollow } from '../../functions/handlers/streams/follow-workflow.ts'
import { StoreUnavailable } from '../../functions/operations/faults.ts'
import { createHandler as createDenies } from '../../functions/targets/aws/write-denies.ts'
import { MemoryDenyStore } from '../support/credentials/memory-deny-store.ts'
import { MemoryRolePolicies } from '../support/credentials/memory-role-policies.ts'
import { MemoryHaltStore } from '../support/ledger/memory-halt-store.ts'
import { MemoryQueue } from '../support/requests/memory-queue.ts'
import { prodParameter, sampleBundle, stagingParameter, World } from '../support/world.ts'
import { Clockwork, withRun } from './requests/clockwork.ts'

/** The workers of streams and queues over a batch: the handlers as they are deployed, over ports in memory. */

const bundle = sampleBundle()
const role = 'arn:aws:iam::000000000000:role/hotwork/Hotwork-target'
const batch = (...messages: unknown[]): SQSEvent => ({
  Records: messages.map(
    (message, index) =>
      ({ messageId: `m${index}`, body: typeof message === 'string' ? message : JSON.stringify(message) }) as SQSRecord,
  ),
})
const changes = (...ids: string[]): DynamoDBStreamEvent => ({
  Records: ids.map((id, index) => ({
    eventName: 'INSERT',
    dynamodb: { Keys: { pk: { S: `REQ#${id}` } }, SequenceNumber: `${index}` },
  })),
})
const failures = (...messages: string[]) => ({
  batchItemFailures: messages.map((itemIdentifier) => ({ itemIdentifier })),
})

async function following() {
  const world = new Clockwork(bundle)
  const follow = new MemoryQueue()
  const [one, other] = [await world.submitted(stagingParameter), await world.submitted(prodParameter)]
  const ports = { ...world.moving, follow, runsMachine, log: world.log }
  const silent = { ...ports, workflow: { start: notNow, endWait: notNow } }
  return { world, follow, ports, silent, ids: [one.ask.id, other.ask.id] as const }
}
const machine = 'arn:aws:states:us-east-1:000000000000:stateMachine:Hotwork'
const runsMachine = `${machine}-runs`
const notNow = () => Promise.reject(new StoreUnavailable('no answer'))

test('the follower starts an execution for each new request of the stream that waits for people, and skips others', async () => {
  const { world, ports, ids } = await following()
  const handler = createFollow(ports)
  expect(await handler(changes('not-an-id', ...ids))).toEqual(failures())
  expect(ids.map((id) => world.workflow.startedIn(id))).toEqual([undefined, 'Tier2 owner'])
})

test('the follower hands on requests that it could not follow, so that no record holds up those behind it', async () => {
  const { follow, silent, ids } = await following()
  expect(await createFollow(silent)(changes(...ids))).toEqual(failures())
  // The first waits for no person, so nothing about it can fail.
  expect(follow.take()).toEqual([{ requestId: ids[1] }])
})

test('the follower fails a record that is not taken either', async () => {
  const { silent, ids } = await following()
  expect(await createFollow({ ...silent, follow: { send: notNow } })(changes(...ids))).toEqual(failures('1'))
})

test.each([
  ['FAILED', 'workflow_failed'],
  ['TIMED_OUT', 'workflow_timed_out'],
  ['ABORTED', 'workflow_aborted'],
] as const)('logs an execution that ended as %s by the line that raises the alarm', async (status, message) => {
  const { world, ports } = await following()
  expect(await createFollow(ports)({ detail: { stateMachineArn: machine, name: 'req_1', status } })).toEqual(failures())
  expect(world.log.lines.filter(({ level }) => level === 'error')).toEqual([
    { level: 'error', message, fields: { execution: 'req_1' } },
  ])
})

test('the follower follows the request that it is invoked with, and throws what Lambda is to try again, by its name alone', async () => {
  const { world, follow, ports, silent, ids } = await following()
  const handler = createFollow(ports)
  const fault = await createFollow(silent)({ requestId: ids[1] }).catch((thrown: Error) => thrown)
  expect(String(fault)).toBe('InvocationFailed: StoreUnavailable')
  expect(fault).not.toHaveProperty('cause')
  await handler({ requestId: ids[1] })
  expect(world.workflow.startedIn(ids[1])).toBe('Tier2 owner')
  expect(follow.take()).toEqual([])
})

test('the follower starts an execution again that ended early while its run goes on, and none of another machine', async () => {
  const { world, ports, ids } = await following()
  const [, id] = ids
  const handler = createFollow({ ...ports, requests: withRun(world.requests, { status: 'running' }) })
  const ended = (stateMachineArn: string, name: string) =>
    handler({ detail: { stateMachineArn, name, status: 'ABORTED' } })
  await ended(machine, id)
  expect(world.runs.attemptsOf(id)).toEqual([])
  await ended(runsMachine, id)
  await ended(runsMachine, `${id}-2`)
  // A repeated event.
  await ended(runsMachine, id)
  await ended(runsMachine, 'by-hand')
  expect(world.runs.attemptsOf(id)).toEqual([2, 3])
})

async function denying() {
  const world = new World(bundle)
  const request = await world.approved(prodParameter)
  const session = await world.session(request, await world.claim(request))
  await world.complete(request)
  const [halts, denies, roles] = [
    new MemoryHaltStore(world.requests, world.ledger),
    new MemoryDenyStore(),
    new MemoryRolePolicies(),
  ]
  const ports = { ...world.ports, permits: world.permits, halts, denies, roles }
  const deny = { deny: request.ask.id, role, since: world.clock.now() - 3 }
  return { world, session, ports, deny, isDenied: () => roles.denies(session.role, session.tags) }
}

test('the writer of denies writes a role once for all messages of a batch, and logs how long the oldest change waited', async () => {
  const { world, ports, deny, isDenied } = await denying()
  const later = { ...deny, since: deny.since + 2 }
  expect(await createDenies(ports)(batch(later, deny, { ...deny, deny: 'time', since: 0 }))).toEqual(failures())
  expect(isDenied()).toBe(true)
  expect(world.log.lines.filter(({ message }) => message === 'deny_written')).toMatchObject([
    { fields: { role, changes: 2, lagSeconds: 3 } },
  ])
})

test('the writer of denies fails an unreadable message by itself, and still writes the rest', async () => {
  const { ports, deny, isDenied } = await denying()
  expect(await createDenies(ports)(batch('{', deny, { end: 'nothing' }))).toEqual(failures('m0', 'm2'))
  expect(isDenied()).toBe(true)
})

test('the writer of denies fails all messages of a role that IAM does not take', async () => {
  const { ports, deny } = await denying()
  const roles = { putDeny: () => Promise.reject(new Error('IAM does not answer')) }
  const end = { end: deny.deny }
  expect(await createDenies({ ...ports, roles })(batch(deny, end, deny))).toEqual(failures('m0', 'm2'))
})
