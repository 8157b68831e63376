import { decodeJwt } from 'jose'
import { JmesPathExpressions } from '../../../functions/adapters/jmespath/expressions.ts'
import type { Deny } from '../../../functions/domain/credentials/denies.ts'
import type { Bundle } from '../../../functions/domain/policy/bundle.ts'
import type { CredentialId, JsonObject, UseId } from '../../../functions/domain/values.ts'
import { issueCredential } from '../../../functions/operations/credentials/issue-credential.ts'
import { BrokerUnavailable } from '../../../functions/operations/faults.ts'
import { CatalogueStateReader } from '../../../functions/operations/previews/read-state.ts'
import { callApi } from '../../../functions/targets/kubernetes/api.ts'
import {
  type ClusterTokens,
  callMakerOf,
  enderOf,
  issuerOf,
  readerOf,
} from '../../../functions/targets/kubernetes/reach.ts'
import { dataOf } from '../../../functions/targets/kubernetes/rules/denies.ts'
import { credentialId, sampleAsk, useId } from '../../support/ask.ts'
import { MemoryDenyStore } from '../../support/credentials/memory-deny-store.ts'
import { issuer, start, type What, World } from '../../support/world.ts'
import { type Fate, keepsPromises } from '../promises.ts'
import { type ApiServer, type CallFate, paths, startApiServer } from './api-server.ts'
import { audience, bundleOfCluster } from './reach-bundle.ts'

/** Hotwork at a cluster: what it sends to the API server, and what it makes of each answer. */

const servers: { close(): void }[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

/** A world that reads at its cluster. */
class WorldOfCluster extends World {
  readonly denies = new MemoryDenyStore()

  constructor({ server, certificateAuthority }: { server: string; certificateAuthority: string }) {
    super(bundleOfCluster({ server, certificateAuthority }))
    const { policy, clock, log } = this
    const [readers, stateKey] = [{ kubernetes: readerOf(this) }, { read: async () => 'a key' }]
    const ports = { policy, clock, log, readers, expressions: new JmesPathExpressions(), stateKey }
    Object.assign(this, { reader: new CatalogueStateReader(ports) })
  }
}

async function open() {
  const api = await startApiServer(audience)
  servers.push(api)
  const world = new WorldOfCluster(api)
  api.trust(world)
  return { api, world }
}

const path = (server: string) => `${new URL(server).host}${paths.web}`
const what = ({ server }: ApiServer, action: string, more: JsonObject = {}): What => ({
  ...{ action, arguments: { namespace: 'payments', deployment: 'web', ...more } },
  resource: { type: 'k8s:Deployment', id: path(server) },
})
const fates: { readonly [fate in Exclude<Fate, 'not_sent'>]: CallFate } = {
  ...{ refused: 'refused', outdated: 'conflict', answer_lost: 'answer_lost', call_lost: 'call_lost' },
}

keepsPromises<ClusterTokens>('kubernetes', async () => {
  const { api, world } = await open()
  const [maker, forgotten] = [callMakerOf(world), new Set<string>()]
  // No server listens here.
  const closed = callMakerOf({ ...portsOf(world), policy: { bundle: withServer(world, 'https://127.0.0.1:2') } })
  let isClosed = false
  return {
    ...{ world, own: what(api, 'k8s:ScaleDeployment', { replicas: 3 }), mediated: what(api, 'k8s:RestartDeployment') },
    reach: {
      ...{ ...issuerOf(world), ...maker, ...enderOf(world), kind: 'kubernetes' },
      make(...asked) {
        const by = isClosed ? closed : maker
        isClosed = false
        return by.make(...asked)
      },
    },
    next(fate) {
      if (fate === 'not_sent') isClosed = true
      else api.fates.push(fates[fate])
    },
    done: () => api.state.done,
    setReadable: (readable) => void Object.assign(api.state, { readableByCalls: readable }),
    works: ({ token, readToken }) => !forgotten.has(token) && api.takes(token) && api.takes(readToken),
    forget: ({ token }) => void forgotten.add(token),
    failingRead() {
      api.close()
      return read(world, 'k8s:ScaleDeployment', 'kubernetes:Get')
    },
  }
})

function withServer({ policy: { bundle } }: World, server: string): Bundle {
  const { targets = {} } = bundle.deployment
  const cluster = { ...targets['cluster'], kind: 'kubernetes' as const, server }
  return { ...bundle, deployment: { ...bundle.deployment, targets: { cluster } } }
}

const portsOf = ({ policy, statements, clock }: World) => ({ policy, statements, clock })

function read(world: World, name: string, action: string, args: JsonObject = {}) {
  const entry = world.policy.bundle.actions[name]
  if (!entry) throw new Error('no such action')
  const about = { namespace: 'payments', deployment: 'web', name: 'web', ...args }
  const asked = { action, arguments: about, absent: ['NotFound'], signal: AbortSignal.timeout(5000) }
  return readerOf(world).read(asked, entry)
}

/** The call of a mediated action, as if it were approved. */
function made(world: World, action: string, args: JsonObject = {}, seen?: JsonObject) {
  const ask = sampleAsk({
    action,
    credential: 'mediated',
    arguments: { namespace: 'payments', deployment: 'web', ...args },
  })
  const [credential, id] = [credentialId(1) as CredentialId, useId(1) as UseId]
  const maker = callMakerOf(world)
  return {
    make: () => maker.make(ask, credential, seen, id),
    lookUp: () => maker.lookUp(ask, { id, credential, begunAt: start }),
  }
}

describe('a read', () => {
  test('a read of an object is one GET with a token that may only read', async () => {
    const { api, world } = await open()
    expect(await read(world, 'k8s:ScaleDeployment', 'kubernetes:Get')).toEqual({
      ...{ found: 'answer', answer: api.objects.get(paths.scale) },
    })
    expect(api.asked).toMatchObject([{ method: 'GET', path: paths.scale, user: 'hotwork-reader' }])
  })

  test('a dry run reads the object and tries the change, which changes nothing', async () => {
    const { api, world } = await open()
    const before = structuredClone(api.objects)
    const found = await read(world, 'k8s:RestartDeployment', 'kubernetes:DryRun')
    expect(found).toEqual({ found: 'answer', answer: before.get(paths.web) })
    expect(api.asked.map(({ method, query }) => [method, query])).toEqual([
      ['GET', ''],
      ['PATCH', '?fieldManager=hotwork&dryRun=All'],
    ])
    expect(api.objects).toEqual(before)
  })

  test('a refused dry run is told in words without what the cluster said, and nothing more is asked', async () => {
    const { api, world } = await open()
    const text = JSON.stringify({ kind: 'Status', reason: 'Invalid', message: 'canary of the object' })
    api.dryRuns.push({ status: 422, text })
    expect(await read(world, 'k8s:RestartDeployment', 'kubernetes:DryRun')).toEqual({
      ...{ found: 'failed', why: 'unreadable', fault: 'Invalid' },
      words: 'the cluster refuses this change in a dry run: `Invalid`',
    })
    expect(api.asked).toHaveLength(2)
  })

  test.each([200, 429, 500])('a dry run that is answered by %s and no object is unavailable', async (status) => {
    const { api, world } = await open()
    api.dryRuns.push({ status, text: '["canary"]' })
    expect(await read(world, 'k8s:RestartDeployment', 'kubernetes:DryRun')).toEqual({
      ...{ found: 'failed', why: 'unavailable', fault: `status_${status}` },
    })
  })

  test('a dry run of an absent object reads that it is absent, and tries nothing', async () => {
    const { api, world } = await open()
    expect(await read(world, 'k8s:RestartDeployment', 'kubernetes:DryRun', { deployment: 'other' })).toEqual({
      found: 'absent',
    })
    expect(api.asked).toHaveLength(1)
  })

  test('a read that the cluster does not authenticate is denied', async () => {
    const elsewhere = await startApiServer('another audience')
    servers.push(elsewhere)
    const other = new WorldOfCluster(elsewhere)
    elsewhere.trust(other)
    expect(await read(other, 'k8s:ScaleDeployment', 'kubernetes:Get')).toEqual({
      ...{ found: 'failed', why: 'denied', fault: 'Unauthorized' },
    })
  })

  test('a cluster is not read without a signature', async () => {
    const { api, world } = await open()
    world.statements.answers = false
    expect(await read(world, 'k8s:ScaleDeployment', 'kubernetes:Get')).toMatchObject({ fault: 'unsigned' })
    expect(api.asked).toEqual([])
  })
})

describe('a token', () => {
  async function claimed(action: string, args: JsonObject) {
    const { api, world } = await open()
    const request = await world.approved(what(api, action, args))
    const token = world.accessToken(request, await world.claim(request), `${issuer}/kubernetes`)
    const issue = () =>
      issueCredential(token, world.proof(), { ...world.ports, targetRole: '', reach: issuerOf(world) })
    return { api, issue }
  }
  const groupsIn = (token: string) => decodeJwt<{ hw_groups: string[] }>(token).hw_groups

  test('a token has its act with the guard that was read, and the one for reads has no act', async () => {
    const { issue } = await claimed('k8s:ScaleDeployment', { replicas: 3 })
    const issued = await issue()
    if (!issued.ok) throw new Error(issued.code)
    const { token, readToken, cluster } = issued.value
    expect(groupsIn(token).slice(0, 5)).toEqual([
      ...['permit', 'act=UPDATE apps/deployments/scale payments/web', 'field:spec.replicas=3', 'guard=1', 'fields=1'],
    ])
    expect(groupsIn(readToken)[0]).toBe('read:payments:workloads')
    expect(groupsIn(readToken).some((group) => /^(permit|act|field|guard)/.test(group))).toBe(false)
    expect(cluster).toMatchObject({ namespace: 'payments' })
  })

  test('a second token of a guarded act is refused once the object has changed', async () => {
    const { api, issue } = await claimed('k8s:ScaleDeployment', { replicas: 3 })
    expect(await issue()).toMatchObject({ ok: true })
    expect(await issue()).toMatchObject({ ok: true })
    api.touch(paths.scale, (object) => {
      object.spec.replicas = 3
    })
    expect(await issue()).toMatchObject({ ok: false, code: 'state_changed' })
  })

  test('a token of an act without a guard is issued without a reading', async () => {
    const { api, issue } = await claimed('k8s:LabelDeployment', { team: 'blue' })
    const issued = await issue()
    expect(issued.ok && groupsIn(issued.value.token).some((group) => group.startsWith('guard='))).toBe(false)
    expect([issued.ok, api.asked]).toEqual([true, []])
  })
})

describe('a mediated call', () => {
  test('a patch carries the version that was read and the use by which it is found again', async () => {
    const { api, world } = await open()
    const call = made(world, 'k8s:RestartDeployment', {}, { metadata: { resourceVersion: '1' } })
    expect(await call.lookUp()).toEqual({ found: 'not_done' })
    expect(await call.make()).toEqual({
      outcome: 'told',
      output: {
        kind: 'Deployment',
        metadata: { name: 'web', namespace: 'payments', uid: 'uid-web', resourceVersion: '2' },
      },
    })
    expect(api.asked.at(-1)).toMatchObject({
      ...{ method: 'PATCH', query: '?fieldManager=hotwork', user: 'hotwork-call' },
      body: { metadata: { resourceVersion: '1', annotations: { 'hotwork.dev/use': useId(1) } } },
    })
    expect(await call.lookUp()).toMatchObject({ found: 'done' })
    expect(await call.make()).toEqual({ outcome: 'outdated' })
  })

  test('a use that another replaced, or an object that is gone, tells nothing', async () => {
    const { api, world } = await open()
    const { lookUp } = made(world, 'k8s:RestartDeployment')
    api.touch(paths.web, ({ metadata }) => Object.assign(metadata.annotations, { 'hotwork.dev/use': 'another' }))
    expect(await lookUp()).toEqual({ found: 'unknown' })
    api.objects.delete(paths.web)
    expect(await lookUp()).toEqual({ found: 'unknown' })
  })

  test('an undo puts back the template of its own deployment in that revision', async () => {
    const { api, world } = await open()
    expect(await made(world, 'k8s:UndoDeployment', { revision: '1' }).make()).toMatchObject({ outcome: 'told' })
    const { spec, metadata } = api.objects.get(paths.web)
    expect(spec.template).toEqual({ metadata: { labels: { app: 'web' } }, spec: { containers: [{ image: 'web:1' }] } })
    expect(metadata.annotations).toMatchObject({ 'hotwork.dev/use': useId(1) })
  })

  test('an undo to a revision that is gone is refused, and nothing is sent', async () => {
    const { api, world } = await open()
    expect(await made(world, 'k8s:UndoDeployment', { revision: '7' }).make()).toEqual({
      ...{ outcome: 'refused', reason: 'RevisionNotFound' },
    })
    expect(api.asked.every(({ method }) => method === 'GET')).toBe(true)
  })

  test('an eviction is of the pod that was read, and its lost answer stays unknown', async () => {
    const { api, world } = await open()
    const evicting = (uid: string) => made(world, 'k8s:EvictPod', { deployment: 'web-1' }, { metadata: { uid } })
    expect(await evicting('uid-of-another').make()).toEqual({ outcome: 'outdated' })
    expect(await evicting('uid-web-1').make()).toMatchObject({ outcome: 'told' })
    expect(api.objects.has(paths.pod)).toBe(false)
    expect(await evicting('uid-web-1').lookUp()).toEqual({ found: 'unknown' })
  })

  test("a call in Hotwork's own namespace is refused, and nothing is sent", async () => {
    const { api, world } = await open()
    const { make } = made(world, 'k8s:RestartDeployment', { namespace: 'hotwork' })
    expect(await make()).toMatchObject({ outcome: 'refused' })
    expect(api.asked).toEqual([])
  })

  test.each<[what: string, fate: CallFate, result: object]>([
    ['a text', { status: 200, text: 'canary' }, { outcome: 'unanswered' }],
    ['a list', { status: 201, text: '[]' }, { outcome: 'unanswered' }],
    ['nothing', { status: 200, text: '' }, { outcome: 'unanswered' }],
    ['a fault of the server', { status: 500, text: '{"reason":"InternalError"}' }, { outcome: 'unanswered' }],
    ['an end of the connection', 'answer_lost', { outcome: 'unanswered' }],
    ['more than 4 MiB', { status: 200, text: `"${'x'.repeat(4_194_304)}"` }, { outcome: 'unanswered' }],
    [
      'another refusal',
      { status: 409, text: '{"reason":"AlreadyExists"}' },
      { outcome: 'refused', reason: 'AlreadyExists' },
    ],
    [
      'a full budget',
      { status: 429, text: '{"reason":"TooManyRequests"}' },
      { outcome: 'refused', reason: 'TooManyRequests' },
    ],
    [
      'words for a reason',
      { status: 403, text: '{"reason":"see canary"}' },
      { outcome: 'refused', reason: 'status_403' },
    ],
  ])('a call that the server answers with %s has one meaning', async (_what, fate, result) => {
    const { api, world } = await open()
    api.fates.push(fate)
    expect(await made(world, 'k8s:RestartDeployment').make()).toEqual(result)
  })

  test('no redirect is followed, and the token goes to no other server', async () => {
    const [{ api, world }, { api: other }] = [await open(), await open()]
    api.fates.push({ status: 307, text: '{}', headers: { location: `${other.server}${paths.web}` } })
    expect(await made(world, 'k8s:RestartDeployment').make()).toEqual({ outcome: 'unanswered' })
    expect([api.asked.length, other.asked.length]).toEqual([1, 0])
  })

  test('a call without a connection, or to a server of another authority, was not sent', async () => {
    const [{ api }, other] = [await open(), { ...(await open()).api }]
    const asked = { method: 'GET', path: paths.web, token: 'x', signal: AbortSignal.timeout(5000) } as const
    for (const at of [{ server: 'https://127.0.0.1:2' }, { server: other.server }])
      await expect(callApi(at, asked)).rejects.toMatchObject({ name: 'NotConnected' })
    expect(api.asked).toEqual([])
  })

  test('a body has its length in bytes', async () => {
    const { api } = await open()
    const body = { type: 'application/json', text: '{"a":"é"}' }
    await callApi(api, { method: 'POST', path: '/x', token: 'x', body, signal: AbortSignal.timeout(5000) })
    expect(api.asked[0]?.headers).toMatchObject({ 'content-length': '10', 'content-type': 'application/json' })
    expect(api.asked[0]?.headers['transfer-encoding']).toBeUndefined()
  })
})

describe('a revocation', () => {
  const [place, until] = ['kubernetes:cluster', start + 3600]
  const deny = (value: string): Deny => ({ tag: 'hotwork:request', value, until })

  test('all revocations of a cluster are written each time, and those that are over are gone', async () => {
    const { api, world } = await open()
    const ender = enderOf(world)
    await ender.end(place, [{ ...deny('req_1'), until: start + 10 }])
    await ender.end(place, [deny('req_2')])
    expect(api.objects.get(paths.revocations).data).toEqual(dataOf([deny('req_1'), deny('req_2')]))
    world.clock.advance(20)
    await ender.end(place, [])
    expect(api.objects.get(paths.revocations).data).toEqual(dataOf([deny('req_2')]))
    expect(api.asked.map(({ user, path: at }) => [user, at])).toEqual(
      Array(3).fill(['hotwork-revoker', paths.revocations]),
    )
  })

  test('a missing ConfigMap is an error that names it, and the revocation is tried again', async () => {
    const { api, world } = await open()
    const kept = api.objects.get(paths.revocations)
    api.objects.delete(paths.revocations)
    await expect(enderOf(world).end(place, [deny('req_1')])).rejects.toThrow(BrokerUnavailable)
    api.objects.set(paths.revocations, kept)
    await enderOf(world).end(place, [])
    expect(api.objects.get(paths.revocations).data).toEqual(dataOf([deny('req_1')]))
  })

  test('too many revocations for a ConfigMap become one of all tokens until now', async () => {
    const { api, world } = await open()
    await enderOf(world).end(
      place,
      Array.from({ length: 20_000 }, (_, at) => deny(`req_${at}`)),
    )
    expect(Object.keys(api.objects.get(paths.revocations).data)).toEqual(['all'])
    expect(world.log.lines).toMatchObject([{ message: 'deny_overflow', fields: { role: place, sessions: 20_000 } }])
    expect(await world.denies.ofRole(place)).toHaveLength(1)
  })

  test('a cluster that has left the deployment is not asked, and its revocations are forgotten', async () => {
    const { api, world } = await open()
    await enderOf(world).end('kubernetes:gone', [deny('req_1')])
    expect([api.asked, await world.denies.ofRole('kubernetes:gone')]).toEqual([[], []])
  })
})
