import assert from 'node:assert/strict'
import { argumentsOfRead } from '../../functions/domain/previews/preview-source.ts'
import type { Json, JsonObject } from '../../functions/domain/values.ts'
import type { Act } from '../../functions/targets/kubernetes/rules/act.ts'
import { groupOfRead, ownGroups } from '../../functions/targets/kubernetes/rules/act.ts'
import type { ReadSet } from '../../functions/targets/kubernetes/rules/entry.ts'
import { type Step, say } from '../suites.ts'
import {
  bodyOf,
  callOf,
  elsewhere,
  guardIn,
  type Known,
  libraryOf,
  madeAnew,
  merge,
  mustAct,
  named,
  pathOf,
  refusedBy,
  space,
  stateOf,
} from './acts.ts'
import type { Call, Server } from './cluster.ts'
import { joined } from './near.ts'
import type { Scene } from './scene.ts'

/** Each entry of the library, and the calls beside it, judged by the server. */
export async function judgeLibrary(scene: Scene, step: Step): Promise<void> {
  const library = libraryOf()
  for (const entry of library.filter(({ mutates, credential }) => mutates && credential !== 'mediated'))
    await step(`${entry.name}: the act and nothing beside it`, () => judgeToken(scene, entry))
  for (const entry of library.filter(({ credential }) => credential === 'mediated'))
    await step(`${entry.name}: Hotwork's own call, on its own object`, () => judgeCall(scene, entry))
  for (const entry of library.filter(({ mutates }) => !mutates))
    await step(`${entry.name}: reads of its set in its namespace`, () => judgeRead(scene, entry))
}

const nameFor = ({ name }: Known) => name.slice('k8s:'.length).toLowerCase()

async function judgeToken({ server, token }: Scene, entry: Known): Promise<void> {
  const { kubernetes: part } = entry
  const act = mustAct(entry, named(entry, nameFor(entry)))
  const twin = { ...act, name: `${act.name}-twin` }
  const far = { ...act, namespace: elsewhere }
  const state = await madeAnew(server, act)
  for (const other of [twin, far]) await madeAnew(server, other)
  const guard = guardIn(part, state)
  const approved = await token(act, guard)
  const call = callOf(act, part)
  const near = { ...nearOf(act, call), 'another object': callOf(twin, part), 'another namespace': callOf(far, part) }
  for (const [what, each] of Object.entries(near)) {
    const by = refusedBy(await server.call({ ...each, token: approved }))
    assert.notEqual(by, 'let through', `${entry.name}: ${what}: ${JSON.stringify(each)}`)
  }
  assert.deepEqual(await stateOf(server, act), state)
  // A guard by version tells objects apart by itself, so this token has the other object's.
  const ofTwin = await token(act, guardIn(part, await stateOf(server, twin)))
  assert.equal(refusedBy(await server.call({ ...callOf(twin, part), token: ofTwin })), 'policy')
  if (guard !== undefined)
    assert.equal(
      refusedBy(await server.call({ ...call, token: await token(act, `${guard}0`) })),
      'policy',
      'an earlier state',
    )

  assert.equal((await server.call({ ...call, token: approved })).status, 200, `${entry.name}: the approved act`)
  if (guard === undefined) return
  const again = await server.call({ ...call, token: approved })
  if (act.operation === 'DELETE') {
    await madeAnew(server, act)
    assert.equal(refusedBy(await server.call({ ...call, token: approved })), 'policy', 'an object of the same name')
  } else assert.equal(refusedBy(again), 'policy', `${entry.name}: a second use`)
}

/** The neighbours of an act: each differs in one place. */
function nearOf(act: Act, call: Call): { readonly [what: string]: Call } {
  const path = pathOf(act)
  if (act.operation === 'DELETE')
    return {
      'other propagation': { ...call, body: { propagationPolicy: 'Orphan' } },
      'no propagation': { method: 'DELETE', path },
      'another grace': { ...call, body: { propagationPolicy: 'Background', gracePeriodSeconds: 0 } },
      'a collection': { ...call, path: path.replace(/\/[^/]*$/, '') },
      'a patch': { method: 'PATCH', path, type: merge, body: { metadata: { labels: { x: 'y' } } } },
    }
  const patch = (body: JsonObject, more: Partial<Call> = {}): Call => ({
    method: 'PATCH',
    path,
    type: merge,
    body,
    ...more,
  })
  const body = bodyOf(act.fields)
  const others = Object.entries(act.fields).flatMap(([field, value]) =>
    valuesBeside(value).map(
      (other) => [`${field}: ${JSON.stringify(other)}`, patch(bodyOf({ ...act.fields, [field]: other }))] as const,
    ),
  )
  const halves =
    Object.keys(act.fields).length < 2
      ? []
      : Object.keys(act.fields).map((field) => {
          const { [field]: _, ...rest } = act.fields
          return [`without ${field}`, patch(bodyOf(rest))] as const
        })
  // The server takes nothing but the number from a scale.
  const more =
    act.subresource === 'scale'
      ? {}
      : {
          'a label more': patch(joined(body, { metadata: { labels: { extra: 'x' } } })),
          'an annotation more': patch(
            joined(body, { metadata: { annotations: { 'kubectl.kubernetes.io/last-applied-configuration': '{}' } } }),
          ),
          'a finalizer': patch(joined(body, { metadata: { finalizers: ['example.com/held'] } })),
        }
  return {
    ...Object.fromEntries([...others, ...halves]),
    ...more,
    'nothing at all': patch({}),
    'its status': patch(body, { path: `${pathOf({ ...act, subresource: 'status' })}` }),
    'a delete': { method: 'DELETE', path: pathOf({ ...act, subresource: undefined }) },
    'an apply': {
      ...patch(joined(body, { metadata: { name: act.name } })),
      path: `${path}?fieldManager=agent&force=true`,
      type: 'application/apply-patch+yaml',
    },
  }
}

function valuesBeside(value: Json): readonly Json[] {
  if (typeof value === 'number') return [value + 1, 0, value - 1]
  if (typeof value === 'boolean') return [!value]
  return [`${value}x`, '', null]
}

async function judgeCall({ server, ownToken, token }: Scene, entry: Known): Promise<void> {
  const { kubernetes: part } = entry
  const act = mustAct(entry, named(entry, nameFor(entry)))
  const twin = { ...act, name: `${act.name}-twin` }
  for (const each of [act, twin]) await madeAnew(server, each)
  const own = await ownToken(ownGroups.call, act)
  const [call, other] = [act, twin].map((each) => callByHotwork(each, entry))
  if (!call || !other) throw new Error('no call')
  const permit = await token(act, undefined)
  const reader = await ownToken(ownGroups.read)
  assert.equal(refusedBy(await server.call({ ...other, token: own })), 'policy', 'another object')
  assert.notEqual(refusedBy(await server.call({ ...call, token: permit })), 'let through', "the agent's own token")
  assert.notEqual(refusedBy(await server.call({ ...call, token: reader })), 'let through', 'a reader')
  assert.notEqual(
    refusedBy(await server.call({ method: 'DELETE', path: call.path, token: own })),
    'let through',
    'a delete',
  )
  const tried = await server.call({ ...call, path: `${call.path}?dryRun=All`, token: reader })
  assert.equal(tried.status, part.mediated?.call === 'evict' ? 403 : 200, 'a dry run of the reader')
  const { status } = await server.call({ ...call, token: own })
  assert.ok(status === 200 || status === 201, `${entry.name}: ${status}`)
}

const callByHotwork = (act: Act, { kubernetes: { mediated }, args }: Known): Call =>
  mediated?.call === 'evict'
    ? {
        method: 'POST',
        path: pathOf(act),
        body: { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: act.name, namespace: act.namespace } },
      }
    : {
        method: 'PATCH',
        path: pathOf(act),
        type: 'application/strategic-merge-patch+json',
        body:
          mediated?.call === 'patch'
            ? argumentsOfRead({ arguments: mediated.body as JsonObject }, args)
            : { spec: { template: { metadata: { annotations: { rolled: 'back' } } } } },
      }

async function judgeRead({ server, readToken, token }: Scene, { name, kubernetes: part, args }: Known): Promise<void> {
  const set: ReadSet = part.read ?? 'workloads'
  const read = await readToken(groupOfRead(space, set))
  const at = (namespace: string, resource = part.resource, group = part.group) =>
    pathOf({ ...part, subresource: undefined, group, namespace, resource, name: '' }).slice(0, -1)
  const get = async (path: string, by = read) => (await server.call({ method: 'GET', path, token: by })).status
  assert.equal(await get(at(space)), 200, `${name}: its namespace`)
  assert.equal(await get(at(elsewhere)), 403, `${name}: another namespace`)
  assert.equal(await get(at(space, 'secrets', '')), 403, `${name}: secrets`)
  if (set !== 'config') assert.equal(await get(at(space, 'configmaps', '')), 403, `${name}: another set`)
  const written = await token(mustActOn(args), undefined)
  assert.equal(await get(at(space), written), 403, `${name}: a token for a write`)
  const write: Call = {
    method: 'PATCH',
    path: `${at(space)}/web`,
    type: merge,
    body: { metadata: { labels: { x: 'y' } } },
  }
  assert.equal((await server.call({ ...write, token: read })).status, 403, `${name}: a write`)
  say(`${set}: its namespace alone, no secrets, no writes`)
}

const mustActOn = (args: JsonObject): Act => ({
  ...{ operation: 'UPDATE', group: 'apps', version: 'v1', resource: 'deployments' },
  ...{ namespace: space, name: String(args['deployment'] ?? 'web'), fields: {} },
})

/** The states of a server's other users: nothing of Hotwork is in their way. */
export async function othersWork(server: Server, token: string): Promise<void> {
  const path = `/api/v1/namespaces/${space}/configmaps`
  const made = await server.call({
    method: 'POST',
    path,
    token,
    body: { metadata: { name: 'theirs' }, data: { a: 'b' } },
  })
  const changed = await server.call({
    method: 'PATCH',
    path: `${path}/theirs`,
    type: merge,
    token,
    body: { data: { a: 'c' } },
  })
  const deleted = await server.call({ method: 'DELETE', path: `${path}/theirs`, token })
  assert.deepEqual([made.status, changed.status, deleted.status], [201, 200, 200])
}
