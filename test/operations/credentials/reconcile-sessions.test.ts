import type { ApprovalRequest } from '../../../functions/domain/record/request.ts'
import type { JsonObject } from '../../../functions/domain/values.ts'
import type { EndMessage } from '../../../functions/operations/credentials/ports.ts'
import { revokeRequest } from '../../../functions/operations/requests/end-request.ts'
import type { SessionOnRecord } from '../../../functions/targets/aws/findings.ts'
import { reconcileSessions } from '../../../functions/targets/aws/reconcile.ts'
import { MemoryDenyStore } from '../../support/credentials/memory-deny-store.ts'
import { MemoryRolePolicies } from '../../support/credentials/memory-role-policies.ts'
import { MemorySessionRecord } from '../../support/credentials/memory-session-record.ts'
import { writeDenies } from '../../support/credentials/write-denies.ts'
import { MemoryHaltStore } from '../../support/ledger/memory-halt-store.ts'
import { MemoryQueue } from '../../support/requests/memory-queue.ts'
import { person, prodParameter, sampleBundle, start, World } from '../../support/world.ts'

const bundle = sampleBundle()
const role = 'arn:aws:iam::000000000000:role/hotwork/Hotwork-target'
const sealedRole = 'arn:aws:iam::000000000000:role/hotwork/Hotwork-sealed'

/** A world whose sessions AWS has on record, and the reconciliation with the table. */
class Audited extends World {
  readonly halts = new MemoryHaltStore(this.requests, this.ledger)
  readonly denies = new MemoryDenyStore()
  readonly roles = new MemoryRolePolicies()
  readonly sessions = new MemorySessionRecord()
  readonly deny = new MemoryQueue<EndMessage>()
  readonly sealed = new MemoryQueue<JsonObject>()
  #events = 0

  reconcile = (roles = { targets: [role], sealed: [] as string[] }, seconds = 300) =>
    reconcileSessions(roles, this, this.clock.now() + seconds)

  /** Findings and messages to the writer of denies, since the last call. */
  async found() {
    const lines = this.log.lines.length
    await this.reconcile()
    return {
      found: this.log.lines
        .slice(lines)
        .filter(({ message }) => message === 'reconciliation_found')
        .map(({ fields }) => fields?.['kind']),
      handed: this.deny.take().map((each) => ('deny' in each ? each.deny : each.end)),
    }
  }

  /** A session that the broker makes, as AWS records it. */
  async recorded(request: ApprovalRequest, token: Awaited<ReturnType<World['claim']>>): Promise<SessionOnRecord> {
    const { tags } = await this.session(request, token)
    return this.onRecord({ name: request.ask.id, tags })
  }
  onRecord(changes: Partial<SessionOnRecord>): SessionOnRecord {
    this.#events += 1
    const at = this.clock.now()
    const session = { eventId: `e${this.#events}`, name: 'stranger', tags: {}, at, endsAt: at + 900, ...changes }
    this.sessions.put(role, session)
    return session
  }
  write = ({ ask }: ApprovalRequest) => writeDenies(role, [ask.id], this)
}

async function claimed() {
  const world = new Audited(bundle)
  const request = await world.approved(prodParameter)
  return { world, request, token: await world.claim(request) }
}
const nothing = { found: [], handed: [] }

test('sessions that Hotwork made are no finding: alive, replaced and denied, or ended and denied', async () => {
  const { world, request, token } = await claimed()
  await world.recorded(request, token)
  expect(await world.found()).toEqual(nothing)
  await world.recorded(request, token)
  await world.write(request)
  expect(await world.found()).toEqual(nothing)
  await world.complete(request)
  await world.write(request)
  expect(await world.found()).toEqual(nothing)
})

test('old sessions that the state has forgotten are known by the record', async () => {
  const { world, request, token } = await claimed()
  const first = await world.recorded(request, token)
  world.clock.advance(2 * 3600)
  expect(first.at).toBe(start)
  expect(await world.found()).toEqual(nothing)
})

test('sessions of one request have its chain read once, however many of them the state does not know', async () => {
  const { world, request, token } = await claimed()
  const { name, tags } = await world.recorded(request, token)
  for (let n = 0; n < 20; n++) world.onRecord({ name, tags: { ...tags, 'hotwork:credential': `crd_${n}` } })
  let read = 0
  const entries = world.ledger.entries.bind(world.ledger)
  world.ledger.entries = (id) => {
    read += 1
    return entries(id)
  }
  await world.reconcile()
  expect(read).toBe(1)
})

test('sessions that the time does not reach are told as left, so that later checks have their own time', async () => {
  const { world, request, token } = await claimed()
  await world.recorded(request, token)
  await world.reconcile(undefined, 0)
  const cut = world.log.lines.filter(({ message }) => message === 'reconciliation_cut')
  expect(cut.map(({ fields }) => fields)).toEqual([{ role, left: 1 }])
})

test('sessions whose tags AWS does not tell are known by their name', async () => {
  const { world, request, token } = await claimed()
  await world.session(request, token)
  world.onRecord({ name: request.ask.id, tags: { 'hotwork:request': request.ask.id } })
  expect(await world.found()).toEqual(nothing)
})

test.each<[what: string, changes: (request: ApprovalRequest) => Partial<SessionOnRecord>]>([
  ['of no request', () => ({})],
  ['of a request that there is not', () => ({ name: 'req_zzzzzzzzzzzzzzzzzzzzzzzzzz' })],
  [
    'with a credential that is on no record',
    ({ ask }) => ({ name: ask.id, tags: { 'hotwork:request': ask.id, 'hotwork:credential': 'crd_x' } }),
  ],
])('%s are told, and denied nothing', async (_what, changes) => {
  const { world, request, token } = await claimed()
  await world.recorded(request, token)
  world.onRecord(changes(request))
  expect(await world.found()).toEqual({ found: ['session_unknown'], handed: [] })
})

test('a session of a request that was never claimed is told, though its name is right', async () => {
  const world = new Audited(bundle)
  const request = await world.approved(prodParameter)
  world.onRecord({ name: request.ask.id, tags: { 'hotwork:request': request.ask.id } })
  expect((await world.found()).found).toEqual(['session_unknown'])
})

test('a session that should be denied and works on is told, and handed to the writer of denies, who mends it', async () => {
  const { world, request, token } = await claimed()
  await world.recorded(request, token)
  await revokeRequest({ id: request.ask.id, person: person('gus'), reason: 'enough' }, world.ports)
  // Its deny is on its way.
  expect(await world.found()).toEqual(nothing)
  world.clock.advance(300)
  expect(await world.found()).toEqual({ found: ['session_not_denied'], handed: [request.ask.id] })
  await world.write(request)
  expect(await world.found()).toEqual(nothing)
})

test('an expired session that should have been denied is no finding', async () => {
  const { world, request, token } = await claimed()
  await world.recorded(request, token)
  await revokeRequest({ id: request.ask.id, person: person('gus'), reason: 'enough' }, world.ports)
  world.clock.advance(1000)
  expect(await world.found()).toEqual(nothing)
})

async function denied() {
  const made = await claimed()
  await made.world.recorded(made.request, made.token)
  await made.world.complete(made.request)
  await made.world.write(made.request)
  return made
}

test('a removed deny is told, and rendered again', async () => {
  const { world, request } = await denied()
  await world.roles.putDeny(role, [])
  world.clock.advance(300)
  const { found, handed } = await world.found()
  expect([found.toSorted(), handed]).toEqual([
    ['deny_missing', 'session_not_denied'],
    ['time', request.ask.id],
  ])
  await writeDenies(role, ['time'], world)
  expect(await world.found()).toEqual(nothing)
})

test('a foreign deny is told, and rendered away', async () => {
  const { world } = await denied()
  const table = await world.denies.ofRole(role)
  await world.roles.putDeny(role, [...table, { tag: 'hotwork:agent', value: 'agent:other', until: start + 900 }])
  expect(await world.found()).toEqual({ found: ['deny_unknown'], handed: ['time'] })
  await writeDenies(role, ['time'], world)
  expect(await world.found()).toEqual(nothing)
})

test('an expired deny that is not removed yet is no finding', async () => {
  const { world } = await denied()
  world.clock.advance(3600)
  expect(await world.found()).toEqual(nothing)
})

test('a deny in a foreign form is told, and rendered again', async () => {
  const { world } = await denied()
  world.roles.spoil(role)
  expect(await world.found()).toEqual({ found: ['deny_unreadable'], handed: ['time'] })
})

test('a policy added to the role is told, and left to a person', async () => {
  const { world } = await denied()
  world.roles.giveOther(role, 'mine')
  expect(await world.found()).toEqual({ found: ['policy_unknown'], handed: [] })
})

describe('uses of a sealed role', () => {
  const roles = { targets: [], sealed: [sealedRole] }
  const event = { source: 'aws.sts', detail: { eventID: 'e9' } }

  test('an unrecorded use goes to its recorder, and is told once it is late', async () => {
    const world = new Audited(bundle)
    world.sessions.use(sealedRole, 'e9', start, event)
    expect(await world.reconcile(roles)).toBe(0)
    expect(world.sealed.take()).toEqual([event])
    world.clock.advance(1000)
    expect(await world.reconcile(roles)).toBe(1)
  })

  test('a recorded use is left alone', async () => {
    const world = new Audited(bundle)
    world.sessions.use(sealedRole, 'e9', start, event)
    await world.requests.putOnce({ key: 'SEALED#e9', value: 'bgl_x', expiresAt: start + 900 })
    world.clock.advance(1000)
    expect(await world.reconcile(roles)).toBe(0)
    expect(world.sealed.take()).toEqual([])
  })
})

test('a role of which AWS does not tell is reported, and the others are checked', async () => {
  const { world, request, token } = await claimed()
  await world.recorded(request, token)
  world.sessions.isSilent = true
  world.roles.giveOther(role, 'mine')
  expect(await world.reconcile({ targets: [role, `${role}-2`], sealed: [sealedRole] })).toBe(0)
  const failed = world.log.lines.filter(({ message }) => message === 'reconciliation_failed')
  expect(failed.map(({ fields }) => fields?.['role'])).toEqual([sealedRole, role, `${role}-2`])
})
