// Rules: test/targets/kubernetes/reach.test.ts
import { everyoneBefore, stillNeeded } from '../../domain/credentials/denies.ts'
import { type Bundle, settingsOf } from '../../domain/policy/bundle.ts'
import type { CatalogueEntry } from '../../domain/policy/catalogue.ts'
import type { Ask } from '../../domain/record/request.ts'
import { type CredentialId, defined, type JsonObject, rfc3339 } from '../../domain/values.ts'
import type { DenyStore, Statements } from '../../operations/credentials/ports.ts'
import { BrokerRefused, BrokerUnavailable, faultName } from '../../operations/faults.ts'
import type { Policy } from '../../operations/policy/ports.ts'
import type { Clock, Log } from '../../operations/ports.ts'
import type { CallMaker, CallResult, Ender, Found, Issuer, Reader } from '../reach.ts'
import { type Answered, callApi, NotConnected, pathOf, reasonOf } from './api.ts'
import { type Change, changeOf, memberOf, usedBy } from './change.ts'
import { kubernetes } from './kind.ts'
import { setOf } from './manifests/access.ts'
import { revocations } from './manifests/admission.ts'
import { actOf, groupOfRead, groupsOfAct } from './rules/act.ts'
import { dataOf, isTooMuch, revocableBy } from './rules/denies.ts'
import type { Cluster, Part } from './rules/entry.ts'

export type ClusterPorts = { policy: Pick<Policy, 'bundle'>; statements: Pick<Statements, 'sign'>; clock: Clock }

/** A token for the act, one for the reads around it, and the cluster that takes both. */
export type ClusterTokens = {
  token: string
  readToken: string
  cluster: { server: string; certificateAuthority?: string; namespace?: string }
}

/** The wait for the API server, in milliseconds. */
const patience = 10_000

type Target = { alias: string; cluster: Cluster; part: Part }

function targetOf(entry: CatalogueEntry | undefined, bundle: Bundle): Target | undefined {
  const settings = entry && settingsOf(bundle, entry)
  const [alias, part] = [entry?.target, entry?.kubernetes]
  if (!settings || alias === undefined || !part) return undefined
  return { alias, part, cluster: kubernetes.settings.strip().parse(settings) }
}

/** The groups of a read, or of the reads around an act. */
function readGroupsOf(part: Part, namespace: string | undefined): readonly string[] {
  if (namespace === undefined) return []
  const isPod = part.group === '' && part.resource === 'pods'
  const sets = part.read === undefined ? [setOf(part), ...(isPod ? ['logs' as const] : [])] : [part.read]
  return sets.map((set) => groupOfRead(namespace, set))
}

/** Tokens of an agent for one act, which the cluster's policies hold it to. */
export const issuerOf = ({ policy, statements }: ClusterPorts): Issuer<ClusterTokens> => ({
  kind: 'kubernetes',
  lifetime: (left) => Math.min(left, 900),
  async issue(ask, credential, { until: exp }, expected) {
    const target = targetOf(policy.bundle.actions[ask.action], policy.bundle)
    if (!target) throw new BrokerRefused("the action's cluster is not in this deployment")
    const { alias, cluster, part } = target
    const { server, certificateAuthority } = cluster
    const namespace = filled(part.namespace, ask.arguments)
    const sign = async (groups: readonly string[]) => {
      const said = { target: alias, credential, groups: [...groups, ...revocableBy(ask, credential)], exp }
      const token = await statements.sign('cluster_act', said)
      if (token === undefined) throw new BrokerUnavailable('the token could not be signed')
      return token
    }
    const reading = sign(readGroupsOf(part, namespace))
    const writing = part.read === undefined ? sign(groupsToWrite(part, ask, expected)) : reading
    const [readToken, token] = await Promise.all([reading, writing])
    return { token, readToken, cluster: { server, ...defined({ certificateAuthority, namespace }) } }
  },
})

function groupsToWrite(part: Part, ask: Ask, expected: JsonObject | undefined): readonly string[] {
  const act = actOf(part, ask.arguments)
  const guard = part.guard && memberOf(expected, 'metadata', part.guard)
  if (!act || (part.guard !== undefined && typeof guard !== 'string' && typeof guard !== 'number'))
    throw new BrokerRefused(`\`${ask.action}\` has no act with its guard`)
  const own = groupsOfAct(act, guard === undefined ? undefined : String(guard))
  return ['permit', ...own, `fields=${Object.keys(act.fields).length}`]
}

const filled = (template: string | undefined, args: JsonObject): string | undefined =>
  template?.replace(/\{arguments\.(\w+)\}/g, (_, name: string) => String(args[name]))

/** Reads with a token that may read, and try a change. */
export const readerOf = ({ policy, statements, clock }: ClusterPorts): Reader => ({
  canRead: ({ kubernetes: part }) => part !== undefined,
  async read({ action, arguments: args, absent, signal }, entry) {
    try {
      const target = targetOf(entry, policy.bundle)
      if (!target) return failed('unavailable', 'no_cluster')
      const { alias, cluster, part } = target
      const token = await statements.sign('cluster_read', { target: alias })
      if (token === undefined) return failed('unavailable', 'unsigned')
      const get = (path: string) => callApi(cluster, { method: 'GET', path, token, signal })
      const act = action === 'kubernetes:DryRun' ? actOf(part, args) : undefined
      const answer = await get(pathOf(act ?? objectOf(part, args)))
      if (answer.status !== 200 || !answer.body) return notRead(answer, absent)
      if (!act) return { found: 'answer', answer: answer.body }
      const how = { seen: answer.body, use: undefined, now: rfc3339(clock.now()) }
      const change = await changeOf({ part, act, args }, how, get)
      if (typeof change === 'string') return refusedTry(change)
      const tried = await callApi(cluster, { ...sentAs(change, { dryRun: 'All' }), token, signal })
      return isDone(tried) ? { found: 'answer', answer: answer.body } : notTried(tried)
    } catch (fault) {
      return failed('unavailable', faultName(fault))
    }
  },
})

/** The object of a read: the entry's, unless the read names another resource. */
function objectOf(part: Part, args: JsonObject) {
  const text = (name: string) => (typeof args[name] === 'string' ? args[name] : undefined)
  const other = text('resource')
  return {
    group: text('group') ?? part.group,
    version: text('version') ?? part.version,
    resource: other ?? part.resource,
    subresource: text('subresource') ?? (other === undefined ? part.subresource : undefined),
    ...{ namespace: text('namespace'), name: text('name') },
  }
}

const failed = (why: 'denied' | 'unavailable' | 'unreadable', fault: string, words?: string): Found => ({
  ...{ found: 'failed', why, fault, ...defined({ words }) },
})

function notRead(answer: Answered, absent: readonly string[]): Found {
  if (answer.status === 404 && absent.includes(reasonOf(answer))) return { found: 'absent' }
  const isDenied = answer.status === 401 || answer.status === 403
  return failed(isDenied ? 'denied' : 'unavailable', reasonOf(answer))
}

const refusedTry = (reason: string): Found =>
  failed('unreadable', reason, `the cluster refuses this change in a dry run: \`${reason}\``)

const notTried = (answer: Answered): Found =>
  answer.status >= 400 && answer.status < 500 && answer.status !== 429
    ? refusedTry(reasonOf(answer))
    : failed('unavailable', reasonOf(answer))

const isDone = ({ status, body }: Answered): boolean => status >= 200 && status < 300 && body !== undefined

const sentAs = ({ method, path, type, body }: Change, options: { dryRun?: 'All' } = {}) => ({
  ...{ method, path: `${path}?${new URLSearchParams({ fieldManager: 'hotwork', ...options })}` },
  body: { type, text: JSON.stringify(body) },
})

/** Makes the one call of a mediated act, with a token that may do nothing else. */
export const callMakerOf = ({ policy, statements, clock }: ClusterPorts): CallMaker => {
  const prepare = async (ask: Ask, credential: CredentialId) => {
    const target = targetOf(policy.bundle.actions[ask.action], policy.bundle)
    const act = target && actOf(target.part, ask.arguments)
    if (!act || act.namespace === target.cluster.ownNamespace)
      throw new BrokerRefused(`\`${ask.action}\` has no act in this deployment`)
    const [said = ''] = groupsOfAct({ ...act, fields: {} }, undefined)
    const token = await statements.sign('cluster_call', { target: target.alias, credential, act: said })
    if (token === undefined) throw new BrokerUnavailable('the token could not be signed')
    const signal = AbortSignal.timeout(patience)
    const get = (path: string) => callApi(target.cluster, { method: 'GET', path, token, signal })
    return { ...target, act, token, signal, get }
  }
  return {
    kind: 'kubernetes',
    async make(ask, credential, seen, use) {
      let sent = false
      try {
        const { cluster, part, act, token, signal, get } = await prepare(ask, credential)
        const how = { seen, use, now: rfc3339(clock.now()) }
        const change = await changeOf({ part, act, args: ask.arguments }, how, get)
        if (typeof change === 'string') return { outcome: 'refused', reason: change }
        sent = true
        return resultOf(await callApi(cluster, { ...sentAs(change), token, signal }))
      } catch (fault) {
        if (fault instanceof BrokerRefused) return { outcome: 'refused', reason: faultName(fault) }
        const isSent = sent && !(fault instanceof NotConnected)
        return isSent ? { outcome: 'unanswered' } : { outcome: 'not_sent', fault: faultName(fault) }
      }
    },
    async lookUp(ask, { id, credential }) {
      const { part, act, get } = await prepare(ask, credential)
      // An eviction leaves nothing behind that tells whose it was.
      if (part.mediated?.call === 'evict') return { found: 'unknown' }
      const answer = await get(pathOf(act))
      if (answer.status === 404) return { found: 'unknown' }
      if (answer.status !== 200 || !answer.body) throw new BrokerUnavailable(`the cluster answered ${answer.status}`)
      const used = memberOf(answer.body, 'metadata', 'annotations', usedBy)
      if (used === id) return { found: 'done', output: summaryOf(answer.body) }
      // A later act replaces the annotation.
      return { found: used === undefined ? 'not_done' : 'unknown' }
    },
  }
}

function resultOf(answer: Answered): CallResult {
  const { status, body } = answer
  if (isDone(answer) && body) return { outcome: 'told', output: summaryOf(body) }
  if (status === 409 && reasonOf(answer) === 'Conflict') return { outcome: 'outdated' }
  return status >= 400 && status < 500 ? { outcome: 'refused', reason: reasonOf(answer) } : { outcome: 'unanswered' }
}

/** The names and versions of the object, without its values. */
function summaryOf(object: JsonObject): JsonObject {
  const members = ['name', 'namespace', 'uid', 'resourceVersion', 'generation']
  const found = members.flatMap((name) => {
    const value = memberOf(object, 'metadata', name)
    return value === undefined ? [] : [[name, value] as const]
  })
  return { kind: object['kind'] ?? null, metadata: Object.fromEntries(found) }
}

type EnderPorts = ClusterPorts & { denies: DenyStore; log: Log }

/**
 * Revocations. Each is first stored as an item; then all of a cluster are written into the ConfigMap that its policies
 * read. If they are too many, one revokes all tokens issued before now.
 */
export const enderOf = ({ policy: { bundle }, statements, denies, clock, log }: EnderPorts): Ender => ({
  async end(place, found) {
    const alias = place.slice('kubernetes:'.length)
    const { kind: _, ...settings } = bundle.deployment.targets?.[alias] ?? {}
    const cluster = kubernetes.settings.safeParse(settings).data
    await denies.add(place, found)
    const all = await denies.ofRole(place)
    const forgetAllBut = (kept: typeof all) =>
      denies.forget(
        place,
        all.filter((deny) => !kept.includes(deny)),
      )
    // A cluster that has left the deployment has no tokens after minutes.
    if (!cluster) return forgetAllBut([])

    const now = clock.now()
    let needed = stillNeeded(all, now)
    if (isTooMuch(dataOf(needed))) {
      log.error('deny_overflow', { role: place, sessions: needed.length })
      needed = [everyoneBefore(now)]
      await denies.add(place, needed)
    }
    const token = await statements.sign('cluster_end', { target: alias })
    if (token === undefined) throw new BrokerUnavailable('the token could not be signed')
    await putRevocations(cluster, dataOf(needed), token)
    await forgetAllBut(needed)
  },
})

async function putRevocations(cluster: Cluster, value: ReturnType<typeof dataOf>, token: string): Promise<void> {
  const configMap = { group: '', version: 'v1', resource: 'configmaps', subresource: undefined }
  const answer = await callApi(cluster, {
    ...{ method: 'PATCH', token, signal: AbortSignal.timeout(patience) },
    path: pathOf({ ...configMap, namespace: cluster.ownNamespace, name: revocations }),
    // `add` replaces the data.
    body: { type: 'application/json-patch+json', text: JSON.stringify([{ op: 'add', path: '/data', value }]) },
  })
  if (answer.status !== 200) throw new BrokerUnavailable(`the revocations were not written: \`${reasonOf(answer)}\``)
}
