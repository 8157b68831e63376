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
import { person, prodParameter, sampleBundle, start } from '../../support/world.ts'
import { Ending } from './ending-world.ts'

const bundle = sampleBundle()
const role = 'arn:aws:iam::000000000000:role/hotwork/Hotwork-target'
const sealedRole = 'arn:aws:iam::000000000000:role/hotwork/Hotwork-sealed'

/** A world whose sessions AWS has on record, and one who holds that against the table. */
class Audited extends Ending {
  readonly halts = new MemoryHaltStore(this.requests, this.ledger)
  readonly denies = new MemoryDenyStore()
  readonly roles = new MemoryRolePolicies()
  readonly sessions = new MemorySessionRecord()
  readonly deny = new MemoryQueue<EndMessage>()
  readonly sealed = new MemoryQueue<JsonObject>()
  #events = 0

  reconcile = (roles = { targets: [role], sealed: [] as string[] }, seconds = 300) =>
    reconcileSessions(roles, this, this.clock.now() + seconds)

  /** What was found, and what was handed to the writer of denies, since last asked. */
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

  /** A session that the broker makes, as AWS comes to have it on record. */
  async recorded(request: ApprovalRequest, token: Awaited<ReturnType<Ending['claim']>>): Promise<SessionOnRecord> {
    const { tags } = await this.session(request, token)
    return this.onRecord({ name: request.ask.id, tags })
  }
  onRecord(changes: Partial<SessionOnRecord>): SessionOnRecord {
    this.#events += 1
    const at = this.clock.now()
    const session = { eventId: `e${this.#events}`, name: 'somebody', tags: {}, at, endsAt: at + 900, ...changes }
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

describe('sessions', () => {
  test('that Hotwork made are no finding: alive, replaced and denied, or ended and denied', async () => {
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

  test('that have ended long ago are known by the record, where the state has forgotten them', async () => {
    const { world, request, token } = await claimed()
    const first = await world.recorded(request, token)
    world.clock.advance(2 * 3600)
    expect(first.at).toBe(start)
    expect(await world.found()).toEqual(nothing)
  })

  test('of one request have its chain read once, however many of them the state does not know', async () => {
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

  test('that there is no time for are told as left, so that what comes after them has its own time', async () => {
    const { world, request, token } = await claimed()
    await world.recorded(request, token)
    await world.reconcile(undefined, 0)
    const cut = world.log.lines.filter(({ message }) => message === 'reconciliation_cut')
    expect(cut.map(({ fields }) => fields)).toEqual([{ role, left: 1 }])
  })

  test('whose tags AWS does not tell are known by their name', async () => {
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
  ])('%s are told, and nobody is denied anything for them', async (_what, changes) => {
    const { world, request, token } = await claimed()
    await world.recorded(request, token)
    world.onRecord(changes(request))
    expect(await world.found()).toEqual({ found: ['session_unknown'], handed: [] })
  })

  test('of a request for which nothing was ever claimed are told, though its name is right', async () => {
    const world = new Audited(bundle)
    const request = await world.approved(prodParameter)
    world.onRecord({ name: request.ask.id, tags: { 'hotwork:request': request.ask.id } })
    expect((await world.found()).found).toEqual(['session_unknown'])
  })

  test('that should be denied and work on are told, and handed to the writer of denies, who puts it right', async () => {
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

  test('that should have been denied and are over by themselves are no finding', async () => {
    const { world, request, token } = await claimed()
    await world.recorded(request, token)
    await revokeRequest({ id: request.ask.id, person: person('gus'), reason: 'enough' }, world.ports)
    world.clock.advance(1000)
    expect(await world.found()).toEqual(nothing)
  })
})

describe('denies', () => {
  async function denied() {
    const made = await claimed()
    await made.world.recorded(made.request, made.token)
    await made.world.complete(made.request)
    await made.world.write(made.request)
    return made
  }

  test('that somebody took away are told, and rendered again', async () => {
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

  test('that nobody here wrote are told, and rendered away', async () => {
    const { world } = await denied()
    const table = await world.denies.ofRole(role)
    await world.roles.putDeny(role, [...table, { tag: 'hotwork:agent', value: 'agent:other', until: start + 900 }])
    expect(await world.found()).toEqual({ found: ['deny_unknown'], handed: ['time'] })
    await writeDenies(role, ['time'], world)
    expect(await world.found()).toEqual(nothing)
  })

  test('that are over, and not taken away yet, are no finding', async () => {
    const { world } = await denied()
    world.clock.advance(3600)
    expect(await world.found()).toEqual(nothing)
  })

  test('in a form that is not ours are told, and rendered again', async () => {
    const { world } = await denied()
    world.roles.spoil(role)
    expect(await world.found()).toEqual({ found: ['deny_unreadable'], handed: ['time'] })
  })

  test('a policy that somebody gave the role is told, and left to a person', async () => {
    const { world } = await denied()
    world.roles.giveOther(role, 'mine')
    expect(await world.found()).toEqual({ found: ['policy_unknown'], handed: [] })
  })
})

describe('uses of a sealed role', () => {
  const roles = { targets: [], sealed: [sealedRole] }
  const event = { source: 'aws.sts', detail: { eventID: 'e9' } }

  test('that nobody put on record are handed to whoever does, and told where they are no longer on their way', async () => {
    const world = new Audited(bundle)
    world.sessions.use(sealedRole, 'e9', start, event)
    expect(await world.reconcile(roles)).toBe(0)
    expect(world.sealed.take()).toEqual([event])
    world.clock.advance(1000)
    expect(await world.reconcile(roles)).toBe(1)
  })

  test('that are on record are left alone', async () => {
    const world = new Audited(bundle)
    world.sessions.use(sealedRole, 'e9', start, event)
    await world.requests.putOnce({ key: 'SEALED#e9', value: 'bgl_x', expiresAt: start + 900 })
    world.clock.advance(1000)
    expect(await world.reconcile(roles)).toBe(0)
    expect(world.sealed.take()).toEqual([])
  })
})

test('where AWS does not tell of one role, that is told, and the others are looked at', async () => {
  const { world, request, token } = await claimed()
  await world.recorded(request, token)
  world.sessions.isSilent = true
  world.roles.giveOther(role, 'mine')
  expect(await world.reconcile({ targets: [role, `${role}-2`], sealed: [sealedRole] })).toBe(0)
  const failed = world.log.lines.filter(({ message }) => message === 'reconciliation_failed')
  expect(failed.map(({ fields }) => fields?.['role'])).toEqual([sealedRole, role, `${role}-2`])
})
