import { type ApprovalRequest, grantOf } from '../../../functions/domain/record/request.ts'
import { revokeRequest } from '../../../functions/operations/requests/end-request.ts'
import { MemoryDenyStore } from '../../support/credentials/memory-deny-store.ts'
import { MemoryRolePolicies } from '../../support/credentials/memory-role-policies.ts'
import { writeDenies } from '../../support/credentials/write-denies.ts'
import { MemoryHaltStore } from '../../support/ledger/memory-halt-store.ts'
import { parameter, person, prodParameter, sampleBundle, World } from '../../support/world.ts'

/** At each point of a story, exactly the dead sessions are denied on their role. */

const bundle = sampleBundle()
const role = 'arn:aws:iam::000000000000:role/hotwork/Hotwork-target'

class Denying extends World {
  readonly halts = new MemoryHaltStore(this.requests, this.ledger)
  readonly denies = new MemoryDenyStore()
  readonly roles = new MemoryRolePolicies()

  write = ({ ask }: ApprovalRequest) => writeDenies(role, [ask.id], this)

  /** Writes the denies from the record, and returns for each session whether it is denied. */
  async denied(request: ApprovalRequest, ...sessions: readonly Awaited<ReturnType<World['session']>>[]) {
    await this.write(request)
    return sessions.map(({ role, tags }) => this.roles.denies(role, tags))
  }
}

async function claimed(what = prodParameter, world = new Denying(bundle)) {
  const request = await world.approved(what)
  return { world, request, token: await world.claim(request) }
}

test('a live session works, a replaced one does not, and none does once the task is complete', async () => {
  const { world, request, token } = await claimed()
  const first = await world.session(request, token)
  expect(await world.denied(request, first)).toEqual([false])
  const second = await world.session(request, token)
  expect(await world.denied(request, first, second)).toEqual([true, false])
  await world.complete(request)
  expect(await world.denied(request, first, second)).toEqual([true, true])
})

test('a new access token ends the AWS session of the one before', async () => {
  const { world, request, token } = await claimed()
  const first = await world.session(request, token)
  const second = await world.session(request, await world.claim(request))
  expect(await world.denied(request, first, second)).toEqual([true, false])
})

test('the session of a revoked grant is denied', async () => {
  const { world, request, token } = await claimed()
  const session = await world.session(request, token)
  const revoked = await revokeRequest({ id: request.ask.id, person: person('gus'), reason: 'seen enough' }, world.ports)
  expect(revoked).toMatchObject({ ok: true })
  expect(await world.denied(request, session)).toEqual([true])
})

test('a denial after approval denies the session', async () => {
  const { world, request, token } = await claimed()
  const session = await world.session(request, token)
  await world.decide(request, 'ben', 'deny')
  expect(await world.denied(request, session)).toEqual([true])
})

test('the session of an expired grant is denied before the expiry is stored', async () => {
  const { world, request, token } = await claimed()
  // Late in the grant, so that the session outlives it.
  world.clock.advance(600)
  const session = await world.session(request, token)
  world.clock.advance(301)
  expect(await world.denied(request, session)).toEqual([true])
  expect(await world.story(request.ask.id)).not.toContain('Expired')
})

test('a session whose issuing was never answered is denied once a newer one is issued', async () => {
  const { world, request, token } = await claimed()
  world.broker.setDown(true)
  await expect(world.issueAws(request, token)).rejects.toMatchObject({ name: 'BrokerUnavailable' })
  await world.write(request)
  // The session may still be issued, so it is live in the record. The agent got no answer, and asks again.
  expect(world.roles.roles).toEqual([])

  world.broker.setDown(false)
  const second = await world.session(request, token)
  const lost = grantOf(await world.state(request.ask.id))?.sessions.find(
    ({ credential }) => credential !== second.tags['hotwork:credential'],
  )
  expect(
    await world.denied(request, { ...second, tags: { 'hotwork:credential': `${lost?.credential}` } }, second),
  ).toEqual([true, false])
})

test("writing one request's deny keeps those of other requests on the role", async () => {
  const { world, request, token } = await claimed()
  const one = await world.session(request, token)
  const other = await claimed(parameter('/prod/checkout/other'), world)
  const two = await world.session(other.request, other.token)
  await world.complete(request)
  await world.write(request)
  await world.complete(other.request)
  expect(await world.denied(other.request, one, two)).toEqual([true, true])
})

test('writing denies on one role leaves other roles unchanged', async () => {
  const { world, request, token } = await claimed()
  const session = await world.session(request, token)
  const elsewhere = session.role.replace(/::\d+:/, '::999999999999:')
  const until = world.clock.now() + 900
  await world.roles.putDeny(elsewhere, [{ tag: 'hotwork:request', value: 'req_elsewhere', until }])
  await world.complete(request)
  await world.write(request)
  expect(world.roles.denies(elsewhere, session.tags)).toBe(false)
  expect(world.roles.denies(elsewhere, { 'hotwork:request': 'req_elsewhere' })).toBe(true)
  expect(await world.denies.ofRole(elsewhere)).toEqual([])
})

test('a role without dead sessions gets no deny policy', async () => {
  const { world, request, token } = await claimed()
  await world.session(request, token)
  await world.write(request)
  expect(world.roles.roles).toEqual([])
})

test('a deny whose session has expired is removed by the next write to its role', async () => {
  const { world, request, token } = await claimed()
  const old = await world.session(request, token)
  await world.complete(request)
  expect(await world.denied(request, old)).toEqual([true])
  world.clock.advance(961)
  const next = await claimed(parameter('/prod/checkout/next'), world)
  const fresh = await world.session(next.request, next.token)
  await world.complete(next.request)
  expect(await world.denied(next.request, old, fresh)).toEqual([false, true])
})
