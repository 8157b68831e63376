import assert from 'node:assert/strict'
import type { JsonObject } from '../../functions/domain/values.ts'
import { ownGroups } from '../../functions/targets/kubernetes/rules/act.ts'
import { dataOf } from '../../functions/targets/kubernetes/rules/denies.ts'
import { runSuite, type Step, say } from '../suites.ts'
import {
  ask,
  callOf,
  claimsFor,
  elsewhere,
  groupsFor,
  guardIn,
  type Known,
  libraryOf,
  madeAnew,
  merge,
  mustAct,
  named,
  pathOf,
  refusedBy,
  seconds,
  space,
  stateOf,
} from './acts.ts'
import { findOrBuildKubernetes, version } from './binaries.ts'
import { admin, developer, type Ground, prepareGround, until } from './cluster.ts'
import { judgeExec } from './exec.ts'
import { judgeLibrary, othersWork } from './library.ts'
import { drawCall, randomOf } from './near.ts'
import { type Scene, startScene } from './scene.ts'

/**
 * `npm run test:kubernetes`: a real API server with the exported policies judges tokens made by production code. Builds
 * it first if it is not there. Exit 0 only if every expectation held. `SEED` and `CALLS` are for the near calls.
 */

const library = libraryOf()
const known = (name: string): Known => {
  const entry = library.find((each) => each.name === name)
  if (!entry) throw new Error(`the library has no ${name}`)
  return entry
}
const revocations = '/api/v1/namespaces/hotwork/configmaps/hotwork-revocations'

async function tellTheStory(ground: Ground, kubectl: string, step: Step): Promise<void> {
  const scene = await step('start an API server with the exported policies', () => startScene(ground, 'cluster-one'))
  const { server, token, ownToken } = scene
  const scale = known('k8s:ScaleDeployment')
  const act = mustAct(scale, named(scale, 'web'))
  const call = callOf(act, scale.kubernetes)
  const guard = async () => guardIn(scale.kubernetes, await stateOf(server, act))
  const label = known('k8s:LabelDeployment')
  const labelling = mustAct(label, named(label, 'web'))
  const labelCall = callOf(labelling, label.kubernetes)

  await judgeLibrary(scene, step)

  await step('the token: expired, long, foreign, of a stranger or of another purpose', async () => {
    await madeAnew(server, act)
    const claims = claimsFor(ground, scene.audience, groupsFor(act, await guard()))
    const at = seconds()
    const bad: { readonly [what: string]: string } = {
      expired: await ground.sign({ ...claims, nbf: at - 900, iat: at - 900, exp: at - 30 }),
      'an hour long': await ground.sign({ ...claims, exp: at + 3600 }),
      'without nbf': await ground.sign({ ...claims, nbf: undefined }),
      'for another cluster': await ground.sign({ ...claims, aud: 'cluster-two' }),
      'for a gated tool': await ground.sign({ ...claims, aud: 'https://tools.invalid' }),
      'signed by a stranger': await ground.sign(claims, 'stranger'),
      'without groups, as access tokens are': await ground.sign({ ...claims, hw_groups: undefined }),
      'without a user': await ground.sign({ ...claims, hw_user: undefined }),
      'of another issuer': await ground.sign({ ...claims, iss: 'https://elsewhere.invalid' }),
    }
    for (const [what, each] of Object.entries(bad))
      assert.equal((await server.call({ ...call, token: each })).status, 401, what)
    const rsa = await ground.sign(claims, 'RS256')
    assert.equal((await server.call({ ...call, token: rsa })).status, 200, 'RS256, for a target that says so')
  })

  await step('zero replicas are a value like any other', async () => {
    const zero = mustAct(scale, { ...named(scale, 'web'), replicas: 0 })
    await madeAnew(server, act)
    const three = await token(act, await guard())
    assert.equal(refusedBy(await server.call({ ...callOf(zero, scale.kubernetes), token: three })), 'policy')
    assert.equal(
      (await server.call({ ...callOf(zero, scale.kubernetes), token: await token(zero, await guard()) })).status,
      200,
    )
    assert.equal(refusedBy(await server.call({ ...call, token: await token(zero, await guard()) })), 'policy')
  })

  await step('drift: another change after the approval makes the token worthless', async () => {
    await madeAnew(server, act)
    const approved = await token(act, await guard())
    await server.call({ ...labelCall, token: admin })
    assert.equal(refusedBy(await server.call({ ...call, token: approved })), 'policy')
  })

  await step('revoked by request, credential, agent, owner or all; not if issued since', async () => {
    const tags = {
      'hotwork:request': ask.id,
      'hotwork:credential': 'crd_1',
      'hotwork:agent': ask.agent.id,
      'hotwork:owner': ask.owner,
      '*': '*',
    }
    const permit = await token(labelling, undefined)
    const revoker = await ownToken(ownGroups.end)
    const write = (data: JsonObject) =>
      server.call({ method: 'PATCH', path: revocations, type: merge, token: revoker, body: { data } })
    for (const [tag, value] of Object.entries(tags)) {
      await madeAnew(server, labelling)
      const data = dataOf([{ tag, value, issuedBefore: seconds() + 1 }] as never)
      assert.equal((await write(data)).status, 200, tag)
      await until(
        `revoked by ${tag}`,
        async () => refusedBy(await server.call({ ...labelCall, token: permit })) === 'policy',
      )
      await write(dataOf([{ tag, value, issuedBefore: seconds() - 60 }] as never))
      await until(
        `issued since ${tag}`,
        async () => (await server.call({ ...labelCall, token: permit })).status === 200,
      )
      await write(Object.fromEntries(Object.keys(data).map((key) => [key, null])))
    }
    await othersWork(server, developer)
  })

  await step('the revocations are missing: other users write, and permits hold as before', async () => {
    await server.call({ method: 'DELETE', path: revocations, token: admin })
    await madeAnew(server, labelling)
    const permit = await token(labelling, undefined)
    await until('no revocations', async () => (await server.call({ ...labelCall, token: permit })).status === 200)
    await othersWork(server, developer)
    const other = { ...labelCall, body: { metadata: { labels: { team: 'other' } } } }
    assert.equal(refusedBy(await server.call({ ...other, token: permit })), 'policy')
    const body = { metadata: { name: 'hotwork-revocations' } }
    assert.equal(
      (await server.call({ method: 'POST', path: revocations.replace(/\/[^/]*$/, ''), token: admin, body })).status,
      201,
    )
  })

  await step("Hotwork's own tokens do their one thing", () => judgeOwn(scene))
  await step('a field that an applier owns is not dropped by a token', () => judgeClaims(scene))
  await step('kubectl lists by the token for reads, and is refused by the one for the act', async () => {
    await madeAnew(server, act)
    const list = ['get', 'deployments', '-n', space, '-o', 'name']
    assert.match(await server.kubectl(list, await scene.readToken(`read:${space}:workloads`)), /deployment\.apps\/web/)
    await assert.rejects(server.kubectl(list, await token(labelling, undefined)), /cannot list resource/)
  })
  await step('another cluster takes no token of this one, nor this one of the other', async () => {
    const two = await startScene(ground, 'cluster-two')
    await Promise.all([madeAnew(server, labelling), madeAnew(two.server, labelling)])
    const [mine, theirs] = [await token(labelling, undefined), await two.token(labelling, undefined)]
    const statuses = []
    for (const [at, by] of [
      [server, theirs],
      [two.server, mine],
      [server, mine],
      [two.server, theirs],
    ] as const)
      statuses.push((await at.call({ ...labelCall, token: by })).status)
    assert.deepEqual(statuses, [401, 401, 200, 200])
  })
  await step('an unchanged kubectl behind `hotwork exec` does the act and nothing beside it', () =>
    judgeExec(
      { kubectl, server: server.url, certificateAuthority: server.certificateAuthority, namespace: space },
      async (name, object) => {
        const entry = known(name)
        const own = mustAct(entry, named(entry, object))
        const state = await madeAnew(server, own)
        const readToken = await scene.readToken(`read:${space}:workloads`)
        return { token: await token(own, guardIn(entry.kubernetes, state)), readToken }
      },
    ),
  )
  await step('near calls, with all rights of the cluster given to permits by mistake', () => judgeNear(scene))
}

async function judgeOwn({ server, ownToken }: Scene): Promise<void> {
  const [call, reader, revoker] = await Promise.all(Object.values(ownGroups).map((group) => ownToken(group)))
  const at =
    (path: string, method = 'GET', body?: JsonObject) =>
    async (token?: string) =>
      (await server.call({ method, path, ...(token ? { token } : {}), ...(body ? { body, type: merge } : {}) })).status
  const deployment = pathOf(mustAct(known('k8s:LabelDeployment'), named(known('k8s:LabelDeployment'), 'web')))
  const others = revocations.replace('hotwork-revocations', 'kube-root-ca.crt')
  const change = { metadata: { labels: { team: 'x' } } }
  const secrets = `/api/v1/namespaces/${space}/secrets`
  assert.deepEqual(
    {
      reads: await Promise.all([call, reader, revoker].map(at(deployment))),
      secrets: await Promise.all([call, reader, revoker].map(at(secrets))),
      revocations: await Promise.all([call, reader, revoker].map(at(revocations, 'PATCH', { data: {} }))),
      others: await Promise.all([call, reader, revoker].map(at(others, 'PATCH', { data: {} }))),
      changes: await Promise.all([call, reader, revoker].map(at(deployment, 'PATCH', change))),
      tries: await Promise.all([call, reader, revoker].map(at(`${deployment}?dryRun=All`, 'PATCH', change))),
    },
    {
      reads: [200, 200, 403],
      secrets: [403, 403, 403],
      revocations: [403, 403, 200],
      others: [403, 403, 403],
      changes: [422, 422, 403],
      tries: [422, 200, 403],
    },
  )
  const forged = await server.call({
    method: 'PATCH',
    path: revocations,
    type: merge,
    token: developer,
    body: { data: { all: '0' } },
  })
  assert.equal(refusedBy(forged), 'policy', 'a user with all rights in the namespace')
  const deleted = await server.call({ method: 'DELETE', path: revocations, token: developer })
  assert.equal(refusedBy(deleted), 'policy')
}

/** An applier's claims: a token must neither add one, by which the next apply would drop a field, nor take one away. */
async function judgeClaims({ server, token }: Scene): Promise<void> {
  const label = known('k8s:LabelDeployment')
  const act = mustAct(label, named(label, 'applied'))
  const path = pathOf(act)
  const name = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'applied', labels: { app: 'applied', team: 'none' } },
  }
  await madeAnew(server, act)
  const applied = await server.call({
    method: 'PATCH',
    path: `${path}?fieldManager=argocd&force=true`,
    type: 'application/apply-patch+yaml',
    token: admin,
    body: name,
  })
  assert.equal(applied.status, 200, applied.body.message)
  const permit = await token(act, undefined)
  const { metadata, ...rest } = (await stateOf(server, act)) as { metadata: JsonObject }
  const put = (more: JsonObject) =>
    server.call({
      method: 'PUT',
      path,
      token: permit,
      body: { ...rest, metadata: { ...metadata, labels: { app: 'applied', team: 'checkout' }, ...more } },
    })
  const claim = {
    manager: 'argocd',
    operation: 'Apply',
    apiVersion: 'apps/v1',
    fieldsType: 'FieldsV1',
    time: '2026-12-03T00:00:00Z',
  }
  const claiming = (fieldsV1: JsonObject) => ({ managedFields: [{ ...claim, fieldsV1 }] })
  assert.equal(refusedBy(await put(claiming({ 'f:spec': { 'f:replicas': {} } }))), 'policy', 'a claim more')
  assert.equal(refusedBy(await put(claiming({ 'f:metadata': { 'f:labels': {} } }))), 'policy', 'a claim less')
  assert.equal(refusedBy(await put({ managedFields: [{}] })), 'policy', 'no claims')
  assert.equal((await put({})).status, 200, 'the approved act, as a replacement')
  const left = (await stateOf(server, act)) as {
    metadata: { managedFields: { operation: string; fieldsV1: JsonObject }[] }
  }
  const claims = left.metadata.managedFields.find(({ operation }) => operation === 'Apply')?.fieldsV1
  assert.deepEqual(
    claims,
    { 'f:metadata': { 'f:labels': { 'f:app': {} } } },
    "the applier's claim of the act's own field ends",
  )
}

const lanes = [
  'ScaleDeployment',
  'LabelDeployment',
  'AnnotateDeployment',
  'SuspendCronJob',
  'SetConfigMapKey',
  'SetAutoscalerBounds',
  'DeletePod',
  'DeleteJob',
]

async function judgeNear({ server, token }: Scene): Promise<void> {
  const [seed, most] = [Number(process.env['SEED'] ?? 36), Number(process.env['CALLS'] ?? 20_000)]
  await server.kubectl([
    'create',
    'clusterrolebinding',
    'mistake',
    '--clusterrole=cluster-admin',
    '--group=hotwork:permit',
  ])
  await server.kubectl(['create', 'secret', 'generic', 'held', '-n', space])
  const counts = new Map<string, number>()
  const count = (what: string) => counts.set(what, (counts.get(what) ?? 0) + 1)
  const prepared = await Promise.all(
    lanes.map(async (lane) => {
      const entry = known(`k8s:${lane}`)
      const act = mustAct(entry, named(entry, `near-${lane.toLowerCase()}`))
      for (const other of [
        { ...act, name: `${act.name}-twin` },
        { ...act, namespace: elsewhere },
      ])
        await madeAnew(server, other)
      return { entry, act, state: await madeAnew(server, act) }
    }),
  )
  await until('the mistake is made', async () => {
    const [first] = prepared
    return (
      (
        await server.call({
          method: 'GET',
          path: `/api/v1/namespaces/${space}/secrets`,
          token: await token(first?.act ?? ({} as never), undefined),
        })
      ).status === 200
    )
  })
  await Promise.all(
    prepared.map(async ({ entry, act, state }, index) => {
      const random = randomOf(seed * 1000 + index)
      let before = state
      let permit = await token(act, guardIn(entry.kubernetes, before))
      for (let at = 0; at < most / lanes.length; at++) {
        if (at % 500 === 499) permit = await token(act, guardIn(entry.kubernetes, before))
        const call = drawCall(random, act, entry.kubernetes, before)
        const answer = await server.call({ ...call, token: permit })
        const by = refusedBy(answer)
        if (by !== 'let through') {
          count(by)
          continue
        }
        // The policies are asked about each object of a collection, and there is none in it.
        if (call.method === 'DELETE' && (answer.body['items'] as unknown[] | undefined)?.length === 0) {
          count('a collection with nothing in it')
          continue
        }
        // A call that differs in its form alone is the approved act.
        assert.ok(
          isApproved(call, answer.body as JsonObject, before, entry, act),
          `seed ${seed}: ${JSON.stringify({ call, answer })}`,
        )
        count('the approved act in another form')
        before = await madeAnew(server, act)
        permit = await token(act, guardIn(entry.kubernetes, before))
      }
    }),
  )
  await server.kubectl(['delete', 'clusterrolebinding', 'mistake'])
  say(
    `${[...counts]
      .toSorted()
      .map(([what, times]) => `${what}: ${times}`)
      .join(', ')}`,
  )
  const total = [...counts.values()].reduce((sum, each) => sum + each, 0)
  assert.ok(
    total >= most - lanes.length && (counts.get('policy') ?? 0) > total / 3,
    'most near calls must reach the policies',
  )
}

/** Whether the object is as before, with the approved values and nothing else; for a delete, whether it is that delete. */
function isApproved(
  { path, method, body }: ReturnType<typeof drawCall>,
  after: JsonObject,
  before: JsonObject,
  { kubernetes }: Known,
  act: ReturnType<typeof mustAct>,
): boolean {
  const own = pathOf(act)
  if (path.split('?')[0] !== own) return false
  if (act.operation === 'DELETE') {
    const { propagationPolicy, gracePeriodSeconds, orphanDependents } = (body ?? {}) as JsonObject
    const isPlain = gracePeriodSeconds === undefined && orphanDependents === undefined
    // A body of options hides those of the query.
    return method === 'DELETE' && isPlain && propagationPolicy === kubernetes.options?.['propagationPolicy']
  }
  const bare = (object: JsonObject) => {
    const { status: _, metadata, ...rest } = object
    const { managedFields, resourceVersion, generation, ...kept } = metadata as JsonObject
    const claims = ((managedFields ?? []) as JsonObject[]).filter(({ operation }) => operation === 'Apply')
    return JSON.parse(JSON.stringify({ ...rest, metadata: kept, claims })) as JsonObject
  }
  const expected = bare(before)
  for (const [field, value] of Object.entries(act.fields)) {
    const names = [...field.matchAll(/\["([^"]+)"\]|([A-Za-z]+)/g)].map(([, key, member]) => key ?? member ?? '')
    names.reduce(
      (at, name, index) => {
        if (index === names.length - 1) at[name] = value
        else at[name] ??= {}
        return at[name] as { [name: string]: JsonObject[string] }
      },
      expected as { [name: string]: JsonObject[string] },
    )
  }
  try {
    assert.deepEqual(bare(after), expected)
    return true
  } catch {
    return false
  }
}

// A signal ends this program, and the servers die at its exit.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))

console.log(`Kubernetes ${version}: tokens and exported policies before a real API server, on loopback`)
await runSuite(
  'kubernetes',
  () => findOrBuildKubernetes(say),
  async (binaries, step) => {
    const ground = await step('start etcd and an issuer', () => prepareGround(binaries))
    try {
      await tellTheStory(ground, binaries.kubectl, step)
    } finally {
      await ground.close()
    }
  },
)
