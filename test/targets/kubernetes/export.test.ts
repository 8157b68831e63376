import { parseAllDocuments } from 'yaml'
import { exportPolicies } from '../../../functions/targets/kubernetes/manifests/export.ts'
import { yamlOf } from '../../../functions/targets/kubernetes/manifests/yaml.ts'
import { libraryOf, settings } from '../../../tools/kubernetes/acts.ts'

/** The exported files. `npm run test:kubernetes` has a real API server judge by them. */

const issuer = 'https://hotwork.example'
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

test('YAML reads back as the JSON that was written', () => {
  const value = {
    a: 'x\ny',
    'odd: key': [],
    b: [{ c: 1, d: ['- e', '#'] }, { f: { g: null } }],
    h: 'no',
    i: '1',
    j: {},
  }
  expect(parseAllDocuments(yamlOf([value, value])).map((each) => each.toJS())).toEqual([value, value])
})

test('no role has a right to secrets, to all of something, or to rights', () => {
  const roles = parseAllDocuments(filesOf().files['4-access.yaml'] ?? '').map((each) => each.toJS())
  const rules = roles.flatMap(({ rules = [] }) => rules)
  expect(rules.length).toBeGreaterThan(5)
  const words = rules.flatMap(({ apiGroups, resources, verbs }) => [...apiGroups, ...resources, ...verbs])
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
