import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { exportPolicies } from '../../functions/targets/kubernetes/manifests/export.ts'
import { type Act, groupsOfAct } from '../../functions/targets/kubernetes/rules/act.ts'
import { claimsFor, elsewhere, groupsFor, libraryOf, refusedBy, settings, space } from './acts.ts'
import { admin, developer, type Ground, type Server, until } from './cluster.ts'

/** A server with the exported policies in force, and tokens for it. */
export interface Scene {
  server: Server
  audience: string
  /** The token of an agent for an act. */
  token(act: Act, guard: string | undefined, claims?: { readonly [name: string]: unknown }): Promise<string>
  readToken(group: string): Promise<string>
  /** One of Hotwork's own; the act is for a call. */
  ownToken(group: string, act?: Act): Promise<string>
}

export async function startScene(ground: Ground, audience: string): Promise<Scene> {
  const exported = exportPolicies(libraryOf(), settings(audience), ground.issuer)
  if (!exported.ok) throw new Error(exported.problems.join('\n'))
  const { 'authentication.yaml': authentication = '', 'eks.json': _, ...files } = exported.files
  const server = await ground.start(audience, authentication)
  const folder = mkdtempSync(join(tmpdir(), 'hotwork-exported-'))
  mkdirSync(folder, { recursive: true })
  for (const name of [space, elsewhere]) await server.kubectl(['create', 'namespace', name])
  await server.kubectl([
    'create',
    'clusterrolebinding',
    'developers',
    '--clusterrole=cluster-admin',
    '--group=developers',
  ])
  const paths = Object.entries(files).map(([name, text]) => {
    writeFileSync(join(folder, name), text)
    return join(folder, name)
  })
  await server.apply(paths)
  const sign = (groups: readonly string[], more = {}, user?: string) =>
    ground.sign({ ...claimsFor(ground, audience, groups, user), ...more })
  const scene: Scene = {
    ...{ server, audience },
    token: (act, guard, more = {}) => sign(groupsFor(act, guard), more),
    readToken: (group) => sign([group]),
    ownToken: (group, act) =>
      sign([group, ...(act ? groupsOfAct(act, undefined).slice(0, 1) : [])], {}, `hotwork-${group}`),
  }
  const body = { metadata: { name: 'tried' } }
  const tried = await sign(['permit'])
  const path = `/api/v1/namespaces/${space}/configmaps`
  // Before RBAC gives a right, its refusal hides that of the policies.
  await until('the policies are in force', async () => {
    const answer = await server.call({
      method: 'PATCH',
      path: `${path}/tried`,
      token: tried,
      type: 'application/merge-patch+json',
      body,
    })
    return answer.status === 404 || refusedBy(answer) === 'policy'
  })
  await server.call({ method: 'POST', path, token: admin, body })
  await until('the policies are in force', async () => {
    const answer = await server.call({
      method: 'PATCH',
      path: `${path}/tried`,
      token: tried,
      type: 'application/merge-patch+json',
      body,
    })
    return refusedBy(answer) === 'policy'
  })
  await until('other users may write', async () => {
    const answer = await server.call({ method: 'GET', path, token: developer })
    return answer.status === 200
  })
  return scene
}
