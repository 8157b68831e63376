import { accessOf } from '../../../functions/targets/kubernetes/manifests/access.ts'
import { exportPolicies } from '../../../functions/targets/kubernetes/manifests/export.ts'
import { yamlOf } from '../../../functions/targets/kubernetes/manifests/yaml.ts'
import { libraryOf, settings } from '../../../tools/kubernetes/acts.ts'

/** The exported files. `npm run test:kubernetes` has a real API server judge by them. */

const issuer = 'https://hotwork.example'
type Rule = { apiGroups: string[]; resources: string[]; verbs: string[]; resourceNames?: string[] }
const filesOf = (entries = libraryOf(), audience = 'cluster-one') => {
  const exported = exportPolicies(entries, { kind: 'kubernetes', ...settings(audience) }, issuer)
  if (!exported.ok) throw new Error(exported.problems.join('\n'))
  return exported
}

test('the same catalogue gives the same bytes in any order, and another gives another hash', () => {
  expect(filesOf([...libraryOf()].reverse())).toEqual(filesOf())
  expect(filesOf(libraryOf().slice(1)).hash).not.toBe(filesOf().hash)
  expect(filesOf(libraryOf(), 'cluster-two').hash).not.toBe(filesOf().hash)
})

test('a file is YAML in blocks, with texts in quotes so that none is read as another value', () => {
  const odd = { 'odd: key': [], b: [{ c: 1, d: ['- e', '#'] }], h: 'no', i: '1', j: {}, k: null, text: 'x\ny' }
  expect(yamlOf([odd, { l: true }])).toBe(`"odd: key": []
b:
  - c: 1
    d:
      - "- e"
      - "#"
h: "no"
i: "1"
j: {}
k: null
text: |-
  x
  y
---
l: true
`)
})

test('no role has a right to secrets, to all of something, or to rights', () => {
  const roles = accessOf(libraryOf(), settings('cluster-one'), {}) as readonly { rules?: readonly Rule[] }[]
  const words = roles.flatMap(({ rules = [] }) => rules).flatMap((rule) => Object.values(rule).flat())
  expect(words).toEqual(expect.arrayContaining(['patch', 'deployments/scale']))
  for (const never of [
    '*',
    'secrets',
    'pods/exec',
    'deletecollection',
    'escalate',
    'bind',
    'impersonate',
    'rbac.authorization.k8s.io',
  ])
    expect(words).not.toContain(never)
})

test('entries that one expression cannot hold are named', () => {
  const [label] = libraryOf().filter(({ name }) => name === 'k8s:SetConfigMapKey')
  if (!label) throw new Error('no entry')
  const beside = (more: object) =>
    exportPolicies(
      [label, { ...label, name: 'k8s:Other', kubernetes: { ...label.kubernetes, ...more } }],
      settings('x'),
      issuer,
    )
  expect(beside({ version: 'v2' })).toEqual({
    ok: false,
    problems: ['`k8s:Other` and `k8s:SetConfigMapKey`: `UPDATE /configmaps` in different versions'],
  })
  expect(beside({ guard: 'generation' })).toMatchObject({ ok: false })
  expect(beside({ fields: { data: 'x' } })).toMatchObject({ ok: false })
})
