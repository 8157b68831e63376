import type { RecordedCall } from '../../../functions/domain/uses/recorded-call.ts'
import type { RequestId } from '../../../functions/domain/values.ts'
import { makeCall } from '../../../functions/operations/uses/make-call.ts'
import { readActual } from '../../../functions/targets/aws/actual.ts'
import { runOf } from '../../support/runs.ts'
import { WorldOfRuns } from '../../support/runs-world.ts'
import { unwrap } from '../../support/unwrap.ts'
import { sampleBundle, stagingParameter, start, World } from '../../support/world.ts'

/** The calls with the sessions of a request: which sessions are looked for, where, and when. */

const role = 'arn:aws:iam::000000000000:role/hotwork/Hotwork-target'
let world: World
let id: RequestId

/** A request of tier 0, for which AWS credentials were issued. */
async function claimAws(what = stagingParameter): Promise<RequestId> {
  const request = await world.submitted(what)
  unwrap(await world.issueAws(request, await world.claim(request)))
  return request.ask.id
}
beforeEach(async () => {
  world = new World(sampleBundle())
  id = await claimAws()
})
const ports = () => ({ ...world.ports, calls: world.callRecord, targetRole: world.targetRole, region: 'eu-central-1' })
const call = (changes: Partial<RecordedCall> = {}): RecordedCall => ({
  ...{ id: 'e1', at: world.clock.now(), service: 'ssm', name: 'PutParameter', account: '000000000000' },
  ...{ region: 'us-east-1', resources: [], parameters: { name: '/staging/checkout/payment-timeout-ms' } },
  ...changes,
})

test('the session is looked for by name and role, in the Region of its account and in that of our STS, from its making on', async () => {
  world.clock.advance(300)
  await readActual(id, ports())
  expect(world.callRecord.asked).toEqual([
    {
      ...{ name: id, role, regions: ['us-east-1', 'eu-central-1'], from: start - 60, until: start + 360 },
      issued: { from: start - 60, until: start + 60 },
    },
  ])
})

test('the session’s calls are compared with what was approved', async () => {
  world.callRecord.put(id, call())
  world.callRecord.put(id, call({ id: 'e2', name: 'GetParameter' }))
  expect(await readActual(id, ports())).toMatchObject({
    ...{ issued: true, complete: false, unused: false, unread: [] },
    calls: [{ verdict: 'approved' }, { verdict: 'extra', because: 'action' }],
  })
})

test('it is complete when the grant has run out and the delay of the deployment is over', async () => {
  const { deployment } = sampleBundle()
  world = new World({ ...sampleBundle(), deployment: { ...deployment, callsRecordedWithin: 30 } })
  id = await claimAws()
  const state = (await world.requests.load(id))?.state
  const end = state?.status === 'approved' ? state.grant.notAfter : 0
  world.clock.advance(end - start + 29)
  expect(await readActual(id, ports())).toMatchObject({ complete: false, unused: true })
  world.clock.advance(1)
  expect(await readActual(id, ports())).toMatchObject({ complete: true, unused: true })
})

test('an account that does not answer is named, and makes nothing unused for good', async () => {
  world.callRecord.isSilent = true
  world.clock.advance(86_400)
  expect(await readActual(id, ports())).toMatchObject({ complete: false, unread: ['000000000000'] })
})

test('a request without AWS credentials asks no record', async () => {
  world = new World(sampleBundle())
  const { id: other } = (await world.submitted(stagingParameter)).ask
  expect(await readActual(other, ports())).toMatchObject({ issued: false, calls: [], unused: true })
  expect(world.callRecord.asked).toEqual([])
})

test("the call that started a run is looked for among the runner's sessions", async () => {
  const runs = new WorldOfRuns()
  const request = await runs.submitted(runOf())
  unwrap(await makeCall(runs.accessToken(request, await runs.claim(request)), runs.proof(), runs.runPorts))
  await readActual(request.ask.id, {
    ...{ ...runs.ports, calls: runs.callRecord, targetRole: runs.targetRole },
    region: 'eu-central-1',
  })
  expect(runs.callRecord.asked).toMatchObject([{ name: request.ask.id, role: role.replace('-target', '-runner') }])
})

test('a missing request has no record', async () => {
  expect(await readActual(`req_${'0'.repeat(25)}z` as RequestId, ports())).toBeUndefined()
})
