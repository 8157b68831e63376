import type { RecordedCall } from '../../../functions/domain/uses/recorded-call.ts'
import type { RequestId } from '../../../functions/domain/values.ts'
import { readTimeline } from '../../../functions/operations/requests/read-timeline.ts'
import { sweepOverdue } from '../../../functions/operations/requests/sweep-overdue.ts'
import { compareCalls } from '../../../functions/operations/uses/compare-calls.ts'
import { MemoryNotary } from '../../support/anchor/memory-notary.ts'
import { MemoryQueue } from '../../support/requests/memory-queue.ts'
import { parameter, sampleBundle, World } from '../../support/world.ts'

/** Calls are put on record once a grant has ended and CloudTrail has had its time. */

const delay = 600
const { deployment, ...rest } = sampleBundle()
const bundle = { ...rest, deployment: { ...deployment, callsRecordedWithin: delay } }
let world: World
beforeEach(() => {
  world = new World(bundle)
})
const ports = () => ({ ...world.ports, actual: world.actual })
const compare = (seconds = 30) => compareCalls(ports(), world.clock.now() + seconds)

/** A request of tier 0 whose AWS credentials were issued, and whose grant has run out. */
async function ended(name = 'payment-timeout-ms'): Promise<RequestId> {
  const { ask } = await world.submitted(parameter(`/staging/checkout/${name}`))
  const token = await world.issueToken(await world.state(ask.id))
  const live = await world.state(ask.id)
  const presented = live.status === 'approved' ? live.grant.credentials.access_token?.id : undefined
  if (!token.ok || !presented) throw new Error('no token')
  await world.issueAws(live, presented)
  const after = await world.state(ask.id)
  if (after.status === 'approved') world.clock.advance(after.grant.notAfter - world.clock.now())
  return ask.id
}
/** Stores its end, as the workflow does. */
async function over(name?: string): Promise<RequestId> {
  const id = await ended(name)
  world.clock.advance(10)
  await sweepOverdue({
    ...world.ports,
    follow: new MemoryQueue(),
    calls: new MemoryQueue(),
    changes: new MemoryQueue(),
  })
  return id
}
const call = (id: string, changes: Partial<RecordedCall> = {}): RecordedCall => ({
  ...{ id, at: world.clock.now() - 30, service: 'ssm', name: 'PutParameter', account: '000000000000' },
  ...{ region: 'us-east-1', resources: [], parameters: { name: '/staging/checkout/payment-timeout-ms' } },
  ...changes,
})
const compared = async (id: RequestId) => (await world.state(id)).calls
const errors = () => world.log.lines.filter(({ level }) => level === 'error')

test('nothing is compared while a call may still be told late, and then once', async () => {
  const id = await over()
  expect([await compare(), await compared(id)]).toEqual([0, undefined])
  world.clock.advance(delay)
  expect(await compare()).toBe(1)
  expect(await compared(id)).toMatchObject({ approved: 0, extraCalls: 0, unused: true, complete: true })
  expect([await compare(), (await world.story(id)).slice(-2)]).toEqual([0, ['Expired', 'CallsCompared']])
})

test('extra calls are an alarm that names request, agent and actions; what is approved or refused is none', async () => {
  const id = await over()
  world.callRecord.put(id, call('1'))
  world.callRecord.put(id, call('2', { name: 'GetParameter', error: 'AccessDenied' }))
  world.clock.advance(delay)
  await compare()
  expect([await compared(id), errors()]).toMatchObject([{ approved: 1, refused: 1, extraCalls: 0 }, []])
  const setback = () => world.requests.recall('SETBACK#agent:remediator#ssm:PutParameter')
  expect(await setback()).toBeUndefined()

  const other = await over('other')
  world.callRecord.put(other, call('3', { parameters: { name: '/staging/checkout/other' } }))
  world.callRecord.put(other, call('4', { parameters: { name: '/staging/checkout/other' } }))
  world.clock.advance(delay)
  await compare()
  expect(await compared(other)).toMatchObject({ approved: 1, extraCalls: 1, extra: ['ssm:PutParameter'] })
  expect(errors()).toMatchObject([
    { message: 'extra_calls', fields: { request: other, agent: 'agent:remediator', actions: 'ssm:PutParameter' } },
  ])
  expect(await setback()).toContain('extra_calls')
})

test('the timeline shows each call, and that they were compared', async () => {
  const id = await over()
  world.callRecord.put(id, call('1'))
  world.callRecord.put(id, call('2', { service: 'sts', name: 'GetCallerIdentity' }))
  const told = async () => {
    const ports = { ...world.ports, actual: world.actual, anchor: new MemoryNotary(world, world.issuer) }
    const { items } = await readTimeline(await world.state(id), ports)
    return JSON.stringify(items)
  }
  world.clock.advance(delay)
  await compare()
  expect(await told()).toMatch(/sts:GetCallerIdentity.*compared the calls/)
})

test('a record that does not answer is asked again for a day, and then the entry says that it is not complete', async () => {
  const id = await over()
  world.callRecord.isSilent = true
  world.clock.advance(delay)
  expect([await compare(), await compared(id)]).toEqual([0, undefined])
  world.clock.advance(86_400)
  expect(await compare()).toBe(1)
  expect(await compared(id)).toMatchObject({ complete: false })
  expect(errors()).toMatchObject([{ message: 'calls_not_compared', fields: { request: id } }])
})

test('a function that tells nothing, or a store that does not commit, is passed over; the next run goes on', async () => {
  const id = await over()
  world.clock.advance(delay)
  world.actual.isSilent = true
  expect(await compare()).toBe(0)
  world.actual.isSilent = false
  world.requests.failNextCommit('unheard')
  expect(await compare()).toBe(0)
  world.requests.failNextCommit('answer_lost')
  expect(await compare()).toBe(0)
  expect((await world.story(id)).filter((type) => type === 'CallsCompared')).toHaveLength(1)
  expect(await compare()).toBe(0)
})

test('two runs at once put it on record once', async () => {
  const id = await over()
  world.clock.advance(delay)
  await Promise.all([compare(), compare()])
  expect((await world.story(id)).filter((type) => type === 'CallsCompared')).toHaveLength(1)
})

test('a run ends in time, and takes turns from either end, so that what cannot be read keeps nothing else waiting', async () => {
  const ids = [await over('a'), await over('b')]
  world.clock.advance(delay)
  expect(await compare(0)).toBe(0)
  const first: (RequestId | undefined)[] = []
  world.actual.isSilent = true
  const of = world.actual.of.bind(world.actual)
  for (let minute = 0; minute < 2; minute++) {
    const asked: RequestId[] = []
    world.actual.of = (id) => {
      asked.push(id)
      return of(id)
    }
    await compare()
    first.push(asked[0])
    world.clock.advance(60)
  }
  expect(first.toSorted()).toEqual(ids.toSorted())
})
