import { makeStatement, type StatementKind } from '../../../functions/domain/credentials/statements.ts'
import { credentialId } from '../../support/ask.ts'
import { issuer, start } from '../../support/world.ts'
import { audience, bundleWithCluster } from './reach-bundle.ts'

const bundle = bundleWithCluster()
const make = (kind: StatementKind, said: object) => makeStatement(kind, said, { issuer, bundle, now: start })

const [target, credential] = ['cluster', credentialId(1)]
const groups = ['permit', 'act=UPDATE apps/deployments/scale payments/web', 'field:spec.replicas=3', 'fields=1', 'all']
const act = { target, credential, groups, exp: start + 600 }
const call = { target, credential, act: 'act=UPDATE apps/deployments payments/web' }

test.each<[StatementKind, said: object, user: string, groups: readonly string[], life: number]>([
  ['cluster_act', act, credential, groups, 600],
  ['cluster_act', { ...act, groups: ['read:payments:logs'] }, credential, ['read:payments:logs'], 600],
  ['cluster_act', { ...act, exp: start + 86_400 }, credential, groups, 900],
  ['cluster_call', call, 'hotwork-call', ['call', call.act], 300],
  ['cluster_read', { target }, 'hotwork-reader', ['reader'], 300],
  ['cluster_end', { target }, 'hotwork-revoker', ['revoker'], 300],
])('a token of kind %s has its audience, its times and its own groups by the signer', (kind, said, user, has, life) => {
  const { typ, claims, alg } = make(kind, said)
  expect([typ, alg]).toEqual(['hotwork-cluster+jwt', 'ES256'])
  expect(claims).toMatchObject({ iss: issuer, aud: audience, hw_user: user, nbf: start, iat: start, exp: start + life })
  expect(claims['hw_groups']).toEqual([...has, `at=${start}`])
})

test('the act and the call name the credential, so that the audit log does', () => {
  for (const [kind, said] of [['cluster_act', act] as const, ['cluster_call', call] as const])
    expect(make(kind, said).claims).toMatchObject({ sub: credential, jti: credential })
})

test.each<[what: string, groups: readonly string[]]>([
  ['without a purpose', ['act=UPDATE apps/deployments/scale payments/web']],
  ['with two purposes', ['permit', 'read:payments:logs']],
  ['of a call by Hotwork', ['permit', 'call']],
  ['of a reader', ['reader']],
  ['of a revoker', ['revoker']],
  ['with a time of its own', ['permit', 'at=9999999999']],
  ['of another user of the cluster', ['permit', 'system:masters']],
  ['without groups', []],
])("an agent's token %s is not signed", (_what, wrong) => {
  expect(() => make('cluster_act', { ...act, groups: wrong })).toThrow()
})

test.each<[StatementKind, object]>([
  ['cluster_read', { target, groups: ['permit'] }],
  ['cluster_end', { target, hw_groups: ['permit'] }],
  ['cluster_call', { ...call, groups: ['permit'] }],
  ['cluster_call', { ...call, act: 'permit' }],
  ['cluster_act', { ...act, hw_user: 'system:admin' }],
  ['cluster_act', { ...act, aud: 'https://elsewhere.example.org' }],
])("a caller of %s sets no other member than the kind's", (kind, said) => {
  expect(() => make(kind, said)).toThrow()
})

test('a token for a cluster that is not deployed is not signed', () => {
  expect(() => make('cluster_read', { target: 'elsewhere' })).toThrow('not deployed')
})

test('the settings of a cluster say how its tokens are signed', () => {
  const rsa = bundleWithCluster({ alg: 'RS256' })
  const { alg } = makeStatement('cluster_read', { target }, { issuer, bundle: rsa, now: start })
  expect(alg).toBe('RS256')
})
