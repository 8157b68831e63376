import type { IncomingMessage } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { createLocalJWKSet, decodeJwt, type JSONWebKeySet, jwtVerify } from 'jose'
import { makeCertificate } from '../../../client/exec/certificate.ts'
import type { JsonObject } from '../../../functions/domain/values.ts'
import type { World } from '../../support/world.ts'

/**
 * An API server as a program, with a certificate of its own: it authenticates by Hotwork's keys, holds objects and
 * patches them. `npm run test:kubernetes` asks a real one.
 */

// biome-ignore lint/suspicious/noExplicitAny: objects of any kind
type Json = any
export type Asked = { method: string; path: string; query: string; user: string; body: Json } & Pick<
  IncomingMessage,
  'headers'
>
/** The fate of a call that is no read and no dry run. */
export type CallFate = 'refused' | 'conflict' | 'answer_lost' | 'call_lost' | Told
type Told = { status: number; text: string; headers?: { [name: string]: string } }

const { key, cert } = makeCertificate()
const deployments = '/apis/apps/v1/namespaces/payments/deployments'
export const paths = {
  web: `${deployments}/web`,
  scale: `${deployments}/web/scale`,
  replicaSets: '/apis/apps/v1/namespaces/payments/replicasets',
  pod: '/api/v1/namespaces/payments/pods/web-1',
  revocations: '/api/v1/namespaces/hotwork/configmaps/hotwork-revocations',
}
const revision = 'deployment.kubernetes.io/revision'
const template = (image: string) => ({ metadata: { labels: { app: 'web' } }, spec: { containers: [{ image }] } })
const replicaSet = (number: string, image: string, owner: string) => {
  const { metadata, spec } = template(image)
  return {
    metadata: { annotations: { [revision]: number }, ownerReferences: [{ uid: owner }] },
    spec: { template: { metadata: { labels: { ...metadata.labels, 'pod-template-hash': number } }, spec } },
  }
}
const made = (name: string, namespace = 'payments') => ({ name, namespace, uid: `uid-${name}`, resourceVersion: '1' })

function objectsAtStart(): Map<string, Json> {
  const annotations = { [revision]: '2' }
  const sets = [
    replicaSet('1', 'another:1', 'uid-api'),
    replicaSet('1', 'web:1', 'uid-web'),
    replicaSet('2', 'web:2', 'uid-web'),
  ]
  return new Map<string, Json>([
    [
      paths.web,
      { kind: 'Deployment', metadata: { ...made('web'), annotations }, spec: { template: template('web:2') } },
    ],
    [paths.scale, { kind: 'Scale', metadata: made('web'), spec: { replicas: 2 } }],
    [paths.replicaSets, { kind: 'ReplicaSetList', items: sets }],
    [paths.pod, { kind: 'Pod', metadata: made('web-1') }],
    [paths.revocations, { kind: 'ConfigMap', metadata: made('hotwork-revocations', 'hotwork') }],
  ])
}

export type ApiServer = Awaited<ReturnType<typeof startApiServer>>

/** @param audience that a token must have */
export async function startApiServer(audience: string) {
  const objects = objectsAtStart()
  const [asked, fates, dryRuns]: [Asked[], CallFate[], Told[]] = [[], [], []]
  const state = { readableByCalls: true, done: 0 }
  let world: World | undefined

  async function claimsOf(authorization = ''): Promise<Json | undefined> {
    if (!world) throw new Error('the server knows no keys')
    const keys = createLocalJWKSet((await world.signer.jwks()) as unknown as JSONWebKeySet)
    const currentDate = new Date(world.clock.now() * 1000)
    const options = { issuer: world.issuer, audience, typ: 'hotwork-cluster+jwt', currentDate }
    return jwtVerify(authorization.replace('Bearer ', ''), keys, options).then(
      ({ payload }) => payload,
      () => undefined,
    )
  }

  const server = createServer({ key, cert }, async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const { pathname: path, searchParams, search: query } = new URL(request.url ?? '', 'https://server.invalid')
    const { method = '', headers } = request
    const body = JSON.parse(Buffer.concat(chunks).toString() || 'null')
    const claims = await claimsOf(headers.authorization)
    const user = claims?.hw_user
    asked.push({ method, path, query, user, body, headers })
    const send = ({ status, text, headers = {} }: Told) => response.writeHead(status, headers).end(text)
    const tell = ([status, told]: readonly [number, object]) => send({ status, text: JSON.stringify(told) })
    if (!claims) return tell(refusal(401, 'Unauthorized'))
    const object = objects.get(path.replace(/\/eviction$/, ''))
    if (method === 'GET') {
      if (user === 'hotwork-call' && !state.readableByCalls) return request.socket.destroy()
      return tell(object ? [200, object] : refusal(404, 'NotFound'))
    }
    const isDry = searchParams.get('dryRun') === 'All'
    const fate = isDry ? dryRuns.shift() : fates.shift()
    if (fate === 'refused') return tell(refusal(403, 'Forbidden'))
    if (fate === 'conflict') return tell(refusal(409, 'Conflict'))
    if (fate === 'call_lost') return request.socket.destroy()
    if (typeof fate === 'object') return send(fate)
    const [status, changed] = changedBy({ method, type: headers['content-type'], body, object })
    if (status < 300 && !isDry) {
      state.done += 1
      if (method === 'POST') objects.delete(path.replace(/\/eviction$/, ''))
      else objects.set(path, changed)
    }
    return fate === 'answer_lost' ? request.socket.destroy() : tell([status, changed])
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const { port } = server.address() as AddressInfo
  return {
    ...{ objects, asked, fates, dryRuns, state, server: `https://127.0.0.1:${port}`, certificateAuthority: cert },
    trust: (hotwork: World) => {
      world = hotwork
    },
    /** Another's change. */
    touch: (path: string, change: (object: Json) => void) => {
      const object = structuredClone(objects.get(path))
      change(object)
      objects.set(path, versioned(object))
    },
    /** Whether a token is taken: it is authenticated, and none of its names is revoked after its time. */
    takes: (token: string): boolean => {
      const { hw_groups: groups } = decodeJwt<{ hw_groups: string[] }>(token)
      const at = groups.find((group) => group.startsWith('at='))?.slice(3) ?? ''
      const { data = {} } = objects.get(paths.revocations) ?? {}
      return !groups.some((group) => at < (data[group] ?? ''))
    },
    close: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

const refusal = (code: number, reason: string) =>
  [code, { kind: 'Status', status: 'Failure', code, reason, message: 'canary of the object' }] as const

const versioned = (object: Json) => ({
  ...object,
  metadata: { ...object.metadata, resourceVersion: String(Number(object.metadata.resourceVersion) + 1) },
})

type Change = { method: string; type: string | undefined; body: Json; object: Json }

function changedBy({ method, type, body, object }: Change): readonly [number, JsonObject] {
  if (!object) return refusal(404, 'NotFound')
  if (method === 'POST') {
    const uid = body.deleteOptions?.preconditions?.uid
    if (uid !== undefined && uid !== object.metadata.uid) return refusal(409, 'Conflict')
    return [201, { kind: 'Status', status: 'Success', code: 201 }]
  }
  const isJsonPatch = type === 'application/json-patch+json'
  if (!isJsonPatch && type !== 'application/strategic-merge-patch+json') return refusal(415, 'UnsupportedMediaType')
  const changed = isJsonPatch ? added(object, body) : merged(object, body)
  if (!changed) return refusal(422, 'Invalid')
  if (changed.metadata.resourceVersion !== object.metadata.resourceVersion) return refusal(409, 'Conflict')
  return [200, versioned(changed)]
}

const isObject = (value: Json): boolean => typeof value === 'object' && value !== null && !Array.isArray(value)

/** The part of strategic merge that objects without lists need. */
function merged(object: Json, patch: Json): Json {
  if (!isObject(patch)) return patch
  const result = isObject(object) ? { ...object } : {}
  for (const [name, each] of Object.entries(patch))
    if (each === null) delete result[name]
    else result[name] = merged(result[name], each)
  return result
}

/** `add` of RFC 6902; undefined if the parent of a place is missing. */
function added(object: Json, operations: readonly { op: string; path: string; value: Json }[]): Json | undefined {
  const result = structuredClone(object)
  for (const { op, path, value } of operations) {
    const names = path
      .slice(1)
      .split('/')
      .map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'))
    const parent = names.slice(0, -1).reduce((each, name) => each?.[name], result)
    if (op !== 'add' || !isObject(parent)) return undefined
    parent[names.at(-1) ?? ''] = value
  }
  return result
}
